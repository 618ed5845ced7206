#include "sim/workload/footprint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "sim/workload/description.h"
#include "sim/workload/show.h"
#include "tests/sim/workload/models.h"

namespace octet {
namespace {

TransformerDescription one_layer() {
    TransformerDescription d;
    d.name = "one";
    d.layers = 1;
    d.hidden = 8;
    d.heads = 2;
    d.ffn = 12;
    d.vocabulary = 20;
    d.positions = 4;
    d.norm = OperationKind::nonorm;
    d.activation = OperationKind::relu;
    d.padding_mask = false;
    return d;
}

PhaseConfig step(PhaseKind kind) {
    PhaseConfig phase;
    phase.kind = kind;
    phase.batch = 3;
    phase.sequence = 4;
    phase.rank = 2;
    return phase;
}

TEST(Footprint, OfFullTrainingHoldsEveryWeightAndItsStates) {
    const Graph graph = expand(one_layer(), step(PhaseKind::train));
    const std::uint64_t weights = graph.parameters(), matrices = 4 * 8 * 8 + 2 * 8 * 12;
    const Footprint f = footprint(graph, 8, 16);
    EXPECT_EQ(f[MemoryClass::weights], 0u);
    EXPECT_EQ(f[MemoryClass::trained_weights], 2 * weights);
    EXPECT_EQ(f[MemoryClass::optimizer_states], 2 * 2 * weights);
    EXPECT_EQ(f[MemoryClass::weight_gradients], 2 * weights);
    EXPECT_EQ(f[MemoryClass::weight_copies], matrices) << "what products multiply with";
    // By token: what the three norms and the six products took, queries, keys and values; what ReLU made is
    // what the last product took. By pair of tokens and head: what the softmax took and made.
    const std::uint64_t tokens = 12, kept = 8 /*embedding norm*/ + 8 /*query, key, value*/ +
                                            3 * 8 /*of scores, context*/ + 8 /*output*/ + 8 /*norm*/ +
                                            8 /*up*/ + 12 /*down*/ + 8 /*norm*/;
    EXPECT_EQ(f[MemoryClass::activations], tokens * kept + 2 * 3 * 2 * 4 * 4);
    EXPECT_GT(f[MemoryClass::working], 0u);
    PhaseConfig clips = step(PhaseKind::train);
    clips.clip_norm = 1;
    EXPECT_EQ(footprint(expand(one_layer(), clips), 8, 16)[MemoryClass::weight_gradients], 2 * weights)
        << "clipped gradients take the places of the others";
    std::uint64_t sum = 0;
    for (const std::uint64_t bytes : f.bytes) sum += bytes;
    EXPECT_EQ(f.total(), sum);
}

TEST(Footprint, OfAdaptersHoldsTheirStatesAlone) {
    const Graph graph = expand(one_layer(), step(PhaseKind::finetune_lora));
    const std::uint64_t adapters = 2 * (8 * 2 + 2 * 8);
    const Footprint f = footprint(graph, 8, 16);
    EXPECT_EQ(f[MemoryClass::weights], graph.parameters() - adapters);
    EXPECT_EQ(f[MemoryClass::trained_weights], 2 * adapters);
    EXPECT_EQ(f[MemoryClass::optimizer_states], 4 * adapters);
    EXPECT_EQ(f[MemoryClass::weight_gradients], 2 * adapters);
    EXPECT_EQ(f[MemoryClass::weight_copies], adapters);
    EXPECT_LT(f[MemoryClass::activations],
              footprint(expand(one_layer(), step(PhaseKind::train)), 8, 16)[MemoryClass::activations]);
}

// Figure 14 of the ASPLOS'24 paper: MobileBERT-tiny, sequence 128, batch 16. Copies of weights, which could
// be made layer by layer, are left out.
TEST(Footprint, OfAdaptersIsSmallerThanThatOfBf16ByThePublishedFactors) {
    const auto bytes = [](PhaseConfig phase, unsigned bits) {
        phase.batch = 16;
        phase.sequence = 128;
        phase.rank = 8;
        const Footprint f = footprint(expand(mobilebert(21, 2), phase), bits, 16);
        return static_cast<double>(f.total() - f[MemoryClass::weight_copies]);
    };
    PhaseConfig some = step(PhaseKind::finetune_lora), all = some;
    some.merged = all.merged = true;
    all.targets = {"all"};
    const double full = bytes(step(PhaseKind::train), 16);
    EXPECT_EQ(full, 551'010'304);
    EXPECT_NEAR(full / bytes(some, 8), 3.6, 0.05);
    EXPECT_NEAR(full / bytes(all, 8), 3.0, 0.05);
}

TEST(Footprint, OfValuesTwiceAsWideIsTwiceAsLarge) {
    const Graph graph = expand(one_layer(), step(PhaseKind::train));
    const Footprint narrow = footprint(graph, 8, 16), wide = footprint(graph, 16, 32);
    for (std::size_t i = 0; i < memory_class_count; ++i) EXPECT_EQ(wide.bytes[i], 2 * narrow.bytes[i]) << i;
}

TEST(Footprint, OnAMachineTakesItsFormatsAndScales) {
    PhaseConfig phase = step(PhaseKind::train);
    const Graph graph = expand(one_layer(), phase);
    const std::uint64_t weights = graph.parameters();
    AcceleratorConfig machine;
    machine.pe.storage = "posit8_1";
    machine.vector.format = "bf16";
    const Footprint plain = footprint(graph, 8, 16);
    EXPECT_EQ(footprint(graph, kept_bits(machine)).bytes, plain.bytes);
    machine.formats[FormatUse::moment] = "e5m2";
    machine.formats[FormatUse::second_moment] = "mxfp8_e4m3";  // 8 bits and 8 for 32
    const std::uint64_t kept = footprint(graph, kept_bits(machine))[MemoryClass::optimizer_states];
    EXPECT_GE(kept, weights + weights * 33 / 32);
    EXPECT_LE(kept, weights + weights * 33 / 32 + graph.tensors.size());
    phase.paged_states = true;
    const Footprint paged = footprint(expand(one_layer(), phase), kept_bits(machine));
    EXPECT_EQ(paged[MemoryClass::paged_states], kept);
    EXPECT_EQ(paged[MemoryClass::optimizer_states], 0U);
}

TEST(Footprint, IsShownForAStepOfTrainingAlone) {
    const Graph graph = expand(one_layer(), step(PhaseKind::train)),
                encode = expand(one_layer(), step(PhaseKind::encode));
    const auto json = show_json(graph, 8);
    EXPECT_EQ(json["memory"]["trained_weights"], 2 * graph.parameters());
    EXPECT_EQ(json["memory"]["total"], footprint(graph, 8, 16).total());
    EXPECT_FALSE(show_json(encode, 8).contains("memory"));
    EXPECT_THAT(show_text(graph, 8, "train"), testing::HasSubstr("optimizer states"));
    EXPECT_THAT(show_text(encode, 8, "encode"), testing::Not(testing::HasSubstr("optimizer states")));
}

}  // namespace
}  // namespace octet
