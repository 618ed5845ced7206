#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

#include "sim/lower/kernels.h"
#include "sim/workload/description.h"
#include "sim/workload/split.h"
#include "tests/sim/lower/hazards.h"

namespace octet {
namespace {

using test::expect_sound;

TransformerDescription tiny() {
    TransformerDescription d;
    d.name = "tiny";
    d.layers = 2;
    d.hidden = 32;
    d.heads = 2;
    d.ffn = 64;
    d.vocabulary = 64;
    d.positions = 64;
    d.token_types = 2;
    d.pooler = true;
    d.head = Head::pooler;
    return d;
}

PhaseConfig encode(std::uint64_t batch, std::uint64_t sequence) {
    PhaseConfig phase;
    phase.batch = batch;
    phase.sequence = sequence;
    return phase;
}

// One step of training: adapters in and beside the weights, and all weights.
class TrainingProgram : public testing::TestWithParam<int> {};

TEST_P(TrainingProgram, OrdersEveryAccess) {
    TransformerDescription d = tiny();
    d.head = GetParam() % 2 == 0 ? Head::classifier : Head::lm;
    d.tied = d.head == Head::lm;
    d.kv_heads = 1;
    d.rotary = d.causal = GetParam() % 3 == 0;
    d.activation = GetParam() % 2 == 0 ? OperationKind::gelu : OperationKind::relu;
    PhaseConfig phase = encode(2, 7);
    phase.kind = GetParam() % 3 == 0 ? PhaseKind::train : PhaseKind::finetune_lora;
    phase.merged = GetParam() % 3 == 1;
    phase.rank = 3;
    AcceleratorConfig config;
    config.dram = IdealDramConfig{};
    config.fusion = static_cast<FusionLevel>(GetParam() % 5);
    config.array.dataflow = static_cast<Dataflow>(GetParam() % 3);
    config.array.cols = GetParam() % 4 == 0 ? 12 : 16;
    config.sram.capacity_kib = GetParam() % 2 == 0 ? 24 : 256;
    expect_sound(expand(d, phase), config, "step " + std::to_string(GetParam()));
}
INSTANTIATE_TEST_SUITE_P(Program, TrainingProgram, testing::Range(0, 12));

TEST(Program, OrdersEveryAccessOfATinyTransformerAtBothEndsOfTheFusionLevels) {
    const Graph graph = expand(tiny(), encode(2, 7));
    for (FusionLevel level : {FusionLevel::none, FusionLevel::scaling, FusionLevel::activation,
                              FusionLevel::layernorm, FusionLevel::residual}) {
        AcceleratorConfig config;
        config.fusion = level;
        config.dram = IdealDramConfig{};
        expect_sound(graph, config, "fusion " + std::to_string(static_cast<int>(level)));
    }
}

// A product that makes c, which stays in SRAM for the last operation, and one whose first operand is d.
Graph two_products(TensorId d_comes_after) {
    Graph graph;
    graph.name = "chain";
    graph.tensors = {{"a", TensorRole::input, 1, 40, 24},  {"b", TensorRole::weight, 1, 24, 33},
                     {"c", TensorRole::output, 1, 40, 33}, {"d", TensorRole::input, 1, 50, 17},
                     {"e", TensorRole::weight, 1, 17, 20}, {"f", TensorRole::output, 1, 50, 20},
                     {"g", TensorRole::output, 1, 40, 33}};
    graph.tensors[3].after = d_comes_after;
    for (TensorId first : {0U, 3U}) {
        Operation o;
        o.name = graph.tensors[first + 2].name;
        o.inputs = {first, first + 1};
        o.output = first + 2;
        o.m = graph.tensors[first].rows, o.k = graph.tensors[first].cols, o.n = graph.tensors[first + 1].cols;
        graph.operations.push_back(o);
    }
    graph.operations.push_back({.name = "relu",
                                .kind = OperationKind::relu,
                                .inputs = {2},
                                .output = 6,
                                .batch = 1,
                                .m = 40,
                                .n = 33});
    return graph;
}

// Bytes of the loads of the second product that wait for all stores of the first.
std::uint64_t bytes_that_wait(const Graph& graph) {
    AcceleratorConfig config;
    config.dram = IdealDramConfig{};
    expect_sound(graph, config, "chain");
    Program program(graph, config, 0);
    std::uint32_t stores = 0;
    std::uint64_t bytes = 0;
    Command command;
    while (program.next(command)) {
        const auto* dma = std::get_if<DmaCommand>(&command.body);
        if (dma == nullptr) continue;
        if (command.engine == Engine::store && command.operation == 0) ++stores;
        if (command.engine == Engine::load && command.operation == 1 &&
            command.needs.done[static_cast<std::size_t>(Engine::store)] >= stores)
            bytes += dma->dram.total();
    }
    EXPECT_GT(stores, 0U);
    return bytes;
}

TEST(Program, ReadsNothingOfAnInputBeforeTheOutputItComesAfterIsInDram) {
    EXPECT_EQ(bytes_that_wait(two_products(no_tensor)), 0U);
    EXPECT_EQ(bytes_that_wait(two_products(2)), 50U * 17);  // d, and not its weights
}

// Two products and the sum of the first and d.
Graph product_and_sum(TensorId d_comes_after) {
    Graph graph;
    graph.name = "sum";
    graph.tensors = {{"a", TensorRole::input, 1, 8, 8},      {"b", TensorRole::weight, 1, 8, 8},
                     {"p", TensorRole::activation, 1, 8, 8}, {"c", TensorRole::output, 1, 8, 8},
                     {"d", TensorRole::input, 1, 8, 8},      {"s", TensorRole::output, 1, 8, 8}};
    graph.tensors[4].after = d_comes_after;
    for (TensorId output : {2U, 3U, 5U}) {
        Operation o;
        o.name = graph.tensors[output].name;
        o.kind = output == 5 ? OperationKind::add : OperationKind::matmul;
        o.inputs = output == 5 ? std::vector<TensorId>{2, 4} : std::vector<TensorId>{0, 1};
        o.output = output;
        o.m = o.n = 8;
        o.k = output == 5 ? 0 : 8;
        graph.operations.push_back(o);
    }
    return graph;
}

TEST(Program, FusesNoSummandThatComesAfterALaterProduct) {
    EXPECT_EQ(fuse(product_and_sum(no_tensor), FusionLevel::residual, true).host[2], 0U);
    EXPECT_EQ(fuse(product_and_sum(3), FusionLevel::residual, true).host[2], 2U);
}

TEST(Program, OrdersEveryAccessOfRandomTransformersOnRandomMachines) {
    const char* given = std::getenv("OCTET_SEED");
    const auto seed =
        given != nullptr ? static_cast<unsigned>(std::strtoul(given, nullptr, 10)) : std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    const auto pick = [&](std::initializer_list<int> values) {
        return *(values.begin() + static_cast<std::ptrdiff_t>(random() % values.size()));
    };
    int ran = 0;
    for (int round = 0; round < 120; ++round) {
        TransformerDescription d = tiny();
        d.heads = static_cast<std::uint64_t>(pick({1, 2, 3, 5}));
        d.hidden = d.heads * static_cast<std::uint64_t>(pick({4, 7, 8, 16, 24}));
        d.ffn = static_cast<std::uint64_t>(pick({5, 33, 64, 150}));
        d.norm = random() % 2 == 0   ? OperationKind::layernorm
                 : random() % 2 == 0 ? OperationKind::rmsnorm
                                     : OperationKind::nonorm;
        const bool narrow = random() % 4 == 0;
        d.norm_place = random() % 3 == 0 && !narrow ? NormPlace::pre : NormPlace::post;
        if (narrow) {
            d.bottleneck = d.heads * static_cast<std::uint64_t>(pick({3, 8, 16}));
            d.bottleneck_attention = static_cast<BottleneckAttention>(random() % 3);
            d.ffn_count = 2;
            d.embedding_size = static_cast<std::uint64_t>(pick({0, 5, 16}));
            d.trigram = random() % 2 == 0;
        }
        const bool one_token = random() % 4 == 0;
        PhaseConfig phase = encode(1 + random() % 3, one_token ? 1 : 1 + random() % 40);
        if (!narrow && random() % 2 == 0) {
            d.causal = true;
            d.padding_mask = random() % 4 == 0;
            d.gated = random() % 2 == 0;
            d.kv_heads = random() % 2;
            d.rotary = d.head_size() % 2 == 0;
            d.head = random() % 2 == 0 ? Head::lm : Head::mlm;
            d.tied = random() % 2 == 0;
            phase.kind = random() % 2 == 0 ? PhaseKind::prefill : PhaseKind::decode;
            phase.context = phase.sequence;
            phase.tokens = 1 + random() % 3;
        }
        Graph graph = expand(d, phase);
        AcceleratorConfig config;
        config.matvec = random() % 2 == 0 ? Matvec::vector : Matvec::array;
        config.array.rows = pick({1, 2, 4, 5, 8, 16, 32});
        config.array.cols = pick({1, 3, 4, 8, 12, 16, 32});
        config.array.dataflow = static_cast<Dataflow>(random() % 3);
        config.vector.lanes = pick({1, 4, 16});
        config.buffers.input_depth = static_cast<std::uint64_t>(pick({3, 16, 100, 1024}));
        config.buffers.weight_depth = static_cast<std::uint64_t>(pick({32, 64, 100, 1024}));
        config.buffers.accumulation_depth = static_cast<std::uint64_t>(pick({3, 16, 100, 1024}));
        config.buffers.input_double = random() % 4 != 0;
        config.buffers.weight_double = random() % 4 != 0;
        config.fusion = static_cast<FusionLevel>(random() % 5);
        config.vector.residual_port = random() % 2 == 0;
        config.vector.writeback_fifo = pick({1, 2});
        config.controller.overlap_operations = random() % 3 != 0;
        config.row_tiles = random() % 3 == 0 ? RowTiles::largest : RowTiles::best;
        config.sram.capacity_kib = static_cast<std::uint64_t>(pick({4, 8, 16, 64, 256}));
        config.sram.width_bits = pick({32, 64, 128, 256});
        config.pe.storage =
            std::vector<std::string>{"posit8_1",   "bf16",       "int4",       "e5m4", "mxfp8_e4m3",
                                     "mxfp6_e2m3", "mxfp4_e2m1", "mxfp8_e4m3", "nf4"}[random() % 9];
        if (random() % 5 == 0) {  // LLM.int8(): columns that are picked, scales of lines
            config.pe.storage = random() % 2 == 0 ? "bf16" : "fp16";
            config.formats[FormatUse::quantized] = "int8_vector";
            split_outliers(graph, 0.1);
        }
        config.dram = IdealDramConfig{};
        if (config.array.dataflow != Dataflow::weight_stationary) {  // blocks that are turned have to fit
            config.buffers.input_depth += 32;
            config.buffers.accumulation_depth += 32;
        }
        if (find_format(config.pe.storage)->scale_bits > 0 &&
            config.array.dataflow == Dataflow::output_stationary)
            config.array.dataflow = Dataflow::input_stationary;
        const std::string what = "round " + std::to_string(round);
        try {
            expect_sound(graph, config, what);
            ++ran;
        } catch (const std::invalid_argument& error) {
            EXPECT_NE(std::string(error.what()).find("sram.capacity_kib"), std::string::npos) << error.what();
        }
        if (testing::Test::HasFailure()) return;
    }
    EXPECT_GT(ran, 60);
}

}  // namespace
}  // namespace octet
