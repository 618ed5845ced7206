// `--what-if`: each figure against the run that a user gets with the same change as --set.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "tests/system/octet.h"

namespace octet::test {
namespace {

using nlohmann::json;
using Words = std::vector<std::string>;

Words tiny(const Words& more) {
    Words words{"run",   "configs/experiments/bert-base-edge16-posit8.yaml",
                "--set", "workload=workloads/tiny.yaml",
                "--set", "phase.sequence=24"};
    words.insert(words.end(), more.begin(), more.end());
    return words;
}

TEST(WhatIf, TellsWhatTheSameChangeByHandDoes) {
    json with = document(tiny({"--what-if"}));
    const json without = document(tiny({})), changes = with.at("what_if");
    std::map<std::string, json> by_key;
    double before = HUGE_VAL;
    for (const json& change : changes) {
        by_key[change.at("key")] = change;
        ASSERT_FALSE(change.contains("error")) << change;
        EXPECT_LE(change.at("speedup").get<double>(), before) << "the best comes first";
        before = change.at("speedup");
    }
    for (const char* key : {"array.rows", "vector.lanes", "sram.capacity_kib", "dram.bytes_per_cycle"}) {
        const json& change = by_key.at(key);
        const int from = std::stoi(change.at("from").get<std::string>());
        EXPECT_EQ(change.at("to"), std::to_string(2 * from));
        const json by_hand = document(tiny({"--set", fmt::format("{}={}", key, 2 * from)}));
        EXPECT_EQ(change.at("cycles"), by_hand.at("cycles").at("total")) << key;
        EXPECT_EQ(change.at("energy_pj"), by_hand.at("energy").at("total_pj")) << key;
        EXPECT_EQ(change.at("area_um2"), by_hand.at("area").at("total_um2")) << key;
        EXPECT_DOUBLE_EQ(change.at("speedup").get<double>(),
                         without.at("seconds").get<double>() / by_hand.at("seconds").get<double>())
            << key;
    }
    EXPECT_EQ(by_key.at("dram.latency").at("to"), "20") << "half of 40";
    EXPECT_FALSE(by_key.contains("array.pe_latency")) << "it is 1";
    with.erase("what_if");
    EXPECT_EQ(with, without);
}

TEST(WhatIf, PrintsALineForEveryChangeAndSaysWhichOnesTheMachineDoesNotAdmit) {
    const Outcome outcome =
        octet(tiny({"--what-if", "--set", "sram.width_bits=8192", "--set", "buffers.input.depth=unlimited"}));
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_THAT(outcome.out, testing::HasSubstr("speed-up"));
    EXPECT_THAT(outcome.out, testing::HasSubstr("array.rows 16 to 32\n"));
    EXPECT_THAT(outcome.out, testing::Not(testing::HasSubstr("buffers.input.depth"))) << "it has no limit";
    EXPECT_THAT(outcome.out,
                testing::HasSubstr("sram.width_bits 8192 to 16384: --what-if sram.width_bits=16384"));
}

}  // namespace
}  // namespace octet::test
