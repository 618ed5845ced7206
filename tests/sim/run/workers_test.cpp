#include "sim/run/workers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <stdexcept>

namespace octet {
namespace {

TEST(Workers, GiveResultsInOrderWhateverTheirSizeAndHoweverManyRunAtATime) {
    for (const std::size_t parallel : {1U, 3U, 20U}) {
        const auto results = in_workers(10, parallel, [](std::size_t i) {
            return std::string(i * 30'000, static_cast<char>('a' + i));  // more than a pipe holds
        });
        ASSERT_EQ(results.size(), 10U);
        for (std::size_t i = 0; i < 10; ++i) {
            EXPECT_TRUE(results[i].done);
            EXPECT_EQ(results[i].text, std::string(i * 30'000, static_cast<char>('a' + i)));
        }
    }
}

TEST(Workers, AreProcessesOfTheirOwn) {
    int here = 1;
    const auto results = in_workers(2, 2, [&](std::size_t) {
        ++here;
        return std::to_string(here) + (getpid() == getppid() ? "" : " elsewhere");
    });
    EXPECT_EQ(results[0].text, "2 elsewhere");
    EXPECT_EQ(results[1].text, "2 elsewhere");
    EXPECT_EQ(here, 1);
}

TEST(Workers, TellWhatWasThrownAndHowAProcessDied) {
    const auto results = in_workers(4, 2, [](std::size_t i) -> std::string {
        if (i == 0) throw std::runtime_error("no room");
        if (i == 1) raise(SIGKILL);
        if (i == 2) throw 5;
        return "fine";
    });
    EXPECT_FALSE(results[0].done);
    EXPECT_EQ(results[0].text, "no room");
    EXPECT_FALSE(results[1].done);
    EXPECT_THAT(results[1].text, testing::HasSubstr("signal 9"));
    EXPECT_FALSE(results[2].done);
    EXPECT_EQ(results[2].text, "an unknown error");
    EXPECT_TRUE(results[3].done);
    EXPECT_EQ(results[3].text, "fine");
}

}  // namespace
}  // namespace octet
