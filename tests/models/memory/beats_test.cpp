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

std::vector<std::uint32_t> widths(BeatCursor cursor, int count) {
    std::vector<std::uint32_t> list;
    for (int i = 0; i < count; ++i) {
        list.push_back(cursor.width());
        cursor.advance(1);
    }
    return list;
}

TEST(VectorStrips, AreOneWhereTheyFollowOneAnotherWithoutAGap) {
    const VectorStrips alike({100, 3, 32, 32, 32, 0}, 4, 4);
    EXPECT_EQ(alike.strips.count, 1u);
    EXPECT_EQ(alike.strips.total(), 96u);
    EXPECT_EQ(alike.last, 12u);
    EXPECT_EQ(alike.beats(5), 3u);
    const VectorStrips narrow_end({100, 3, 32, 12, 32, 0}, 4, 4);  // vectors of 8, 8 and 3 bytes
    EXPECT_EQ(narrow_end.strips.count, 2u);
    EXPECT_EQ(narrow_end.strips.address(1), 164u);
    EXPECT_EQ(narrow_end.count(0), 8u);
    EXPECT_EQ(narrow_end.count(1), 4u);
    EXPECT_EQ(narrow_end.bytes(1), 3u);
}

TEST(VectorStrips, StayApartWhereTheyDoNot) {
    for (const Strips& strips :
         {Strips{100, 3, 32, 32, 40, 0}, Strips{100, 3, 32, 32, 32, 8}, Strips{100, 3, 32, 32, 32, 0, 8}}) {
        const VectorStrips apart(strips, 4, 2);
        EXPECT_EQ(apart.strips.count, 3u);
        EXPECT_EQ(apart.beats(3), 2u + 2 + 1);
    }
}

TEST(BeatCursor, TakesGroupsOfVectorsAndWhatIsLeftOfAStrip) {
    const BeatCursor cursor = BeatCursor::groups({{100, 3, 40, 24, 1000, 0}, 5, 3}, 2);
    EXPECT_EQ(first(cursor, 8), (std::vector<Address>{100, 116, 132, 1100, 1116, 1132, 2100, 2116}));
    EXPECT_EQ(widths(cursor, 8), (std::vector<std::uint32_t>{16, 16, 8, 16, 16, 8, 16, 8}));
}

TEST(BeatCursor, TakesOneBeatAStripAsOnePiece) {
    const BeatCursor cursor = BeatCursor::groups({{100, 4, 16, 16, 1000, 0}, 2, 2}, 2);
    EXPECT_EQ(cursor.left(), 3u);  // the last strip may be shifted, so it is a piece of its own
    EXPECT_EQ(first(cursor, 4), (std::vector<Address>{100, 1100, 2100, 3100}));
}

TEST(BeatCursor, StartsTheNarrowLastStripWhereItsRowsStart) {
    const BeatCursor cursor = BeatCursor::groups({{100, 2, 64, 16, 1000, 48}, 4, 4}, 1);
    EXPECT_EQ(first(cursor, 8), (std::vector<Address>{100, 116, 132, 148, 1052, 1056, 1060, 1064}));
}

TEST(BeatCursor, TakesOneMemberOfEveryGroupOfVectorsThatLieApart) {
    const VectorStrips strips({100, 2, 40, 24, 8, 0, 1000}, 5, 3);
    EXPECT_EQ(first(BeatCursor::members(strips, 2, 0), 5),
              (std::vector<Address>{100, 2100, 4100, 108, 2108}));
    const BeatCursor second = BeatCursor::members(strips, 2, 1);
    EXPECT_EQ(widths(second, 5), (std::vector<std::uint32_t>{8, 8, 0, 8, 0})) << "no sixth vector, no fourth";
    EXPECT_EQ(second.address(), 1100u);
}

TEST(BeatCursor, TouchesOnlyTheFirstWordOfAPartButAllThatIsLeftInTheLast) {
    const BeatCursor beats = BeatCursor::groups({{100, 1, 60, 60, 0, 0}, 3, 3}, 2);  // 40 bytes, then 20
    EXPECT_EQ(widths(beats.word(0, 16), 2), (std::vector<std::uint32_t>{1, 1}));
    EXPECT_EQ(widths(beats.word(1, 16), 2), (std::vector<std::uint32_t>{1, 4}));
    EXPECT_EQ(widths(beats.word(2, 16), 2), (std::vector<std::uint32_t>{8, 0}));
    EXPECT_EQ(first(beats.word(2, 16), 1), (std::vector<Address>{132}));
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
