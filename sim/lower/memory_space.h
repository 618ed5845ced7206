// Who holds which bytes of the SRAM, and which commands must be done before bytes may be written again.
#pragma once
#include <cstdint>
#include <map>
#include <optional>

#include "models/accelerator/command.h"

namespace octet {

class MemorySpace {
  public:
    struct Region {
        Address base = 0;
        std::uint64_t bytes = 0;
        Needs free_after;  // a command that writes the region first needs these
    };

    explicit MemorySpace(std::uint64_t capacity, std::uint64_t alignment);

    // The smallest free block that fits; nothing if there is none. Sizes are rounded up to the alignment.
    std::optional<Region> allocate(std::uint64_t bytes);
    // `last_use`: commands that must be done before the bytes may be overwritten.
    void release(const Region& region, const Needs& last_use);

    std::uint64_t capacity() const { return capacity_; }
    std::uint64_t largest_free() const;
    std::uint64_t free_bytes() const { return free_; }
    std::uint64_t peak_used() const { return peak_; }

  private:
    struct Block {
        std::uint64_t bytes;
        Needs free_after;
    };
    std::uint64_t capacity_, alignment_, free_, peak_ = 0;
    std::map<Address, Block> blocks_;        // free blocks by address
    std::map<Address, std::uint64_t> live_;  // allocated blocks: overlap and double release are logic errors
};

// Addresses of a memory that is never full: DRAM.
class BumpSpace {
  public:
    explicit BumpSpace(std::uint64_t alignment) : alignment_(alignment) {}
    Address allocate(std::uint64_t bytes) {
        const Address base = next_;
        next_ = ceil_div(next_ + bytes, alignment_) * alignment_;
        return base;
    }
    std::uint64_t used() const { return next_; }

  private:
    std::uint64_t alignment_, next_ = 0;
};

}  // namespace octet
