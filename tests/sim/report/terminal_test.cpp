#include "sim/report/terminal.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "sim/report/consumers.h"
#include "tests/sim/run/sample.h"

namespace octet {
namespace {

using test::sample_result;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

TEST(Summary, IsADozenLines) {
    const std::string text = summary(sample_result());
    EXPECT_LE(std::ranges::count(text, '\n'), 13);
    EXPECT_EQ(text.back(), '\n');
}

TEST(Summary, NamesWhatRanOnWhat) {
    EXPECT_THAT(summary(sample_result()),
                HasSubstr("sample (encode, batch 1, sequence 7) on sixteen: 16 x 16 array, "
                          "posit8_1_ftz, 200 MHz\n"));
}

TEST(Summary, HasTheLatencyLine) {
    EXPECT_THAT(summary(sample_result()),
                ContainsRegex("\nlatency +0.002000 ms   400 cycles; at best 58, bound by vector\n"));
}

TEST(Summary, ShowsEnergyAreaTrafficAndWhatTheyRestOn) {
    Result result = sample_result();
    result.energy = {};
    result.energy.add(Component::array, Confidence::published, 6e6);
    result.energy.add(Component::dram, Confidence::scaled, 3e6);
    result.energy.add(Component::sram, Confidence::assumed, 2e6, 0.5);
    result.energy.add(Component::codec, Confidence::fitted, 1e6);
    result.static_energy = 4e6;
    result.area = {};
    result.area.add(Component::sram, Confidence::scaled, 1.25e6);
    result.machine.dram_read_bytes = 3 << 20;
    result.machine.dram_write_bytes = 1 << 20;
    const std::string text = summary(result);
    EXPECT_THAT(text, HasSubstr("12.00 uJ   dynamic 8.000 uJ, static 4.000 uJ"));
    EXPECT_THAT(text, HasSubstr("array 50 %, dram 25 %, sram 17 %"));
    EXPECT_THAT(text, HasSubstr("1.250 mm2   sram 100 %\n"));
    EXPECT_THAT(text, HasSubstr("4.000 MiB   read 3.000 MiB, written 1.000 MiB"));
    EXPECT_THAT(text, HasSubstr("25 % of the energy and 0 % of the area rest on fitted or assumed prices"));
    EXPECT_THAT(
        text, HasSubstr("by their uncertainties: energy 11.00 to 13.00 uJ (50 % published, 25 % scaled, 8 % "
                        "fitted, 17 % assumed), area 1.250 to 1.250 mm2 (100 % scaled)\n"));
}

TEST(Summary, ShowsWhatEachUnitWaitsForMost) {
    EXPECT_THAT(summary(sample_result()),
                HasSubstr("array 7.5 % waiting_for_input, vector 15.0 % array_result, load 11.2 % dram"));
}

TEST(Summary, DoesNotBlameTheControllerThatRunsAhead) {
    Result result = sample_result();
    result.machine.units[static_cast<std::size_t>(Unit::controller)].stalls[0] = 390;
    EXPECT_THAT(summary(result), Not(HasSubstr("controller")));
}

TEST(Summary, HasNoColourUnlessAsked) {
    EXPECT_THAT(summary(sample_result()), Not(HasSubstr("\033")));
    EXPECT_THAT(summary(sample_result(), true), HasSubstr("\033["));
}

TEST(Summary, OfAnEmptyRunIsStillASummary) {
    EXPECT_THAT(summary(Result{}), HasSubstr("latency"));
}

TEST(Consumers, GroupTheLayersAndNameWhatBindsThem) {
    Result result;
    const auto add = [&](const char* name, double oldest, double ideal, const char* bound,
                         std::uint64_t dram_stalls) {
        OperationResult operation;
        operation.name = name;
        operation.oldest_cycles = oldest;
        operation.ideal_cycles = ideal;
        operation.bound_by = bound;
        operation.stalls[static_cast<std::size_t>(StallCause::dram)] = dram_stalls;
        result.operations.push_back(operation);
    };
    add("embeddings", 5, 1, "dram", 9);
    add("layer0.ffn.up", 100, 95, "array", 3);
    add("layer0.ffn.down", 60, 10, "array", 40);
    add("layer1.ffn.up", 100, 95, "array", 3);
    add("layer11.ffn.down", 60, 10, "array", 40);
    add("layers", 1, 0, "", 0);
    for (const auto harmless : {StallCause::queue_full, StallCause::array_result})
        result.operations[2].stalls[static_cast<std::size_t>(harmless)] = 1000;
    const auto consumers = largest_consumers(result, 3);
    ASSERT_EQ(consumers.size(), 3u);
    EXPECT_EQ(consumers[0].name, "ffn.up x 2");
    EXPECT_EQ(consumers[0].cycles, 200);
    EXPECT_EQ(consumers[0].bottleneck, "array at 95 % of its peak");
    EXPECT_EQ(consumers[1].name, "ffn.down x 2");
    EXPECT_EQ(consumers[1].bottleneck, "array at 17 % of its peak, stalled most by dram");
    EXPECT_EQ(consumers[2].name, "embeddings");
    EXPECT_EQ(largest_consumers(result, 9).back().bottleneck, "nothing in particular");
}

}  // namespace
}  // namespace octet
