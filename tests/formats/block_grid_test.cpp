// Which values share a scale, against a list of blocks written out.
#include "models/formats/block_grid.h"

#include <gtest/gtest.h>

#include <vector>

namespace octet {
namespace {

// The block of every value of a whole matrix, and where they begin.
struct WrittenOut {
    std::vector<std::uint64_t> block;
    std::vector<bool> begins;
    WrittenOut(std::uint64_t length, std::uint64_t segment, std::uint64_t values) {
        std::uint64_t number = 0, held = 0;
        for (std::uint64_t i = 0; i < values; ++i, ++held) {
            const bool anew = i > 0 && (held == length || (segment != 0 && i % segment == 0));
            if (anew) ++number, held = 0;
            begins.push_back(anew || i == 0);
            block.push_back(number);
        }
    }
};

TEST(BlockGrid, NumbersTheBlocksOfEveryPartOfAMatrix) {
    constexpr std::uint64_t values = 150;
    for (const std::uint64_t length : {4, 32})
        for (const std::uint64_t segment : {0, 3, 24, 32, 40, 75}) {
            const WrittenOut all(length, segment, values);
            for (std::uint64_t first = 0; first < values; ++first) {
                const BlockGrid grid =
                    BlockGrid{length, false, segment, 0}.from(first / 2).from(first - first / 2);
                for (std::uint64_t i = 0; first + i < values; ++i) {
                    ASSERT_EQ(grid.block_of(i), all.block[first + i] - all.block[first])
                        << length << ' ' << segment << ' ' << first << ' ' << i;
                    ASSERT_EQ(grid.blocks(i + 1), grid.block_of(i) + 1);
                    ASSERT_LE(grid.blocks(i + 1), grid.most_blocks(i + 1)) << first << ' ' << i;
                    ASSERT_EQ(grid.begins_at(i), all.begins[first + i]) << first << ' ' << i;
                    std::uint64_t end = first + i + 1;
                    while (end < values && !all.begins[end]) ++end;
                    ASSERT_EQ(grid.end_of(i, values - first), end - first) << first << ' ' << i;
                    ASSERT_EQ(grid.end_of(i, i + 1), i + 1) << "a part may end inside a block";
                }
                std::uint64_t phase = 0;
                while (!all.begins[first - phase]) ++phase;
                ASSERT_EQ(grid.phase(), phase) << first;
            }
        }
}

}  // namespace
}  // namespace octet
