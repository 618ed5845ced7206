// What is kept of the array's registers: every clock in which something moves, and nothing twice.
#include "sim/run/register_recording.h"

#include <gtest/gtest.h>

namespace octet::test {
namespace {

TEST(RegisterRecording, KeepsWhatChangedAndEveryClockInWhichSomethingMoves) {
    std::vector<PeProbe> pes(2);
    RegisterRecording recording(1000);
    recording.begins(pes, 2, true);
    recording.clocked(3);  // nothing there
    pes[0].passing_valid = true;
    pes[0].passing = 5;
    recording.clocked(4);
    recording.clocked(5);  // the same once more: a weight passed that is like the one before
    pes[0] = {};
    pes[0].shadow_full = true;
    recording.clocked(6);
    recording.clocked(7);  // waits
    pes[1].input_valid = true;
    recording.clocked(9);
    ASSERT_EQ(recording.frames().size(), 4U);
    const auto& frames = recording.frames();
    EXPECT_EQ(frames[0].cycle, 4U);
    ASSERT_EQ(frames[0].changes.size(), 1U);
    EXPECT_EQ(frames[0].changes[0].element, 0U);
    EXPECT_EQ(frames[0].changes[0].now.passing, 5);
    EXPECT_EQ(frames[1].cycle, 5U);
    EXPECT_TRUE(frames[1].changes.empty());
    EXPECT_EQ(frames[2].cycle, 6U);
    EXPECT_EQ(frames[3].cycle, 9U);
    ASSERT_EQ(frames[3].changes.size(), 1U);
    EXPECT_EQ(frames[3].changes[0].element, 1U);
    EXPECT_EQ(recording.size(), 8U);
    EXPECT_TRUE(recording.complete());
}

TEST(RegisterRecording, CountsWhatItHasNoRoomFor) {
    std::vector<PeProbe> pes(3);
    RegisterRecording recording(7);
    recording.begins(pes, 3, true);
    pes[0].sum_valid = true;
    for (Cycle cycle = 0; cycle < 5; ++cycle) recording.clocked(cycle);
    EXPECT_EQ(recording.frames().size(), 2U);
    EXPECT_EQ(recording.size(), 15U);
    EXPECT_FALSE(recording.complete());
}

}  // namespace
}  // namespace octet::test
