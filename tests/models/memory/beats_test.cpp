#include "models/memory/beats.h"

#include <gtest/gtest.h>

namespace octet::testing {
namespace {

std::vector<Address> first(BeatCursor cursor, int count) {
    std::vector<Address> addresses;
    for (int i = 0; i < count; ++i) {
        addresses.push_back(cursor.address());
        cursor.advance(1);
    }
    return addresses;
}

TEST(BeatCursor, WalksThroughStripsWithTheSameNumberOfBeatsEach) {
    const Strips strips{100, 3, 32, 16, 1000, 0};
    EXPECT_EQ(first(BeatCursor::per_strip(strips, 2, 1), 5),
              (std::vector<Address>{100, 116, 1100, 1116, 2100}));
}

TEST(BeatCursor, TakesOneBeatAStripAsOnePiece) {
    const Strips strips{100, 4, 16, 16, 1000, 0};
    const BeatCursor cursor = BeatCursor::per_strip(strips, 1, 1);
    EXPECT_EQ(cursor.left(), 3u);  // the last strip may be shifted, so it is a piece of its own
    EXPECT_EQ(first(cursor, 4), (std::vector<Address>{100, 1100, 2100, 3100}));
}

TEST(BeatCursor, StartsTheNarrowLastStripWhereItsRowsStart) {
    const Strips strips{100, 2, 64, 16, 1000, 48};
    EXPECT_EQ(first(BeatCursor::per_strip(strips, 4, 4), 8),
              (std::vector<Address>{100, 116, 132, 148, 1052, 1056, 1060, 1064}));
}

TEST(BeatCursor, CutsStripsIntoVectorsThatMayCrossTheirEnds) {
    const Strips strips{0, 2, 24, 24, 1000, 0};
    EXPECT_EQ(first(BeatCursor::vectors(strips, 16), 3), (std::vector<Address>{0, 16, 1008}));
}

TEST(BeatCursor, ReadsASmallOperandAgain) {
    const Strips strips{64, 1, 32, 32, 32, 0};
    EXPECT_EQ(first(BeatCursor::vectors(strips, 16), 5), (std::vector<Address>{64, 80, 64, 80, 64}));
}

TEST(BeatCursor, CanStartAnywhere) {
    const Strips strips{0, 3, 32, 32, 100, 0};
    EXPECT_EQ(first(BeatCursor::vectors(strips, 16, 48), 3), (std::vector<Address>{116, 200, 216}));
}

}  // namespace
}  // namespace octet::testing
