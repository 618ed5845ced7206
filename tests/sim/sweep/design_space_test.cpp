#include "sim/sweep/design_space.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "sim/config/yaml.h"

namespace octet {
namespace {

using testing::HasSubstr;

struct Read {
    SweepConfig config;
    Diagnostics wrong;
};
Read sweep(const std::string& rest) {
    Read read;
    read.config = read_sweep(
        parse_yaml("kind: sweep\nbase: b.yaml\nstrategy: {kind: grid}\n" + rest, "s.yaml"), read.wrong);
    return read;
}

std::vector<std::string> point(const DesignSpace& space, std::uint64_t number) {
    std::vector<std::string> words;
    for (const PointValue& value : space.values(space.at(number)))
        words.push_back(*value.key + "=" + value.value->json.dump());
    return words;
}

TEST(DesignSpace, HasEveryCombinationOnceTheLastAxisFastest) {
    Read read =
        sweep("axes: {array.rows: [8, 16], pe.preset: [int8, bf16, e4m3], fusion: [none, residual]}\n");
    const DesignSpace space(read.config, read.wrong);
    EXPECT_EQ(read.wrong.text(), "");
    ASSERT_EQ(space.points(), 12U);
    EXPECT_THAT(point(space, 0),
                testing::ElementsAre("array.rows=8", "pe.preset=\"int8\"", "fusion=\"none\""));
    EXPECT_THAT(point(space, 11),
                testing::ElementsAre("array.rows=16", "pe.preset=\"e4m3\"", "fusion=\"residual\""));
    std::set<std::vector<std::string>> all;
    for (std::uint64_t i = 0; i < 12; ++i) all.insert(point(space, i));
    EXPECT_EQ(all.size(), 12U);
}

TEST(DesignSpace, SpacesNumbersEvenlyOrByRatio) {
    Read read = sweep(
        "axes: {sram.capacity_kib: {log: [256, 4096, 5]}, clock_mhz: {range: [100, 400, 100]}, "
        "dram.tck_ns: {log: [0.5, 2, 3]}, array.rows: {log: [1, 3, 5]}}\n");
    const DesignSpace space(read.config, read.wrong);
    EXPECT_EQ(space.size(0), 5U);
    EXPECT_EQ(space.size(1), 4U);
    EXPECT_EQ(space.size(3), 3U) << "1, 1.3, 1.7, 2.3, 3: whole numbers, each once";
    std::set<std::string> capacities;
    for (std::uint64_t i = 0; i < space.points(); ++i) capacities.insert(point(space, i)[0]);
    EXPECT_THAT(capacities, testing::UnorderedElementsAre("sram.capacity_kib=256", "sram.capacity_kib=512",
                                                          "sram.capacity_kib=1024", "sram.capacity_kib=2048",
                                                          "sram.capacity_kib=4096"));
    EXPECT_THAT(point(space, 3)[2], HasSubstr("dram.tck_ns=1"));
}

TEST(DesignSpace, MovesAxesTogetherThatAreZippedOrTheSame) {
    Read read = sweep(
        "axes: {array.rows: [8, 16], array.cols: {same_as: array.rows}, clock_mhz: [100, 200], name: [a, "
        "b]}\n"
        "zip: [[array.rows, vector.lanes], [clock_mhz, name]]\n");
    const DesignSpace space(read.config, read.wrong);
    EXPECT_EQ(read.wrong.text(), "");
    EXPECT_EQ(space.dimensions(), 2U);
    ASSERT_EQ(space.points(), 4U);
    EXPECT_THAT(point(space, 3),
                testing::UnorderedElementsAre("array.rows=16", "array.cols=16", "vector.lanes=16",
                                              "clock_mhz=200", "name=\"b\""));
}

TEST(DesignSpace, KnowsShortNames) {
    Read read = sweep("axes: {format: [int8], sequence: [16], batch: [1]}\n");
    const DesignSpace space(read.config, read.wrong);
    EXPECT_THAT(space.keys(), testing::ElementsAre("pe.preset", "phase.sequence", "phase.batch"));
}

TEST(DesignSpace, ReportsWhatCannotMoveTogetherWithItsPlace) {
    const auto message = [](const std::string& rest) {
        Read read = sweep(rest);
        const DesignSpace space(read.config, read.wrong);
        return read.wrong.text();
    };
    EXPECT_THAT(
        message("axes: {array.rows: [8, 16], clock_mhz: [1, 2, 3]}\nzip: [[array.rows, clock_mhz]]\n"),
        HasSubstr("s.yaml:5:7: zip: 'array.rows' has 2 values and 'clock_mhz' has 3"));
    EXPECT_THAT(message("axes: {array.rows: [8]}\nzip: [[array.cols, array.rows]]\n"),
                HasSubstr("there is no axis 'array.cols'"));
    EXPECT_THAT(message("axes: {pe.preset: [int8], format: [bf16]}\n"),
                HasSubstr("varied by another axis too"));
    EXPECT_THAT(message("axes: {a.b: [1], c: {same_as: d}, d: {same_as: a.b}}\n"),
                HasSubstr("has no values of its own"));
}

TEST(DesignSpace, CountsPointsBeyondWhatCouldBeCounted) {
    std::string axes;
    for (int i = 0; i < 40; ++i)
        axes += (i == 0 ? "" : ", ") + ("k" + std::to_string(i)) + ": {range: [0, 99, 1]}";
    Read read = sweep("axes: {" + axes + "}\n");
    EXPECT_EQ(DesignSpace(read.config, read.wrong).points(), std::uint64_t{1} << 63U);
}

}  // namespace
}  // namespace octet
