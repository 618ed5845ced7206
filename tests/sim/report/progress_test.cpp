#include "sim/report/progress.h"

#include <gtest/gtest.h>

namespace octet {
namespace {

TEST(ProgressLine, TellsHowMuchIsDoneWhatFailedAndHowLongTheRestWillTake) {
    EXPECT_EQ(progress_line(0, 0, 4, 0, ""), "........................ 0 of 4");
    EXPECT_EQ(progress_line(1, 0, 4, 2, "e4m3"), "######.................. 1 of 4, 6 s left: e4m3");
    EXPECT_EQ(progress_line(4, 1, 4, 8, ""), "######################## 4 of 4, 1 failed");
}

TEST(ProgressLine, OfASweepTellsItsRateAndTheBestSoFar) {
    const std::vector<SweepObjective> objectives{{"latency_ms", false, {}}, {"sqnr_db", true, {}}};
    SweepState state{2, 8, 0, 0, 0, 0};
    EXPECT_EQ(progress_line(state, objectives, 4),
              "######.................. 2 of 8, 12 s left: 0.5 a second");
    state = {6, 8, 4, 1, 3, 0.07528};  // four were known and took no time
    EXPECT_EQ(progress_line(state, objectives, 4),
              "##################...... 6 of 8, 1 failed, 4 s left: 0.5 a second, 3 Pareto-optimal, least "
              "latency_ms "
              "0.07528");
    state.front = 1;
    state.best = -3;
    EXPECT_EQ(progress_line(state, {{"sqnr_db", true, {}}}, 4),
              "##################...... 6 of 8, 1 failed, 4 s left: 0.5 a second, most sqnr_db -3.000");
}

}  // namespace
}  // namespace octet
