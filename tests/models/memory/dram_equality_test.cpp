// Whatever the controller skips or plans ahead, its commands are those of the reference, clock for clock.
#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/models/memory/dram_random.h"
#include "tests/models/memory/dram_reference.h"

namespace octet::testing {
namespace {

std::string text(const DramCommand& c) {
    static const char* names[] = {"activate", "precharge", "precharge all", "read", "write", "refresh"};
    return std::to_string(c.at) + " " + names[static_cast<int>(c.kind)] + " bank " + std::to_string(c.bank) +
           " row " + std::to_string(c.row) + " burst " + std::to_string(c.burst);
}

unsigned first_seed() {
    const char* seed = std::getenv("OCTET_SEED");
    return seed == nullptr ? 1 : static_cast<unsigned>(std::strtoul(seed, nullptr, 10));
}

std::vector<DramClock> sorted_latencies(const LatencyCounts& latency) {
    std::vector<DramClock> all;
    for (std::size_t clocks = 0; clocks < latency.counts().size(); ++clocks)
        all.insert(all.end(), latency.counts()[clocks], clocks);
    return all;
}

TEST(DramChannel, DoesWhatOneClockAtATimeDoesOnRandomPartsAndStreams) {
    DramCounts seen;
    for (unsigned seed = first_seed(); seed < first_seed() + 100; ++seed) {
        SCOPED_TRACE(::testing::Message() << "OCTET_SEED=" << seed);
        DramDice dice(seed);
        const DramDeviceConfig part = dice.part();
        const std::vector<DramRequest> requests = dice.stream(dice.pick(1, 400));
        ReferenceResult expected = reference_dram(part, requests);
        // Once with a log, once without, which takes other ways through the controller.
        DramList logged(requests), plain(requests);
        std::vector<std::vector<DramCommand>> commands;
        const DramStreamResult with_log = run_dram_stream(part, logged, &commands);
        const DramStreamResult result = run_dram_stream(part, plain);
        ASSERT_EQ(commands.size(), expected.commands.size());
        for (std::size_t channel = 0; channel < commands.size(); ++channel)
            for (std::size_t i = 0; i < std::max(commands[channel].size(), expected.commands[channel].size());
                 ++i) {
                ASSERT_LT(i, expected.commands[channel].size()) << text(commands[channel][i]);
                ASSERT_LT(i, commands[channel].size()) << text(expected.commands[channel][i]);
                ASSERT_EQ(commands[channel][i], expected.commands[channel][i])
                    << "command " << i << " of channel " << channel << ": " << text(commands[channel][i])
                    << ", expected " << text(expected.commands[channel][i]);
            }
        std::sort(expected.latencies.begin(), expected.latencies.end());
        for (const DramStreamResult* r : {&with_log, &result}) {
            ASSERT_EQ(r->clocks, expected.clocks);
            ASSERT_EQ(sorted_latencies(r->latency), expected.latencies);
            ASSERT_EQ(r->counts, expected.counts);
        }
        seen += expected.counts;
    }
    // The streams have provoked everything.
    EXPECT_GT(seen.forwarded, 5U);
    EXPECT_GT(seen.merged, 10U);
    EXPECT_GT(seen.row_hits, 500U);
    EXPECT_GT(seen.row_conflicts, 100U);
    EXPECT_GT(seen.row_misses, 50U);
    EXPECT_GT(seen.refreshes, 10U);
}

}  // namespace
}  // namespace octet::testing
