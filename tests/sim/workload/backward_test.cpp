// What a step of training adds to a forward pass.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "sim/config/yaml.h"
#include "sim/workload/description.h"
#include "sim/workload/trace.h"
#include "tests/sim/workload/models.h"

namespace octet {
namespace {

TransformerDescription encoder() {
    TransformerDescription d;
    d.name = "encoder";
    d.layers = 3;
    d.hidden = 32;
    d.heads = 4;
    d.ffn = 48;
    d.vocabulary = 40;
    d.positions = 16;
    d.token_types = 2;
    return d;
}

TransformerDescription decoder() {
    TransformerDescription d = encoder();
    d.kv_heads = 2;
    d.token_types = 0;
    d.norm = OperationKind::rmsnorm;
    d.norm_place = NormPlace::pre;
    d.activation = OperationKind::silu;
    d.gated = d.causal = d.rotary = true;
    d.bias = d.padding_mask = d.embedding_norm = false;
    d.head = Head::lm;
    return d;
}

PhaseConfig step(PhaseKind kind, std::uint64_t batch = 2, std::uint64_t sequence = 16) {
    PhaseConfig phase;
    phase.kind = kind;
    phase.batch = batch;
    phase.sequence = sequence;
    phase.rank = 4;
    return phase;
}

bool ends_with(const std::string& name, const char* what) {
    const std::string end(what);
    return name.size() >= end.size() && name.compare(name.size() - end.size(), end.size(), end) == 0;
}

struct Macs {
    std::uint64_t forward = 0, backward = 0, sums = 0;  // sums: of columns, products with ones
};
Macs macs_of(const Graph& graph, std::size_t forward_operations) {
    Macs macs;
    for (std::size_t i = 0; i < graph.operations.size(); ++i) {
        const Operation& o = graph.operations[i];
        if (o.kind != OperationKind::matmul) continue;
        const bool ones = graph.tensors[o.inputs[0]].fill == TensorFill::ones;
        (i < forward_operations ? macs.forward : ones ? macs.sums : macs.backward) += o.macs();
    }
    return macs;
}
std::size_t first_gradient(const Graph& graph) {
    for (std::size_t i = 0; i < graph.operations.size(); ++i)
        for (const TensorId input : graph.operations[i].inputs)
            if (graph.tensors[input].name == "output_gradient" || graph.tensors[input].name == "labels")
                return i;
    return graph.operations.size();
}

TEST(Training, TakesTwiceTheMacsOfTheForwardPassBackwards) {
    for (const TransformerDescription& d : {encoder(), decoder()}) {
        PhaseConfig encode = step(PhaseKind::encode);
        const Graph graph = expand(d, step(PhaseKind::train));
        const Macs macs = macs_of(graph, first_gradient(graph));
        EXPECT_EQ(macs.forward, expand(d, encode).macs()) << d.name;
        EXPECT_EQ(macs.backward, 2 * macs.forward) << d.name;
    }
}

// So many tokens of the encoder, and of the decoder.
std::uint64_t products_of_both(const TransformerDescription& d, std::uint64_t s, std::uint64_t t) {
    const std::uint64_t h = d.hidden, layer = 4 * h * h + 2 * h * d.ffn;
    return d.layers * (s * layer + 2 * s * s * h) +
           d.decoder_layers * (t * (layer + 2 * h * h) + 2 * t * t * h + 2 * s * h * h + 2 * s * t * h) +
           t * h * d.vocabulary;
}

TEST(Training, TakesTwiceTheMacsBackwardsThroughADecoderIntoItsEncoderToo) {
    PhaseConfig phase = step(PhaseKind::train);
    phase.decoder_sequence = 5;
    const TransformerDescription distances = t5(3, 32, 4, 48, 40);
    Graph graph = expand(distances, phase);
    Macs macs = macs_of(graph, first_gradient(graph));
    EXPECT_EQ(macs.forward, 2 * products_of_both(distances, 16, 5));
    EXPECT_EQ(macs.backward, 2 * macs.forward);
    std::uint64_t gammas = 0;  // of the encoder and of the decoder
    for (const Tensor& t : graph.tensors)
        if (t.role == TensorRole::weight && t.rows == 1)
            gammas += t.cols * 2 * (t.name.starts_with("decoder") ? 5 : 16);
    EXPECT_EQ(macs.sums, gammas + 2 * 3 * 4 * 32 * (16 + 5)) << "32 buckets of every layer, head and query";

    const TransformerDescription sound = whisper(3, 32, 4);
    graph = expand(sound, phase);
    macs = macs_of(graph, first_gradient(graph));
    const std::uint64_t first = 2 * 32 * 240 * 32, second = 2 * 16 * 96 * 32;
    EXPECT_EQ(macs.forward, 2 * products_of_both(sound, 16, 5) + first + second);
    EXPECT_EQ(macs.backward, 2 * macs.forward - first) << "the frames are given";
}

TEST(Training, AddsWhatEveryLayerOfTheDecoderSendsBackToTheStates) {
    const Graph graph = expand(t5(3, 32, 4, 48, 40), step(PhaseKind::train));
    const auto reads = [&](const char* name) {
        std::size_t count = 0;
        for (const Operation& o : graph.operations) count += ends_with(o.name, name);
        return count;
    };
    EXPECT_EQ(reads(".cross.key.dgrad"), 3u);
    EXPECT_EQ(reads(".cross.key.dgrad.sum") + reads(".cross.value.dgrad.sum"), 5u)
        << "six, of which one is first";
    EXPECT_EQ(reads(".distance_sums"), 2u * 3);
    for (const Tensor& t : graph.tensors) {
        if (t.name.ends_with(".cross.key")) {
            EXPECT_EQ(t.role, TensorRole::activation) << "for no later token";
        }
    }
}

TEST(Training, LeavesThePlacesOfFramesAsTheyAre) {
    for (const Tensor& t : expand(whisper(2, 32, 4), step(PhaseKind::train)).tensors)
        if (t.role == TensorRole::weight) {
            EXPECT_EQ(t.precise, t.name != "embeddings.position") << t.name;
        }
}

TEST(Training, LeavesOutTheGradientOfWhatNobodyTrains) {
    TransformerDescription d =
        encoder();  // patches are given, so their projection has no activation gradient
    d.vocabulary = d.token_types = 0;
    d.patches = 20;
    const Graph graph = expand(d, step(PhaseKind::train));
    const Macs macs = macs_of(graph, first_gradient(graph));
    EXPECT_EQ(macs.backward, 2 * macs.forward - std::uint64_t{2 * 15} * 20 * 32);
}

TEST(Training, SumsColumnsForEveryBiasGammaAndBeta) {
    const Graph graph = expand(encoder(), step(PhaseKind::train));
    const Macs macs = macs_of(graph, first_gradient(graph));
    std::uint64_t rows = 0;
    for (const Tensor& t : graph.tensors)
        if (t.role == TensorRole::weight && t.rows == 1) rows += t.cols;
    EXPECT_EQ(macs.sums, 32 * (rows + 32)) << "and for the row of the token types that is taken";
}

TEST(Training, UpdatesEveryWeightOnce) {
    for (const TransformerDescription& d : {encoder(), decoder()}) {
        const Graph graph = expand(d, step(PhaseKind::train));
        std::multiset<std::string> updated;
        for (const Operation& o : graph.operations)
            if (o.kind == OperationKind::adam) updated.insert(graph.tensors[o.inputs[0]].name);
        std::multiset<std::string> weights;
        for (const Tensor& t : graph.tensors)
            if (t.role == TensorRole::weight) weights.insert(t.name);
        EXPECT_EQ(updated, weights);
        EXPECT_EQ(graph.parameters(), expand(d, step(PhaseKind::encode)).parameters());
    }
}

TEST(Clipping, TakesEveryGradientTwiceAndUpdatesWithWhatIsScaled) {
    PhaseConfig phase = step(PhaseKind::train);
    phase.clip_norm = 1;
    const Graph graph = expand(encoder(), phase), free = expand(encoder(), step(PhaseKind::train));
    std::map<TensorId, std::set<OperationKind>> readers;
    std::size_t updates = 0, rescaled = 0;
    for (const Operation& o : graph.operations) {
        for (const TensorId input : o.inputs) readers[input].insert(o.kind);
        if (o.kind == OperationKind::moment) {
            ++updates;
            EXPECT_EQ(graph.tensors[o.inputs[1]].name,
                      graph.tensors[o.inputs[0]].name.substr(0, graph.tensors[o.inputs[0]].name.size() - 7) +
                          ".clipped");
        }
        if (o.kind == OperationKind::clip_factor) {
            EXPECT_EQ(o.factor, 1);
        }
    }
    for (const Operation& o : graph.operations) {
        if (o.kind != OperationKind::rescale) continue;
        ++rescaled;
        EXPECT_EQ(readers[o.inputs[0]], (std::set{OperationKind::row_squares, OperationKind::rescale}));
    }
    EXPECT_EQ(rescaled, updates);
    EXPECT_EQ(graph.macs(), free.macs());
}

TEST(WideWgrad, LeavesTheWideOperandsToWeightGradientsAndCopiesToAllOtherProducts) {
    PhaseConfig phase = step(PhaseKind::train);
    phase.wide_wgrad = true;
    const Graph graph = expand(encoder(), phase);
    std::size_t wide = 0;
    for (const Operation& o : graph.operations) {
        if (o.kind != OperationKind::matmul) continue;
        const bool gradient = ends_with(o.name, ".wgrad");
        for (std::size_t i = 0; i < 2; ++i) {
            const Tensor& t = graph.tensors[o.inputs[i]];
            const bool sums = graph.tensors[o.inputs[0]].fill == TensorFill::ones;
            if (sums) continue;
            EXPECT_EQ(t.use == FormatUse::wgrad_operands, gradient) << o.name << ' ' << t.name;
        }
        wide += gradient;
    }
    EXPECT_EQ(wide, 3U * 6) << "four and two dense layers each";
    EXPECT_EQ(graph.macs(), expand(encoder(), step(PhaseKind::train)).macs());
}

TEST(PagedStates, AreStatesAloneBeforeAndAfterTheStep) {
    PhaseConfig phase = step(PhaseKind::finetune_lora);
    phase.paged_states = true;
    for (const Tensor& t : expand(encoder(), phase).tensors)
        EXPECT_EQ(t.paged, t.use == FormatUse::moment || t.use == FormatUse::second_moment) << t.name;
}

TEST(Adapters, AloneAreTrained) {
    for (const bool merged : {false, true}) {
        PhaseConfig phase = step(PhaseKind::finetune_lora);
        phase.merged = merged;
        const Graph graph = expand(encoder(), phase);
        std::size_t updated = 0;
        for (const Operation& o : graph.operations) {
            if (o.kind == OperationKind::adam) ++updated;
            if (ends_with(o.name, ".wgrad")) {
                EXPECT_NE(o.name.find("lora_"), std::string::npos) << o.name;
            }
            EXPECT_FALSE(ends_with(o.name, ".bias_gradient") || ends_with(o.name, "gamma_gradient"))
                << o.name;
        }
        EXPECT_EQ(updated, 2u * 2 * 3) << "a and b of query and value in three layers";
        for (const Tensor& t : graph.tensors)
            if (t.role == TensorRole::weight) {
                EXPECT_EQ(t.precise, t.name.find("lora_") != std::string::npos) << t.name;
            }
    }
}

TEST(Adapters, NeedNoGradientBelowTheFirstOfThem) {
    const Graph graph = expand(encoder(), step(PhaseKind::finetune_lora));
    std::set<std::string> names;
    for (const Operation& o : graph.operations) names.insert(o.name);
    EXPECT_TRUE(names.count("layer1.attention.query.dgrad"));
    EXPECT_TRUE(names.count("layer1.attention.key.dgrad"));
    EXPECT_TRUE(names.count("layer0.ffn.up.dgrad"));
    for (const char* layer : {"query", "key", "value"})
        EXPECT_FALSE(names.count(std::string("layer0.attention.") + layer + ".dgrad")) << layer;
    EXPECT_FALSE(names.count("embeddings.norm.backward"));
    EXPECT_FALSE(names.count("layer0.attention.scores.dgrad_second")) << "keys have no adapter in layer 0";
}

TEST(Adapters, HaveTheMacsOfTwoNarrowProductsForwardsAndFourBackwards) {
    const std::uint64_t rows = 32, hidden = 32, rank = 4, layers = 3;
    PhaseConfig phase = step(PhaseKind::finetune_lora);
    phase.targets = {"output"};
    const std::uint64_t narrow = rows * hidden * rank;
    std::uint64_t forward = 0, backward = 0;
    for (const Operation& o : expand(encoder(), phase).operations) {
        if (o.kind != OperationKind::matmul || o.name.find(".lora_") == std::string::npos) continue;
        (ends_with(o.name, "grad") ? backward : forward) += o.macs();
    }
    EXPECT_EQ(forward, layers * 2 * narrow);
    EXPECT_EQ(backward, layers * 4 * narrow - narrow)
        << "nobody asks for the gradient of the first one's input";
    phase.merged = true;
    forward = backward = 0;
    for (const Operation& o : expand(encoder(), phase).operations) {
        if (o.kind != OperationKind::matmul || o.name.find(".lora_") == std::string::npos) continue;
        (ends_with(o.name, "product") ? forward : backward) += o.macs();
    }
    EXPECT_EQ(forward, layers * hidden * hidden * rank);
    EXPECT_EQ(backward, layers * 4 * narrow) << "x a once more, b, and the gradients of a and b";
}

TEST(Adapters, TakeTheLayersThatTargetsName) {
    const auto adapted = [](std::vector<std::string> targets, const TransformerDescription& d) {
        PhaseConfig phase = step(PhaseKind::finetune_lora);
        phase.targets = std::move(targets);
        std::set<std::string> names;
        for (const Tensor& t : expand(d, phase).tensors)
            if (t.name.rfind("layer0", 0) == 0 && ends_with(t.name, ".lora_a.weight"))
                names.insert(t.name.substr(7, t.name.size() - 7 - 14));
        return names;
    };
    using Names = std::set<std::string>;
    EXPECT_EQ(adapted({"key", "ffn_in"}, decoder()), (Names{"attention.key", "ffn.gate", "ffn.up"}));
    EXPECT_EQ(adapted({"ffn_out", "output"}, encoder()), (Names{"attention.output", "ffn.down"}));
    TransformerDescription narrow = encoder();
    narrow.bottleneck = 16;
    EXPECT_EQ(adapted({"all"}, narrow).size(), 9u) << "six, and three bottlenecks";
}

TEST(Adapters, LeaveAClassifierToBeTrainedAsAWhole) {
    TransformerDescription d = encoder();
    d.head = Head::classifier;
    d.pooler = true;
    std::set<std::string> trained;
    for (const Tensor& t : expand(d, step(PhaseKind::finetune_lora)).tensors)
        if (t.precise && t.role == TensorRole::weight && t.name.find("lora") == std::string::npos)
            trained.insert(t.name);
    EXPECT_EQ(trained, (std::set<std::string>{"classifier.bias", "classifier.weight", "pooler.bias",
                                              "pooler.weight"}));
}

TEST(Training, IsTheSameGraphWhenWrittenAsATraceAndReadAgain) {
    PhaseConfig merged = step(PhaseKind::finetune_lora);
    merged.merged = true;
    merged.optimizer = "momentum";
    merged.clip_norm = 0.25;
    merged.axpy_rounding = AxpyRounding::stochastic;
    merged.paged_states = true;
    merged.gradient_scaling.emplace();
    TransformerDescription trigram = encoder();
    trigram.trigram = true;
    trigram.head = Head::classifier;
    for (const auto& [d, phase] : {std::pair{encoder(), step(PhaseKind::train)},
                                   {decoder(), step(PhaseKind::train)},
                                   {decoder(), merged},
                                   {t5(2, 32, 4, 48, 40), step(PhaseKind::train)},
                                   {whisper(2, 32, 4), merged},
                                   {trigram, step(PhaseKind::train)}}) {
        const Graph graph = expand(d, phase);
        Diagnostics diagnostics;
        const Graph again = read_trace(parse_yaml(write_trace(graph), "t.yaml"), diagnostics);
        EXPECT_EQ(diagnostics.text(), "");
        EXPECT_EQ(again, graph);
    }
}

TEST(Training, RefusesAnOptimizerThatIsNotKnown) {
    PhaseConfig phase = step(PhaseKind::train);
    phase.optimizer = "lion";
    EXPECT_THROW(expand(encoder(), phase), std::invalid_argument);
}

// One gradient operation and what is wrong with it.
TEST(GradientOperation, IsRefusedWithAReason) {
    const auto fault = [](const Operation& o, std::vector<Tensor> tensors) {
        Graph graph;
        graph.name = "g";
        graph.tensors = std::move(tensors);
        graph.operations = {o};
        graph.operations[0].name = "op";
        graph.operations[0].output = static_cast<TensorId>(graph.tensors.size() - 1);
        const auto found = faults(graph);
        return found.empty() ? std::string() : found.front().message;
    };
    const Tensor x{"x", TensorRole::input, 1, 6, 4}, y{"y", TensorRole::output, 1, 6, 4};
    Operation slope{.name = {}, .kind = OperationKind::activation_backward, .inputs = {0, 0}};
    slope.m = 6, slope.n = 4;
    EXPECT_EQ(fault(slope, {x, y}), "is the gradient of no activation function");
    slope.function = OperationKind::gelu;
    EXPECT_EQ(fault(slope, {x, y}), "");
    Operation spread{.name = {}, .kind = OperationKind::spread, .inputs = {0}};
    spread.batch = 2, spread.m = 4, spread.n = 4, spread.first = 2;
    EXPECT_EQ(fault(spread, {x, {"y", TensorRole::output, 1, 8, 4}}),
              "input 'x' is 6 x 4, expected 2 parts of 2 or fewer rows of 4");
    spread.first = 1;
    EXPECT_EQ(fault(spread, {x, {"y", TensorRole::output, 1, 8, 4}}), "");
    Operation table{.name = {}, .kind = OperationKind::table_gradient, .inputs = {0}};
    table.m = 9, table.n = 4, table.k = 4, table.function = OperationKind::embedding;
    EXPECT_EQ(fault(table, {x, {"y", TensorRole::output, 1, 9, 4}}),
              "input 'x' is 6 x 4, expected samples of 4 rows of 4");
    table.k = 3;
    EXPECT_EQ(fault(table, {x, {"y", TensorRole::output, 1, 9, 4}}), "");
    table.function = OperationKind::position, table.first = 7;
    EXPECT_EQ(fault(table, {x, {"y", TensorRole::output, 1, 9, 4}}),
              "10 positions are more than a table of 9 rows has");
    table.function = OperationKind::windows, table.first = 0;
    EXPECT_EQ(fault(table, {{"x", TensorRole::input, 1, 6, 12}, {"y", TensorRole::output, 1, 9, 4}}),
              "6 windows are of 12 rows, not of 9");
    Operation windows{.name = {}, .kind = OperationKind::windows, .inputs = {0}};
    windows.batch = 1, windows.m = 3, windows.n = 12;
    EXPECT_EQ(fault(windows, {x, {"y", TensorRole::output, 1, 3, 12}}), "");
    windows.m = 2;
    EXPECT_EQ(fault(windows, {x, {"y", TensorRole::output, 1, 2, 12}}),
              "input 'x' is 6 x 4, expected 4 rows of a third of 12 columns");
    Operation distances{.name = {}, .kind = OperationKind::distance_sums, .inputs = {0}};
    distances.m = 6, distances.n = 4;
    EXPECT_EQ(fault(distances, {x, {"y", TensorRole::output, 1, 6, 3}}), "");
    EXPECT_EQ(fault(distances, {x, {"y", TensorRole::output, 1, 5, 3}}),
              "output 'y' is 5 x 3, expected 6 rows");
    distances.causal = CausalMask{1, 0};
    EXPECT_EQ(fault(distances, {x, {"y", TensorRole::output, 1, 6, 3}}),
              "counts distances from a row's own column");
    Operation bias{.name = {}, .kind = OperationKind::mask, .inputs = {0, 1}};
    bias.m = 6, bias.n = 4, bias.table = 2;
    const Tensor buckets{"t", TensorRole::weight, 1, 1, 8};
    EXPECT_EQ(fault(bias, {x, {"b", TensorRole::input, 1, 6, 4}, buckets, y}), "");
    EXPECT_EQ(fault(bias, {x, {"b", TensorRole::input, 1, 1, 4}, buckets, y}),
              "bias 'b' is 1 x 4, expected an input of 1 of 6 x 4");
    EXPECT_EQ(fault(bias, {x, {"b", TensorRole::input, 1, 6, 4}, {"t", TensorRole::weight, 1, 2, 8}, y}),
              "table 't' is 2 x 8, expected a weight of 1 rows");
    bias.kind = OperationKind::add;
    EXPECT_EQ(fault(bias, {x, {"b", TensorRole::input, 1, 6, 4}, buckets, y}),
              "only a mask is made of a table");
    Operation product{.name = {}, .inputs = {0, 0}};
    product.transpose_a = true, product.m = 4, product.n = 4, product.k = 6;
    EXPECT_EQ(fault(product, {x, {"y", TensorRole::output, 1, 4, 4}}), "");
    product.m = 6, product.k = 4;
    EXPECT_EQ(fault(product, {x, {"y", TensorRole::output, 1, 6, 4}}),
              "first input 'x' is 6 x 4, expected 4 x 6");
    product.of = {2, 2};
    EXPECT_EQ(fault(product, {x, y}), "takes a member beyond its share");
    Operation squares{.name = {}, .kind = OperationKind::row_squares, .inputs = {0}};
    squares.m = 6, squares.n = 4;
    EXPECT_EQ(fault(squares, {x, y}), "output 'y' is 6 x 4, expected 1 x 6");
    EXPECT_EQ(fault(squares, {x, {"y", TensorRole::output, 1, 1, 6}}), "");
    Operation rescale{.name = {}, .kind = OperationKind::rescale, .inputs = {0, 0}};
    rescale.m = 6, rescale.n = 4;
    EXPECT_EQ(fault(rescale, {x, y}), "factor 'x' is 6 x 4, expected 1 x 1");
    rescale.rounding = AxpyRounding::stochastic;
    EXPECT_EQ(fault(rescale, {x, y}), "only an axpy without a batch is rounded once");
    Tensor odd = y;
    odd.scaled = true;
    EXPECT_EQ(fault(slope, {x, odd}), "has a scale, but is no gradient of an activation");
    odd.scaled = false, odd.paged = true, odd.role = TensorRole::activation;
    EXPECT_EQ(fault(slope, {x, odd}), "lies with the host, but is neither input nor output");
    Tensor filled = y;
    filled.fill = TensorFill::ones;
    EXPECT_EQ(fault(slope, {x, filled}), "is filled, but is no input");
}

}  // namespace
}  // namespace octet
