// The bytes of a memory.
#pragma once
#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <vector>

#include "models/types.h"

namespace octet {

class ByteStore {
  public:
    // Grows up to `capacity` bytes as they are touched; untouched bytes are 0.
    explicit ByteStore(std::uint64_t capacity) : capacity_(capacity) {}

    // `count` bytes from `address` on, valid until the next call. Throws std::logic_error beyond the end.
    std::uint8_t* at(Address address, std::uint64_t count) {
        const std::uint64_t end = address + count;
        if (end < address || end > capacity_) throw std::logic_error("an access beyond the end of a memory");
        if (end > bytes_.size()) bytes_.resize(std::min(capacity_, std::max(end, bytes_.size() * 3 / 2)));
        return bytes_.data() + address;
    }

  private:
    std::uint64_t capacity_;
    std::vector<std::uint8_t> bytes_;
};

}  // namespace octet
