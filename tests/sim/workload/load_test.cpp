#include "sim/workload/load.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "sim/config/yaml.h"
#include "sim/workload/trace.h"
#include "tests/sim/workload/models.h"

namespace octet {
namespace {

std::string shipped(const std::string& name) {
    return OCTET_SOURCE_DIR "/workloads/" + name;
}

std::string errors(const std::string& text, const PhaseConfig& phase) {
    Diagnostics diagnostics;
    read_workload(parse_yaml(text, "w.yaml"), phase, diagnostics);
    return diagnostics.text();
}

const std::string small =
    "kind: workload\nname: small\nlayers: 1\nhidden: 6\nheads: 3\nffn: 5\nvocabulary: 9\npositions: 8\n";

TEST(ShippedDescription, IsThePublishedModel) {
    const PhaseConfig phase{.sequence = 128};
    auto base = bert_base(), large = bert_large(), distil = distilbert();
    base.name = "bert-base";
    large.name = "bert-large";
    distil.name = "distilbert";
    auto mobile = mobilebert(24, 4), mobile_tiny = mobilebert(21, 2);
    mobile_tiny.name = "mobilebert-tiny";
    EXPECT_EQ(load_workload(shipped("mobilebert.yaml"), phase).graph, expand(mobile, phase));
    EXPECT_EQ(load_workload(shipped("mobilebert-tiny.yaml"), phase).graph, expand(mobile_tiny, phase));
    EXPECT_EQ(load_workload(shipped("bert-base.yaml"), phase).graph, expand(base, phase));
    EXPECT_EQ(load_workload(shipped("bert-large.yaml"), phase).graph, expand(large, phase));
    EXPECT_EQ(load_workload(shipped("distilbert.yaml"), phase).graph, expand(distil, phase));
    const auto named = [](TransformerDescription d, const char* name) {
        d.name = name;
        d.epsilon = d.frames == 0 ? 1e-6 : 1e-5;
        return d;
    };
    EXPECT_EQ(load_workload(shipped("t5-base.yaml"), phase).graph,
              expand(named(t5_base(), "t5-base"), phase));
    EXPECT_EQ(load_workload(shipped("whisper-tiny.yaml"), phase).graph,
              expand(named(whisper(4, 384, 6), "whisper-tiny"), phase));
    EXPECT_EQ(load_workload(shipped("whisper-small.yaml"), phase).graph,
              expand(named(whisper(12, 768, 12), "whisper-small"), phase));
}

TEST(ShippedDescription, OfTheTinyModelHasTwoLayers) {
    const auto workload = load_workload(shipped("tiny.yaml"), {.sequence = 64});
    EXPECT_EQ(workload.graph.operations.size(), 2u + 2 * 16);
    EXPECT_EQ(workload.resolved["kind"], "workload");
    EXPECT_EQ(workload.resolved["norm"]["place"], "post");
}

TEST(ShippedTrace, IsOneMatrixProductInEveryPhase) {
    const auto one = load_workload(shipped("traces/gemm-7x13x17.yaml"), {.sequence = 1});
    const auto other = load_workload(shipped("traces/gemm-7x13x17.yaml"), {.batch = 9, .sequence = 9999});
    EXPECT_EQ(one.graph, other.graph);
    EXPECT_EQ(one.graph.macs(), 7u * 13 * 17);
    EXPECT_EQ(one.resolved["kind"], "trace");
}

TEST(LoadWorkload, ReadsWhatExpandWroteAsTheSameGraph) {
    const auto graph = load_workload(shipped("tiny.yaml"), {.batch = 3, .sequence = 7}).graph;
    const auto path = (std::filesystem::temp_directory_path() / "octet_round_trip.yaml").string();
    std::ofstream(path) << write_trace(graph);
    EXPECT_EQ(load_workload(path, {}).graph, graph);
    std::filesystem::remove(path);
}

TEST(ReadWorkload, ReportsASequenceLongerThanThePositionsAtThePositions) {
    EXPECT_EQ(errors(small, {.sequence = 8}), "");
    EXPECT_EQ(errors(small, {.sequence = 9}),
              "w.yaml:8:12: positions: a sequence of 9 is longer than the 8 positions");
}

TEST(ReadWorkload, ReportsKeysThatContradictEachOtherBesideOtherErrors) {
    auto text = small;
    text.replace(text.find("heads: 3"), 8, "heads: 4");
    EXPECT_EQ(errors(text + "head: pooler\nactivatoin: relu\n", {.sequence = 8}),
              "w.yaml:10:1: activatoin: unknown key, did you mean 'activation'?\n"
              "w.yaml:5:8: heads: 4 heads do not divide a hidden size of 6\n"
              "w.yaml:9:7: head: the model has no pooler (pooler: false)");
}

TEST(ReadWorkload, RefusesPhasesThatItDoesNotExpand) {
    EXPECT_EQ(errors(small, {.kind = PhaseKind::train, .sequence = 8}), "");
    EXPECT_EQ(errors(small, {.kind = PhaseKind::finetune_lora, .sequence = 8, .rank = 0}),
              "w.yaml:1:1: phase.rank: must lie in 1 to 16777216");
    EXPECT_EQ(errors(small, {.kind = PhaseKind::finetune_lora, .sequence = 8, .targets = {}}),
              "w.yaml:1:1: phase.targets: name no layer");
    EXPECT_EQ(errors(small, {.kind = PhaseKind::decode, .context = 8}),
              "w.yaml:1:1: phase.kind: needs a model with causal: true");
    EXPECT_EQ(errors(small + "causal: true\n", {.kind = PhaseKind::decode, .context = 8, .tokens = 2}),
              "w.yaml:8:12: positions: a sequence of 9 is longer than the 8 positions");
    EXPECT_EQ(errors(small + "causal: true\n", {.kind = PhaseKind::decode, .context = 7, .tokens = 2}), "");
}

TEST(ReadWorkload, ReportsAKeyOnce) {
    auto text = small;
    text.replace(text.find("layers: 1"), 9, "layers: 0");
    EXPECT_EQ(errors(text, {.sequence = 8}),
              "w.yaml:3:9: layers: expected an integer from 1 to 10000, got '0'");
}

TEST(ReadWorkload, ReportsSizesWhoseProductIsTooLarge) {
    auto text = small;
    text.replace(text.find("positions: 8"), 12, "positions: 16777216");
    const auto message = errors(text, {.batch = 1 << 16, .sequence = 1 << 24});
    EXPECT_EQ(message.substr(0, 12), "w.yaml:1:1: ") << message;
}

TEST(CheckWorkload, ChecksWithoutAPhase) {
    Diagnostics diagnostics;
    check_workload(parse_yaml(small, "w.yaml"), diagnostics);
    EXPECT_TRUE(diagnostics.empty());
    check_workload(parse_yaml(small + "kv_heads: 2\n", "w.yaml"), diagnostics);
    EXPECT_EQ(diagnostics.text(), "w.yaml:9:11: kv_heads: 2 key and value heads do not divide 3 heads");
}

TEST(DefaultPhase, IsOneSampleOf128TokensOrAllPositions) {
    EXPECT_EQ(default_phase(parse_yaml(small, "w.yaml")).sequence, 8u);
    EXPECT_EQ(default_phase(parse_yaml(small, "w.yaml")).batch, 1u);
    EXPECT_EQ(default_phase(parse_yaml("kind: workload\npositions: 512\n", "w.yaml")).sequence, 128u);
    EXPECT_EQ(default_phase(parse_yaml("kind: workload\npositions: 0\n", "w.yaml")).sequence, 128u);
}

}  // namespace
}  // namespace octet
