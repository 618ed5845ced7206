#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "sim/workload/description.h"
#include "tests/sim/workload/models.h"

namespace octet {
namespace {

struct Expected {
    const char* name;
    TransformerDescription description;
    std::uint64_t parameters, macs_128, macs_384;
};

// Parameters and MACs of the published models, MACs of the layers alone.
class PublishedModel : public testing::TestWithParam<Expected> {};

TEST_P(PublishedModel, HasItsParametersAndMacs) {
    const auto& [name, description, parameters, macs_128, macs_384] = GetParam();
    const auto short_graph = expand(description, {.sequence = 128});
    const auto long_graph = expand(description, {.sequence = 384});
    EXPECT_EQ(short_graph.parameters(), parameters);
    EXPECT_EQ(long_graph.parameters(), parameters);
    EXPECT_EQ(short_graph.macs(), macs_128);
    EXPECT_EQ(long_graph.macs(), macs_384);
}

INSTANTIATE_TEST_SUITE_P(
    Bert, PublishedModel,
    testing::Values(Expected{"base", bert_base(), 109'482'240, 11'173'625'856, 35'332'816'896},
                    Expected{"large", bert_large(), 335'141'888, 39'460'012'032, 123'211'874'304},
                    Expected{"distil", distilbert(), 66'362'880, 5'586'812'928, 17'666'408'448},
                    Expected{"mobile", mobilebert(24, 4), 24'581'888, 2'692'743'168, 8'682'209'280},
                    Expected{"mobile_tiny", mobilebert(21, 2), 16'512'512, 1'654'652'928, 5'492'441'088}),
    [](const auto& model) { return std::string(model.param.name); });

const Operation& find(const Graph& graph, std::string_view name) {
    return *std::find_if(graph.operations.begin(), graph.operations.end(),
                         [&](const auto& o) { return o.name == name; });
}

TEST(Expansion, SplitsHeadsByBlocksOfOneMatrix) {
    const auto graph = expand(bert_base(), {.batch = 3, .sequence = 7});
    const auto& scores = find(graph, "layer0.attention.scores");
    EXPECT_EQ(scores.batch, 36u);
    EXPECT_EQ(scores.heads, 12u);
    EXPECT_EQ(scores.m, 7u);
    EXPECT_EQ(scores.n, 7u);
    EXPECT_EQ(scores.k, 64u);
    EXPECT_TRUE(scores.transpose_b);
    EXPECT_EQ(scores.a_blocks, 12u);
    EXPECT_EQ(scores.b_blocks, 12u);
    EXPECT_EQ(scores.out_blocks, 0u);
    const auto& context = find(graph, "layer11.attention.context");
    EXPECT_EQ(context.a_blocks, 0u);
    EXPECT_EQ(context.out_blocks, 12u);
    EXPECT_EQ(graph.tensors[context.output].rows, 21u);
    EXPECT_EQ(graph.tensors[context.output].cols, 768u);
    EXPECT_EQ(find(graph, "layer0.attention.scale").factor, 0.125);
}

TEST(Expansion, HasTheOperationsOfABertLayerInOrder) {
    auto description = bert_base();
    description.layers = 1;
    const auto graph = expand(description, {.sequence = 4});
    std::vector<std::string> names;
    for (const auto& operation : graph.operations) names.push_back(operation.name);
    EXPECT_EQ(names, (std::vector<std::string>{
                         "embeddings", "embeddings.norm", "layer0.attention.query", "layer0.attention.key",
                         "layer0.attention.value", "layer0.attention.scores", "layer0.attention.scale",
                         "layer0.attention.mask", "layer0.attention.softmax", "layer0.attention.context",
                         "layer0.attention.output", "layer0.attention.residual", "layer0.attention.norm",
                         "layer0.ffn.up", "layer0.ffn.activation", "layer0.ffn.down", "layer0.ffn.residual",
                         "layer0.ffn.norm"}));
    EXPECT_EQ(graph.tensors[graph.operations.back().output].role, TensorRole::output);
}

TEST(Expansion, HasTheOperationsOfAMobileBertLayerInOrder) {
    const auto graph = expand(mobilebert(1, 2), {.sequence = 4});
    std::vector<std::string> names;
    for (const auto& operation : graph.operations) names.push_back(operation.name);
    EXPECT_EQ(names, (std::vector<std::string>{"embeddings",
                                               "embeddings.projection",
                                               "embeddings.sum",
                                               "embeddings.norm",
                                               "layer0.bottleneck.input",
                                               "layer0.bottleneck.input.norm",
                                               "layer0.bottleneck.attention",
                                               "layer0.bottleneck.attention.norm",
                                               "layer0.attention.query",
                                               "layer0.attention.key",
                                               "layer0.attention.value",
                                               "layer0.attention.scores",
                                               "layer0.attention.scale",
                                               "layer0.attention.mask",
                                               "layer0.attention.softmax",
                                               "layer0.attention.context",
                                               "layer0.attention.output",
                                               "layer0.attention.residual",
                                               "layer0.attention.norm",
                                               "layer0.ffn0.up",
                                               "layer0.ffn0.activation",
                                               "layer0.ffn0.down",
                                               "layer0.ffn0.residual",
                                               "layer0.ffn0.norm",
                                               "layer0.ffn1.up",
                                               "layer0.ffn1.activation",
                                               "layer0.ffn1.down",
                                               "layer0.ffn1.residual",
                                               "layer0.ffn1.norm",
                                               "layer0.bottleneck.output",
                                               "layer0.bottleneck.residual",
                                               "layer0.bottleneck.norm"}));
    // Query and key share a bottleneck, the value projects from the hidden state, and so does the sum at the
    // end.
    const auto input_of = [&](const char* name, std::size_t i) {
        return graph.tensors[find(graph, name).inputs[i]].name;
    };
    EXPECT_EQ(input_of("layer0.attention.query", 0), "layer0.bottleneck.attention.norm");
    EXPECT_EQ(input_of("layer0.attention.key", 0), "layer0.bottleneck.attention.norm");
    EXPECT_EQ(input_of("layer0.attention.value", 0), "embeddings.norm");
    EXPECT_EQ(input_of("layer0.attention.residual", 1), "layer0.bottleneck.input.norm");
    EXPECT_EQ(input_of("layer0.bottleneck.residual", 1), "embeddings.norm");
    EXPECT_EQ(find(graph, "layer0.attention.scale").factor, 1 / std::sqrt(32.0));
}

TEST(Expansion, TakesQueryKeyAndValueFromTheBottleneckOrTheHiddenState) {
    auto description = mobilebert(1, 1);
    for (const auto& [attention, source] :
         {std::pair{BottleneckAttention::input, "layer0.bottleneck.input.norm"},
          std::pair{BottleneckAttention::hidden, "embeddings.norm"}}) {
        description.bottleneck_attention = attention;
        const auto graph = expand(description, {.sequence = 4});
        for (const char* name : {"query", "key", "value"})
            EXPECT_EQ(graph.tensors[find(graph, std::string("layer0.attention.") + name).inputs[0]].name,
                      source);
    }
}

TEST(Expansion, PutsAClassifierBehindThePoolerOrTheFirstToken) {
    auto description = bert_base();
    description.head = Head::classifier;
    description.labels = 3;
    const auto pooled = expand(description, {.batch = 2, .sequence = 5});
    EXPECT_EQ(pooled.parameters(), expand(bert_base(), {.sequence = 5}).parameters() + 3 * 769);
    EXPECT_EQ(pooled.tensors[find(pooled, "classifier").inputs[0]].name, "pooler.tanh");
    description.pooler = false;
    const auto first = expand(description, {.batch = 2, .sequence = 5});
    const auto& classifier = find(first, "classifier");
    EXPECT_EQ(first.tensors[classifier.inputs[0]].name, "classifier.first_token");
    EXPECT_EQ(classifier.macs(), 2u * 768 * 3);
    EXPECT_EQ(first.tensors[classifier.output].role, TensorRole::output);
}

TEST(Expansion, RefusesABottleneckWhoseNormsComeFirstAndHeadsThatDoNotDivideIt) {
    auto description = mobilebert(1, 1);
    description.norm_place = NormPlace::pre;
    description.heads = 7;
    std::vector<std::string> keys;
    for (const auto& fault : faults(description)) keys.push_back(fault.key);
    EXPECT_EQ(keys, (std::vector<std::string>{"heads", "norm.place"}));
}

TEST(Expansion, RunsThePoolerOnTheFirstTokenOfEachSampleWhenTheHeadAsksForIt) {
    auto description = bert_base();
    const auto without = expand(description, {.batch = 3, .sequence = 5});
    description.head = Head::pooler;
    const auto with = expand(description, {.batch = 3, .sequence = 5});
    EXPECT_EQ(with.parameters(), without.parameters());
    EXPECT_EQ(with.macs() - without.macs(), 3u * 768 * 768);
    EXPECT_EQ(find(with, "pooler").m, 3u);
    EXPECT_EQ(find(with, "pooler.first_token").elements(), 3u * 768);
    EXPECT_EQ(with.tensors[with.operations.back().output].role, TensorRole::output);
}

TEST(Expansion, RefusesASequenceLongerThanThePositions) {
    EXPECT_NO_THROW(expand(bert_base(), {.sequence = 512}));
    EXPECT_THROW(expand(bert_base(), {.sequence = 513}), std::invalid_argument);
    const auto found = faults(bert_base(), {.sequence = 513});
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found.front().key, "positions");
    auto rotary = bert_base();
    rotary.positions = 0;
    rotary.token_types = 0;
    EXPECT_NO_THROW(expand(rotary, {.sequence = 513}));
}

TEST(Expansion, NamesEveryKeyThatContradictsAnother) {
    auto description = bert_base();
    description.heads = 7;
    description.head = Head::pooler;
    description.pooler = false;
    description.layers = 0;
    std::vector<std::string> keys;
    for (const auto& fault : faults(description)) keys.push_back(fault.key);
    EXPECT_EQ(keys, (std::vector<std::string>{"layers", "heads", "head"}));
}

// Counts that do not come from the graph: closed forms of the description.
struct ClosedForm {
    std::uint64_t parameters, macs;
};
ClosedForm closed_form(const TransformerDescription& d, const PhaseConfig& phase) {
    const auto tokens = phase.batch * phase.sequence, kv = d.key_value_heads() * d.head_size();
    const auto norm = d.norm == OperationKind::rmsnorm ? d.hidden : 2 * d.hidden;
    const auto weights = 2 * d.hidden * d.hidden + 2 * d.hidden * kv + 2 * d.hidden * d.ffn;
    const auto biases = d.bias ? 3 * d.hidden + 2 * kv + d.ffn : 0;
    ClosedForm form{};
    form.parameters = (d.vocabulary + d.positions + d.token_types) * d.hidden +
                      (d.embedding_norm + (d.norm_place == NormPlace::pre)) * norm +
                      d.layers * (weights + biases + 2 * norm) + d.pooler * (d.hidden * d.hidden + d.hidden);
    form.macs = d.layers * (tokens * weights + 2 * tokens * phase.sequence * d.hidden) +
                (d.head == Head::pooler) * phase.batch * d.hidden * d.hidden;
    return form;
}

TEST(Expansion, AgreesWithClosedFormsForRandomDescriptions) {
    const unsigned seed = std::random_device{}();
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937 random(seed);
    const auto pick = [&](std::uint64_t low, std::uint64_t high) {
        return std::uniform_int_distribution<std::uint64_t>(low, high)(random);
    };
    for (int i = 0; i < 300; ++i) {
        TransformerDescription d;
        d.name = "random";
        d.layers = pick(1, 4);
        d.kv_heads = pick(1, 3);
        d.heads = d.kv_heads * pick(1, 3);
        d.hidden = d.heads * pick(1, 9);
        d.ffn = pick(1, 50);
        d.activation = OperationKind{
            static_cast<std::uint8_t>(pick(static_cast<std::uint64_t>(OperationKind::gelu),
                                           static_cast<std::uint64_t>(OperationKind::sigmoid)))};
        d.norm =
            OperationKind{static_cast<std::uint8_t>(pick(static_cast<std::uint64_t>(OperationKind::layernorm),
                                                         static_cast<std::uint64_t>(OperationKind::nonorm)))};
        d.norm_place = pick(0, 1) == 0 ? NormPlace::post : NormPlace::pre;
        d.vocabulary = pick(1, 99);
        d.positions = pick(0, 1) * 20;
        d.token_types = d.positions == 0 ? 0 : pick(0, 2);
        d.embedding_norm = pick(0, 1) == 0;
        d.bias = pick(0, 1) == 0;
        d.pooler = pick(0, 1) == 0;
        d.head = d.pooler && pick(0, 1) == 0 ? Head::pooler : Head::none;
        const PhaseConfig phase{.batch = pick(1, 4), .sequence = pick(1, 20)};
        const auto graph = expand(d, phase);
        const auto form = closed_form(d, phase);
        ASSERT_EQ(graph.parameters(), form.parameters) << "description " << i;
        ASSERT_EQ(graph.macs(), form.macs) << "description " << i;
    }
}

}  // namespace
}  // namespace octet
