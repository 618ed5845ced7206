// Which values of a matrix, or of a part of one, share a scale.
//
// A block is `length` values of one row in neighbouring columns or, `along_rows`, of one column in
// neighbouring rows. Blocks begin anew every `segment` columns (rows), so that the last one of a segment may
// be short.
#pragma once
#include <algorithm>
#include <cstdint>

namespace octet {

struct BlockGrid {
    std::uint64_t length = 0;  // 0: values have no scales
    bool along_rows = false;
    std::uint64_t segment = 0;  // 0: blocks begin anew never
    std::uint64_t first = 0;    // where the part's first column (row) stands in the matrix

    // In which block, counted from that of value 0, value i of the part lies; i counts along the blocks.
    std::uint64_t block_of(std::uint64_t i) const { return number(first + i) - number(first); }
    // How many blocks `count` values of the part from its first on touch.
    std::uint64_t blocks(std::uint64_t count) const { return count == 0 ? 0 : block_of(count - 1) + 1; }
    // ... and at most, wherever the part begins.
    std::uint64_t most_blocks(std::uint64_t count) const {
        if (segment == 0) return std::min(count, count / length + 2);
        return std::min(count, (count / segment + 2) * ((segment + length - 1) / length));
    }
    // How far inside its block value 0 of the part stands.
    std::uint64_t phase() const { return within(first) % length; }
    // Whether a block, of the whole matrix, begins with value i of the part.
    bool begins_at(std::uint64_t i) const { return within(first + i) % length == 0; }
    // The end of the block of value i, if the part has `count` values.
    std::uint64_t end_of(std::uint64_t i, std::uint64_t count) const {
        const std::uint64_t at = within(first + i), end = at - at % length + length;
        return std::min(count, i + (segment != 0 ? std::min(end, segment) : end) - at);
    }
    // The grid of a further part, that begins with value i of this one.
    BlockGrid from(std::uint64_t i) const { return {length, along_rows, segment, first + i}; }
    friend bool operator==(const BlockGrid&, const BlockGrid&) = default;

  private:
    std::uint64_t within(std::uint64_t at) const { return segment != 0 ? at % segment : at; }
    std::uint64_t number(std::uint64_t at) const {
        const std::uint64_t before = segment != 0 ? at / segment * ((segment + length - 1) / length) : 0;
        return before + within(at) / length;
    }
};

}  // namespace octet
