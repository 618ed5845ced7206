#include "sim/report/progress.h"

#include <gtest/gtest.h>

namespace octet {
namespace {

TEST(ProgressLine, TellsHowMuchIsDoneWhatFailedAndHowLongTheRestWillTake) {
    EXPECT_EQ(progress_line(0, 0, 4, 0, ""), "........................ 0 of 4");
    EXPECT_EQ(progress_line(1, 0, 4, 2, "e4m3"), "######.................. 1 of 4, 6 s left: e4m3");
    EXPECT_EQ(progress_line(4, 1, 4, 8, ""), "######################## 4 of 4, 1 failed");
}

}  // namespace
}  // namespace octet
