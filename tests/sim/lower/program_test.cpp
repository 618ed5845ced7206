#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

#include "sim/workload/description.h"
#include "tests/sim/lower/hazards.h"

namespace octet {
namespace {

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

void expect_sound(const Graph& graph, const AcceleratorConfig& config, const std::string& what) {
    Program program(graph, config, 0);
    const auto facts = test::examine(program, graph, config);
    for (const auto& fault : facts.faults) ADD_FAILURE() << what << ": " << fault;
    for (OperationId id = 0; id < graph.operations.size(); ++id)
        if (graph.operations[id].kind == OperationKind::matmul) {
            EXPECT_EQ(facts.macs.at(id), graph.operations[id].macs())
                << what << ": " << graph.operations[id].name;
        }
}

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
        const Graph graph = expand(d, encode(1 + random() % 3, 1 + random() % 40));
        AcceleratorConfig config;
        config.array.rows = pick({1, 2, 4, 5, 8, 16, 32});
        config.array.cols = pick({1, 3, 4, 8, 12, 16, 32});
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
        config.dram = IdealDramConfig{};
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
