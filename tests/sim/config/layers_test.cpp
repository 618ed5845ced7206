// Which of several layers wins: extended files, the file, settings.
#include "sim/config/layers.h"

#include <gtest/gtest.h>

#include "sim/config/yaml.h"
#include "tests/sim/config/messages.h"
#include "tests/support/program.h"

namespace octet {
namespace {

using test::errors_of;
using test::scratch_file;
using testing::HasSubstr;

constexpr auto accelerator = std::to_array<std::string_view>({"accelerator"});
constexpr auto experiment = std::to_array<std::string_view>({"experiment"});

Node merged(std::string_view below, std::string_view above) {
    Node base = parse_yaml(below, "below");
    merge(base, parse_yaml(above, "above"), "accelerator");
    return base;
}

TEST(Layers, MergeMappingsKeyByKeyAndReplaceTheRest) {
    const Node node = merged("a: {x: 1, y: 2}\nb: [1, 2]\nc: 1\n", "a: {y: 3, z: 4}\nb: [5]\nc: {d: 1}\n");
    EXPECT_EQ(node.at("a.x")->text, "1");
    EXPECT_EQ(node.at("a.y")->text, "3");
    EXPECT_EQ(node.at("a.z")->text, "4");
    EXPECT_EQ(node.at("b")->items.size(), 1U);
    EXPECT_EQ(node.at("c.d")->text, "1");
}

TEST(Layers, KeepThePlaceEachValueWasWrittenAt) {
    const Node node = merged("a: {x: 1, y: 2}\n", "\n\na: {y: 3}\n");
    EXPECT_EQ(to_string(node.at("a.x")->location), "below:1:8");
    EXPECT_EQ(to_string(node.at("a.y")->location), "above:3:8");
}

TEST(Layers, APresetDropsTheOtherKeysBelowIt) {
    const Node node = merged("pe: {preset: int8, accumulator: int32, rounding: truncate}\n",
                             "pe: {preset: bf16, rounding: stochastic}\n");
    EXPECT_EQ(node.at("pe.preset")->text, "bf16");
    EXPECT_EQ(node.at("pe.accumulator"), nullptr);
    EXPECT_EQ(node.at("pe.rounding")->text, "stochastic");
    EXPECT_EQ(merged("pe: {preset: int8, accumulator: int32}\n", "pe: {rounding: truncate}\n")
                  .at("pe.accumulator")
                  ->text,
              "int32");
}

TEST(Layers, AMappingOfAnotherKindReplaces) {
    const Node node = merged("phase: {kind: encode, sequence: 4}\n", "phase: {kind: decode, context: 5}\n");
    EXPECT_EQ(node.at("phase.sequence"), nullptr);
    EXPECT_EQ(merged("phase: {kind: encode, sequence: 4}\n", "phase: {kind: encode, batch: 2}\n")
                  .at("phase.sequence")
                  ->text,
              "4");
}

TEST(Layers, AChainOfFilesIsTakenFromItsFarEnd) {
    scratch_file("base.yaml", "kind: accelerator\narray: {rows: 1, cols: 1}\nname: base\n");
    scratch_file("folder/middle.yaml",
                 "kind: accelerator\nextends: ../base.yaml\narray: {rows: 2}\nname: middle\n");
    const Node node = load_layers(
        scratch_file("top.yaml", "kind: accelerator\nextends: folder/middle.yaml\nname: top\n"), accelerator);
    EXPECT_EQ(node.at("array.rows")->text, "2");
    EXPECT_EQ(node.at("array.cols")->text, "1");
    EXPECT_EQ(node.at("name")->text, "top");
    EXPECT_EQ(node.at("extends"), nullptr);
}

TEST(Layers, AMappingWithoutKindReachesIntoTheFileThatTheLayerBelowNames) {
    scratch_file("reach/part.yaml", "kind: dram\nstandard: part\ntiming: {tRCD: 29, tRP: 27}\n");
    scratch_file("reach/base.yaml", "kind: accelerator\ndram: part.yaml\n");
    const Node node =
        load_layers(scratch_file("reach.yaml",
                                 "kind: accelerator\nextends: reach/base.yaml\ndram: {timing: {tRCD: 20}}\n"),
                    accelerator);
    EXPECT_EQ(node.at("dram.timing.tRCD")->text, "20");
    EXPECT_EQ(node.at("dram.timing.tRP")->text, "27");
    EXPECT_EQ(to_string(node.at("dram.timing.tRCD")->location), test::scratch_folder() + "/reach.yaml:3:23");
}

TEST(Layers, ALongChainIsRefused) {
    std::string last = "kind: accelerator\n";
    for (int i = 0; i < 40; ++i) {
        scratch_file("chain" + std::to_string(i) + ".yaml", last);
        last = "kind: accelerator\nextends: chain" + std::to_string(i) + ".yaml\n";
    }
    const std::string top = scratch_file("chain.yaml", last);
    EXPECT_THAT(errors_of([&] { load_layers(top, accelerator); }),
                HasSubstr("a chain of more than 32 files"));
}

class Settings : public testing::Test {
  protected:
    void SetUp() override {
        scratch_file("part.yaml", "kind: dram\nstandard: part\ntiming: {tRCD: 29, tRP: 29}\n");
        scratch_file("machine.yaml",
                     "kind: accelerator\narray: {rows: 16}\npe: {preset: int8, accumulator: int32}\ndram: "
                     "part.yaml\n");
        root_ = load_layers(
            scratch_file("run.yaml", "kind: experiment\naccelerator: machine.yaml\nphase: {kind: encode}\n"),
            experiment);
    }
    void set(const std::vector<std::string>& texts) {
        std::vector<Setting> settings;
        for (const auto& text : texts) settings.push_back(parse_setting(text));
        octet::apply(root_, settings);
    }
    Node root_;
};

TEST_F(Settings, BelongToTheAcceleratorUnlessTheirFirstPartIsAKeyOfTheExperiment) {
    set({"array.rows=8", "phase.batch=4", "accelerator.array.cols=2"});
    EXPECT_EQ(root_.at("accelerator.array.rows")->text, "8");
    EXPECT_EQ(root_.at("accelerator.array.cols")->text, "2");
    EXPECT_EQ(root_.at("phase.batch")->text, "4");
}

TEST_F(Settings, WinFromLeftToRight) {
    set({"array.rows=8", "array.rows=4"});
    EXPECT_EQ(root_.at("accelerator.array.rows")->text, "4");
}

TEST_F(Settings, ReachIntoAFileThatAKeyNames) {
    set({"dram.timing.tRCD=20"});
    EXPECT_EQ(root_.at("accelerator.dram.timing.tRCD")->text, "20");
    EXPECT_EQ(root_.at("accelerator.dram.timing.tRP")->text, "29");
}

TEST_F(Settings, ReplaceAFileWhollyByAnother) {
    set({"array.rows=8", "accelerator=other.yaml"});
    EXPECT_EQ(root_.at("accelerator")->text, "other.yaml");
}

TEST_F(Settings, ReplaceAFileByAMappingOfAnotherKind) {
    set({"dram={kind: ideal, latency: 1}", "dram.bytes_per_cycle=8"});
    EXPECT_EQ(root_.at("accelerator.dram.kind")->text, "ideal");
    EXPECT_EQ(root_.at("accelerator.dram.bytes_per_cycle")->text, "8");
    EXPECT_EQ(root_.at("accelerator.dram.timing"), nullptr);
}

TEST_F(Settings, APresetResetsTheOtherKeysAndLaterOnesStand) {
    set({"pe.accumulator=fp32", "pe.preset=bf16", "pe.rounding=truncate"});
    EXPECT_EQ(root_.at("accelerator.pe.accumulator"), nullptr);
    EXPECT_EQ(root_.at("accelerator.pe.rounding")->text, "truncate");
}

TEST_F(Settings, AreNamedInErrors) {
    EXPECT_EQ(errors_of([] { parse_setting("rows"); }),
              "--set rows: expected KEY=VALUE, such as array.rows=8");
    EXPECT_EQ(errors_of([&] { set({"array..rows=8"}); }),
              "--set array..rows=8: expected a dotted key, such as array.rows");
    EXPECT_EQ(errors_of([&] { set({"kind=sweep"}); }), "--set kind=sweep: kind: cannot be set");
    EXPECT_THAT(errors_of([&] { set({"array.rows=[1"}); }), HasSubstr("--set array.rows=[1: array.rows: "));
}

}  // namespace
}  // namespace octet
