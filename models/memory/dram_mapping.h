// Where an address lies in a DRAM (docs/hardware/dram.md, Addresses).
#pragma once
#include <array>
#include <string_view>

#include "models/memory/dram_part.h"

namespace octet {

struct DramPlace {
    std::uint32_t channel = 0;
    std::uint32_t bank = 0;  // of all banks of the channel
    std::uint32_t row = 0;
    std::uint32_t column = 0;  // in bursts
    friend bool operator==(const DramPlace&, const DramPlace&) = default;
};

class DramMapping {
  public:
    // `order` names the fields from the most significant to the least, separated by '|'. `channel` may be
    // missing: then it is the least significant one.
    DramMapping(const DramPart& part, std::string_view order);

    // `burst`: byte address / burst_bytes. What lies beyond the capacity starts over at 0.
    DramPlace place(std::uint64_t burst) const {
        const auto at = [&](Name name) { return static_cast<std::uint32_t>(fields_[name].of(burst)); };
        return {at(channel), (at(rank) * groups_ + at(group)) * banks_ + at(bank), at(row), at(column)};
    }

    // How many bursts from this one on, itself included, lie in its row and follow one another in it, as far
    // as the order of the fields tells.
    std::uint32_t run(const DramPlace& place) const { return columns_first_ ? columns_ - place.column : 1; }

  private:
    enum Name : std::uint8_t { channel, rank, group, bank, row, column, count };
    struct Field {
        std::uint64_t divisor = 1, size = 1;
        std::uint32_t shift = 0;
        bool by_bits = true;  // divisor and size are powers of two
        std::uint64_t of(std::uint64_t burst) const {
            return by_bits ? (burst >> shift) & (size - 1) : burst / divisor % size;
        }
    };
    std::array<Field, count> fields_;
    std::uint32_t groups_, banks_, columns_;
    bool columns_first_ = false;  // bursts that follow one another lie in one row
};

// The place of bursts that mostly follow one another.
class DramCursor {
  public:
    explicit DramCursor(const DramMapping& mapping) : mapping_(mapping) {}
    const DramPlace& place(std::uint64_t burst) {
        if (burst >= burst_ && burst - burst_ < run_) {
            const auto ahead = static_cast<std::uint32_t>(burst - burst_);
            run_ -= ahead;
            place_.column += ahead;
        } else {
            place_ = mapping_.place(burst);
            run_ = mapping_.run(place_);
        }
        burst_ = burst;
        return place_;
    }
    // How many bursts from the latest one on, itself included, follow one another in its row.
    std::uint32_t run() const { return run_; }

  private:
    const DramMapping& mapping_;
    std::uint64_t burst_ = ~std::uint64_t{0};
    DramPlace place_;
    std::uint32_t run_ = 0;  // 0: no burst yet
};

}  // namespace octet
