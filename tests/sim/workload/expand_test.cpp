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
    testing::Values(
        Expected{"base", bert_base(), 109'482'240, 11'173'625'856, 35'332'816'896},
        Expected{"large", bert_large(), 335'141'888, 39'460'012'032, 123'211'874'304},
        Expected{"distil", distilbert(), 66'362'880, 5'586'812'928, 17'666'408'448},
        Expected{"roberta_base", roberta(12, 768, 12), 124'645'632, 11'173'625'856, 35'332'816'896},
        Expected{"roberta_large", roberta(24, 1024, 16), 355'359'744, 39'460'012'032, 123'211'874'304},
        Expected{"mobile", mobilebert(24, 4), 24'581'888, 2'692'743'168, 8'682'209'280},
        Expected{"mobile_tiny", mobilebert(21, 2), 16'512'512, 1'654'652'928, 5'492'441'088}),
    [](const auto& model) { return std::string(model.param.name); });

struct ExpectedDecoder {
    const char* name;
    TransformerDescription description;
    std::uint64_t parameters;
    double giga_macs;  // at sequence 1024, head included; 0: not published
    double published_to;
};
TransformerDescription tied(TransformerDescription d) {
    d.tied = true;
    return d;
}
class PublishedDecoder : public testing::TestWithParam<ExpectedDecoder> {};

TEST_P(PublishedDecoder, HasItsParametersAndMacs) {
    const auto& [name, description, parameters, giga_macs, published_to] = GetParam();
    const auto graph = expand(description, {.sequence = 1024});
    EXPECT_EQ(graph.parameters(), parameters);
    if (giga_macs > 0) {
        EXPECT_NEAR(static_cast<double>(graph.macs()) * 1e-9, giga_macs, published_to);
    }
}
INSTANTIATE_TEST_SUITE_P(
    Of, PublishedDecoder,
    testing::Values(
        ExpectedDecoder{"gpt2", gpt2(12, 768, 12), 124'439'808, 0, 0},
        ExpectedDecoder{"gpt2_medium", gpt2(24, 1024, 16), 354'823'168, 0, 0},
        ExpectedDecoder{"gpt2_large", gpt2(36, 1280, 20), 774'030'080, 887.3, 0.05},
        ExpectedDecoder{"gpt2_xl", gpt2(48, 1600, 25), 1'557'611'200, 1753.4, 0.05},
        ExpectedDecoder{"llama_2_7b", llama_2_7b(), 6'738'415'616, 7040.5, 0.05},
        ExpectedDecoder{"llama_2_13b", llama(40, 5120, 40, 40, 13824, 32000), 13'015'864'320, 13589.5, 0.05},
        ExpectedDecoder{"llama_3_2_1b", tied(llama(16, 2048, 32, 8, 8192, 128256)), 1'235'814'400, 0, 0},
        ExpectedDecoder{"llama_3_2_3b", tied(llama(28, 3072, 24, 8, 8192, 128256)), 3'212'749'824, 0, 0},
        ExpectedDecoder{"mistral_7b", llama(32, 4096, 32, 8, 14336, 32000), 7'241'732'096, 0, 0}),
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

std::vector<std::string> names_of(const Graph& graph) {
    std::vector<std::string> names;
    for (const auto& operation : graph.operations) names.push_back(operation.name);
    return names;
}

TEST(Expansion, HasTheOperationsOfALlamaLayerInOrder) {
    const auto graph = expand(llama(1, 64, 4, 2, 96, 100), {.batch = 2, .sequence = 5});
    EXPECT_EQ(names_of(graph), (std::vector<std::string>{"embeddings",
                                                         "layer0.attention.norm",
                                                         "layer0.attention.query",
                                                         "layer0.attention.key",
                                                         "layer0.attention.value",
                                                         "layer0.attention.query.rope",
                                                         "layer0.attention.key.rope",
                                                         "layer0.attention.scores",
                                                         "layer0.attention.scale",
                                                         "layer0.attention.softmax",
                                                         "layer0.attention.context",
                                                         "layer0.attention.output",
                                                         "layer0.attention.residual",
                                                         "layer0.ffn.norm",
                                                         "layer0.ffn.gate",
                                                         "layer0.ffn.activation",
                                                         "layer0.ffn.up",
                                                         "layer0.ffn.product",
                                                         "layer0.ffn.down",
                                                         "layer0.ffn.residual",
                                                         "norm",
                                                         "head"}));
    const auto& rope = find(graph, "layer0.attention.key.rope");
    EXPECT_EQ(rope.batch, 4u);
    EXPECT_EQ(rope.m, 5u);
    EXPECT_EQ(rope.n, 16u);
    EXPECT_EQ(rope.a_blocks, 2u);
    EXPECT_EQ(find(graph, "layer0.attention.softmax").causal, CausalMask{});
    EXPECT_EQ(graph.tensors[find(graph, "head").output].role, TensorRole::logits);
    EXPECT_EQ(graph.tensors[find(graph, "head").output].rows, 10u) << "every token";
}

TEST(Expansion, OfAPrefillKeepsKeysAndValuesAndNamesTheLastTokenAlone) {
    const auto description = llama(1, 64, 4, 2, 96, 100);
    const auto whole = expand(description, {.batch = 2, .sequence = 5});
    const auto graph = expand(description, {.kind = PhaseKind::prefill, .batch = 2, .sequence = 5});
    for (const char* name : {"layer0.attention.key.rope", "layer0.attention.value"}) {
        EXPECT_EQ(graph.tensors[find(graph, name).output].role, TensorRole::output) << name;
        EXPECT_EQ(whole.tensors[find(whole, name).output].role, TensorRole::activation) << name;
        EXPECT_EQ(graph.tensors[find(graph, name).output].use, FormatUse::kv_cache) << name;
        EXPECT_EQ(whole.tensors[find(whole, name).output].use, FormatUse::forward) << name;
    }
    const auto& last = find(graph, "head.last_token");
    EXPECT_EQ(last.first, 4u);
    EXPECT_EQ(last.batch, 2u);
    EXPECT_EQ(find(graph, "head").m, 2u);
    EXPECT_EQ(whole.macs() - graph.macs(), 8u * 64 * 100) << "the head of four tokens of two samples";
}

TEST(Expansion, OfADecodedTokenHasThePublishedMacs) {
    const auto graph = expand(llama_2_7b(), {.kind = PhaseKind::decode, .context = 2048, .tokens = 1});
    EXPECT_EQ(graph.macs(), 7'143'948'288u);
    EXPECT_EQ(graph.parameters(), 6'738'415'616u);
    EXPECT_EQ(find(graph, "layer31.attention.scores").n, 2048u);
    EXPECT_EQ(find(graph, "layer0.attention.query.rope").first, 2047u);
}

TEST(Expansion, OfDecodedTokensIsTheSumOverGrowingCaches) {
    for (const std::uint64_t window : {0, 6}) {
        auto description = gpt2(2, 48, 3);
        description.window = window;
        std::uint64_t sum = 0;
        for (std::uint64_t context = 5; context < 9; ++context)
            sum += expand(description, {.kind = PhaseKind::decode, .batch = 2, .context = context}).macs();
        const auto graph =
            expand(description, {.kind = PhaseKind::decode, .batch = 2, .context = 5, .tokens = 4});
        EXPECT_EQ(graph.macs(), sum);
        EXPECT_EQ(graph.parameters(), expand(description, {.sequence = 3}).parameters());
        const std::uint64_t keys = window == 0 ? 8 : 6;
        EXPECT_EQ(find(graph, "token3.layer1.attention.scores").n, keys);
        EXPECT_EQ(find(graph, "token3.embeddings").first, 7u);
        const auto cache = std::find_if(graph.tensors.begin(), graph.tensors.end(), [](const auto& t) {
            return t.name == "layer1.attention.value_cache";
        });
        EXPECT_EQ(cache->rows, 2 * keys) << "of both samples";
    }
}

TEST(Expansion, BeginsAtTheFirstPositionOfTheTable) {
    EXPECT_EQ(find(expand(roberta(1, 24, 2), {.sequence = 512}), "embeddings").first, 2u);
    EXPECT_FALSE(faults(roberta(1, 24, 2), {.sequence = 513}).empty());
    auto past = gpt2(1, 24, 2);
    EXPECT_TRUE(faults(past, {.kind = PhaseKind::decode, .context = 1024, .tokens = 1}).empty());
    EXPECT_FALSE(faults(past, {.kind = PhaseKind::decode, .context = 1024, .tokens = 2}).empty());
}

TEST(Expansion, GivesALayerABiasOrNoneWhereItIsAnException) {
    auto description = bert(1, 24, 2);
    description.bias_except = {"key", "down"};
    const auto graph = expand(description, {.sequence = 3});
    EXPECT_TRUE(find(graph, "layer0.attention.query").has_bias);
    EXPECT_FALSE(find(graph, "layer0.attention.key").has_bias);
    EXPECT_FALSE(find(graph, "layer0.ffn.down").has_bias);
    auto plain = description;
    plain.bias = false;
    plain.bias_except = {"key"};
    const auto one = expand(plain, {.sequence = 3});
    EXPECT_FALSE(find(one, "layer0.attention.query").has_bias);
    EXPECT_TRUE(find(one, "layer0.attention.key").has_bias);
    plain.bias_except = {"keys"};
    EXPECT_EQ(faults(plain).at(0).message, "no dense layer is called 'keys'");
}

TEST(Expansion, PutsAClassTokenBeforeThePatches) {
    auto description = bert_base();
    description.vocabulary = description.token_types = 0;
    description.positions = 197;
    description.patches = 768;
    description.norm_place = NormPlace::pre;
    description.pooler = description.embedding_norm = description.padding_mask = false;
    const auto graph = expand(description, {.batch = 2, .sequence = 197});
    EXPECT_EQ(graph.parameters(), 85'798'656u);
    EXPECT_EQ(find(graph, "embeddings.projection").m, 2u * 196);
    EXPECT_EQ(graph.tensors[find(graph, "embeddings.prepend").output].rows, 2u * 197);
}

TEST(Expansion, TransformsTokensBeforeAMaskedHead) {
    auto description = bert(6, 192, 6);
    description.vocabulary = 128;
    description.positions = 256;
    description.token_types = 1;
    description.pooler = false;
    description.head = Head::mlm;
    description.tied = true;
    const auto graph = expand(description, {.sequence = 256});
    EXPECT_EQ(graph.parameters(), 2'781'056u) << "kjv-bert";
    const auto& head = find(graph, "head");
    EXPECT_TRUE(head.transpose_b);
    EXPECT_TRUE(head.has_bias);
    EXPECT_EQ(graph.tensors[head.inputs[1]].name, "embeddings.word");
    EXPECT_EQ(expand(llama(6, 192, 6, 2, 512, 128), {.sequence = 256}).parameters(), 2'410'944u)
        << "kjv-llama";
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
    EXPECT_EQ(first.tensors[classifier.output].role, TensorRole::logits);
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

TEST(Expansion, RefusesAHeadOverTheFirstTokenInAPhaseThatDoesNotHoldIt) {
    auto description = bert_base();
    description.causal = true;
    description.head = Head::pooler;
    EXPECT_NO_THROW(expand(description, {.kind = PhaseKind::prefill, .sequence = 5}));
    const auto found = faults(description, {.kind = PhaseKind::decode, .context = 5});
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found.front().key, "head");
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
    const bool decode = phase.kind == PhaseKind::decode, tied = d.tied;
    const auto tokens = phase.batch * (decode ? phase.tokens : phase.sequence);
    const auto kv = d.key_value_heads() * d.head_size(), query = d.heads * d.head_size();
    const auto ffns = d.gated ? 3 : 2;
    std::uint64_t seen = phase.batch * phase.sequence * phase.sequence;  // queries times keys of a head
    if (decode) {
        seen = 0;
        for (std::uint64_t t = 0; t < phase.tokens; ++t)
            seen += phase.batch * (d.window == 0 ? phase.context + t : std::min(d.window, phase.context + t));
    }
    const auto norm = d.norm == OperationKind::rmsnorm ? d.hidden : 2 * d.hidden;
    const auto weights = 2 * d.hidden * query + 2 * d.hidden * kv + ffns * d.hidden * d.ffn;
    const auto biases = d.bias ? query + 2 * d.hidden + 2 * kv + (ffns - 1) * d.ffn : 0;
    const auto vocabulary = d.hidden * d.vocabulary, transform = d.hidden * d.hidden;
    const bool lm = d.head == Head::lm || d.head == Head::mlm, mlm = d.head == Head::mlm;
    ClosedForm form{};
    form.parameters = (d.vocabulary + d.positions + d.token_types) * d.hidden +
                      (d.embedding_norm + (d.norm_place == NormPlace::pre)) * norm +
                      d.layers * (weights + biases + 2 * norm) + d.pooler * (d.hidden * d.hidden + d.hidden) +
                      (lm && !tied) * vocabulary + mlm * (transform + d.hidden + norm + d.vocabulary);
    form.macs =
        d.layers * (tokens * weights + 2 * seen * query) +
        (d.head == Head::pooler) * phase.batch * d.hidden * d.hidden +
        (phase.kind == PhaseKind::prefill ? phase.batch : tokens) * (lm * vocabulary + mlm * transform);
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
        d.activation =
            OperationKind{static_cast<std::uint8_t>(pick(static_cast<std::uint64_t>(OperationKind::gelu),
                                                         static_cast<std::uint64_t>(OperationKind::hgelu)))};
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
        PhaseConfig phase{.batch = pick(1, 4), .sequence = pick(1, 20)};
        d.gated = pick(0, 1) == 0;
        d.head_values = pick(0, 1) * pick(1, 12);
        d.rotary = d.head_size() % 2 == 0 && pick(0, 1) == 0;
        d.causal = pick(0, 1) == 0;
        d.window = d.causal ? pick(0, 1) * pick(1, 25) : 0;
        d.padding_mask = pick(0, 1) == 0;
        if (d.head == Head::none && pick(0, 1) == 0) {
            d.head = pick(0, 1) == 0 ? Head::lm : Head::mlm;
            d.tied = pick(0, 1) == 0;
        }
        if (d.causal && pick(0, 2) == 0) phase.kind = PhaseKind::prefill;
        if (d.causal && d.head != Head::pooler && pick(0, 2) == 0) {
            phase.kind = PhaseKind::decode;
            phase.context = pick(1, 15);
            phase.tokens = pick(1, 5);
        }
        const auto graph = expand(d, phase);
        const auto form = closed_form(d, phase);
        ASSERT_EQ(graph.parameters(), form.parameters) << "description " << i;
        ASSERT_EQ(graph.macs(), form.macs)
            << "description " << i << ", phase " << static_cast<int>(phase.kind) << ", head "
            << static_cast<int>(d.head) << ", window " << d.window << ", batch " << phase.batch
            << ", context " << phase.context << ", tokens " << phase.tokens << ", sequence "
            << phase.sequence;
    }
}

}  // namespace
}  // namespace octet
