// Models with a decoder behind their encoder: parameters and MACs from closed forms, and what each phase
// holds.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "sim/workload/description.h"
#include "tests/sim/workload/models.h"

namespace octet {
namespace {

const Operation& find(const Graph& graph, std::string_view name) {
    return *std::ranges::find(graph.operations, name, &Operation::name);
}
const Tensor& tensor(const Graph& graph, std::string_view name) {
    return *std::ranges::find(graph.tensors, name, &Tensor::name);
}

// Of a layer with d values a token: projections of so many attentions, and the network.
std::uint64_t products(std::uint64_t tokens, std::uint64_t d, std::uint64_t ffn, std::uint64_t attentions) {
    return tokens * (attentions * 4 * d * d + 2 * d * ffn);
}

TEST(EncoderDecoder, HasThePublishedParametersInEveryPhase) {
    for (const auto& phase :
         {PhaseConfig{.sequence = 128}, PhaseConfig{.kind = PhaseKind::prefill, .sequence = 128},
          PhaseConfig{.kind = PhaseKind::decode, .context = 5, .tokens = 2}}) {
        EXPECT_EQ(expand(t5_base(), phase).parameters(), 222'903'552u);
        EXPECT_EQ(expand(whisper(4, 384, 6), phase).parameters(), 37'760'640u);
        EXPECT_EQ(expand(whisper(12, 768, 12), phase).parameters(), 241'734'912u);
    }
}

TEST(EncoderDecoder, EncodesWithTheEncoderAlone) {
    const std::uint64_t s = 100, d = 768;
    EXPECT_EQ(expand(t5_base(), {.batch = 2, .sequence = s}).macs(),
              2 * 12 * (products(s, d, 3072, 1) + 2 * s * s * d));
    const std::uint64_t w = 384;  // two frames a token, 80 values each; three of them a row
    EXPECT_EQ(expand(whisper(4, w, 6), {.batch = 2, .sequence = s}).macs(),
              2 * (4 * (products(s, w, 1536, 1) + 2 * s * s * w) + 2 * s * 240 * w + s * 3 * w * w));
}

TEST(EncoderDecoder, PrefillsBothAndHandsStatesToEveryLayerOfTheDecoder) {
    const std::uint64_t s = 100, p = 4, d = 384;
    const PhaseConfig phase{.kind = PhaseKind::prefill, .batch = 3, .sequence = s};
    const auto model = whisper(4, d, 6);
    const auto graph = expand(model, phase);
    const auto encoder = expand(model, {.batch = 3, .sequence = s}).macs();
    // Keys and values of the states, all else of the prompt; scores and context of both attentions; the head
    // on the last token.
    const auto decoder =
        4 * (2 * s * d * d + products(p, d, 1536, 2) - 2 * p * d * d + 2 * p * p * d + 2 * p * s * d);
    EXPECT_EQ(graph.macs(), encoder + 3 * (decoder + d * 51865));
    EXPECT_TRUE(find(graph, "decoder.layer0.attention.softmax").causal.has_value());
    EXPECT_FALSE(find(graph, "decoder.layer0.cross.softmax").causal.has_value());
    EXPECT_FALSE(find(graph, "layer0.attention.softmax").causal.has_value());
    for (const char* kept : {"decoder.layer3.cross.key", "decoder.layer3.attention.value"}) {
        EXPECT_EQ(tensor(graph, kept).role, TensorRole::output) << kept;
        EXPECT_EQ(tensor(graph, kept).use, FormatUse::kv_cache) << kept;
    }
    EXPECT_EQ(tensor(graph, "layer3.attention.key").role, TensorRole::activation)
        << "no later token wants it";
}

TEST(EncoderDecoder, DecodesOverCachesOfTheStatesAndOfItsOwnTokens) {
    const std::uint64_t d = 768;
    std::uint64_t sum = 0;
    for (std::uint64_t context = 5; context < 8; ++context) {
        const auto macs =
            expand(t5_base(), {.kind = PhaseKind::decode, .batch = 2, .context = context}).macs();
        EXPECT_EQ(macs, 2 * (12 * (products(1, d, 3072, 2) - 2 * d * d + 2 * context * d + 2 * 512 * d) +
                             d * 32128));
        sum += macs;
    }
    const auto graph = expand(t5_base(), {.kind = PhaseKind::decode, .batch = 2, .context = 5, .tokens = 3});
    EXPECT_EQ(graph.macs(), sum);
    EXPECT_EQ(tensor(graph, "decoder.layer0.cross.key_cache").rows, 2u * 512);
    EXPECT_EQ(tensor(graph, "decoder.layer0.attention.key_cache").rows, 2u * 7);
    EXPECT_EQ(tensor(graph, "token1.decoder.relative_bias").batch, 24u) << "one for each head of each sample";
    EXPECT_EQ(tensor(graph, "token1.decoder.relative_bias").cols, 6u);
}

TEST(EncoderDecoder, LaysThreeRowsOfTheFirstConvolutionSideBySideForTheSecond) {
    const auto graph = expand(whisper(4, 384, 6), {.batch = 2, .sequence = 10});
    const Operation& windows = find(graph, "embeddings.windows");
    EXPECT_EQ(graph.tensors[windows.inputs[0]].name, "embeddings.conv1.activation");
    EXPECT_EQ(windows.batch, 2u);
    EXPECT_EQ(tensor(graph, "embeddings.windows").rows, 20u);
    EXPECT_EQ(tensor(graph, "embeddings.windows").cols, 3u * 384);
    EXPECT_EQ(tensor(graph, "frames").rows, 40u);
    EXPECT_EQ(tensor(graph, "frames").cols, 240u);
}

TEST(EncoderDecoder, NamesTheTableBehindABiasByDistanceAndTheFirstQuery) {
    const auto prefill = expand(t5_base(), {.kind = PhaseKind::prefill, .sequence = 10});
    const Operation& both = find(prefill, "layer3.attention.mask");
    EXPECT_EQ(prefill.tensors[both.table].name, "relative_bias.weight");
    EXPECT_EQ(prefill.tensors[both.table].rows, 12u) << "a row a head";
    EXPECT_FALSE(both.causal.has_value());
    const auto decode = expand(t5_base(), {.kind = PhaseKind::decode, .context = 5, .tokens = 2});
    const Operation& one = find(decode, "token1.decoder.layer3.attention.mask");
    EXPECT_EQ(decode.tensors[one.table].name, "decoder.relative_bias.weight");
    EXPECT_TRUE(one.causal.has_value());
    EXPECT_EQ(one.first, 5u);
    EXPECT_EQ(find(prefill, "decoder.layer3.cross.mask").table, no_tensor);
}

TEST(EncoderDecoder, TrainsBothOverSequencesOfTheirOwn) {
    const auto d = whisper(4, 384, 6);
    const auto labels = [&](PhaseConfig phase) { return tensor(expand(d, phase), "labels").rows; };
    EXPECT_EQ(labels({.kind = PhaseKind::train, .batch = 2, .sequence = 20, .decoder_sequence = 7}), 14u);
    EXPECT_EQ(labels({.kind = PhaseKind::train, .batch = 2, .sequence = 20}), 40u);
    EXPECT_EQ(labels({.kind = PhaseKind::train, .sequence = 500}), 448u)
        << "its decoder has no more positions";
    const auto fault = [](const TransformerDescription& model, const PhaseConfig& phase) {
        const auto found = faults(model, phase);
        return found.empty() ? std::string() : found.front().key + ": " + found.front().message;
    };
    EXPECT_EQ(fault(d, {.kind = PhaseKind::train, .sequence = 9, .decoder_sequence = 449}),
              "phase.decoder_sequence: of 449 is longer than the 448 positions of the decoder");
    EXPECT_EQ(fault(bert_base(), {.kind = PhaseKind::train, .sequence = 9, .decoder_sequence = 9}),
              "phase.decoder_sequence: needs a decoder behind the encoder");
    EXPECT_EQ(fault(t5_base(), {.kind = PhaseKind::train, .sequence = 9, .decoder_sequence = 5000}), "");
}

TEST(EncoderDecoder, ScalesWhatATiedHeadReads) {
    const auto graph = expand(t5_base(), {.kind = PhaseKind::prefill, .sequence = 10});
    EXPECT_DOUBLE_EQ(find(graph, "head.scale").factor, 1 / std::sqrt(768.0));
    EXPECT_EQ(find(graph, "decoder.layer0.cross.mask").heads, 12u) << "padding of the encoder's tokens";
}

TEST(EncoderDecoder, RefusesWhatADecoderBehindAnEncoderCannotHave) {
    const auto key = [](auto&& change) {
        auto d = t5_base();
        change(d);
        const auto found = faults(d);
        return found.empty() ? "" : found.front().key;
    };
    EXPECT_EQ(key([](auto&) {}), "");
    EXPECT_EQ(key([](auto& d) { d.causal = true; }), "causal");
    EXPECT_EQ(key([](auto& d) { d.ffn_count = 2; }), "ffn_count");
    EXPECT_EQ(key([](auto& d) { d.frames = 80; }), "positions");
    EXPECT_EQ(key([](auto& d) { d.positions = 5; }), "relative_buckets");
    EXPECT_EQ(key([](auto& d) { d.decoder_layers = 0; }), "relative_buckets");
    EXPECT_EQ(key([](auto& d) { d.decoder_positions = 3, d.decoder_prompt = 4; }), "decoder.prompt");
    const auto late = faults(whisper(4, 384, 6), {.kind = PhaseKind::decode, .context = 449});
    ASSERT_EQ(late.size(), 1u);
    EXPECT_EQ(late.front().message, "a sequence of 449 is longer than the 448 positions");
    EXPECT_TRUE(faults(whisper(4, 384, 6), {.kind = PhaseKind::decode, .context = 448}).empty());
    EXPECT_FALSE(faults(whisper(4, 384, 6), {.sequence = 1501}).empty());
}

}  // namespace
}  // namespace octet
