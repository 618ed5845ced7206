// In which blocks the tensors of a transformer lie, and what has to be encoded on its own.
#include "sim/lower/blocks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "sim/lower/kernels.h"
#include "sim/workload/description.h"
#include "tests/sim/workload/models.h"

namespace octet {
namespace {

Graph transformer(std::uint64_t head_size, std::uint64_t batch, std::uint64_t sequence) {
    TransformerDescription d;
    d.name = "small";
    d.layers = 1;
    d.heads = 2;
    d.hidden = 2 * head_size;
    d.ffn = 96;
    d.vocabulary = 20;
    d.positions = 512;
    PhaseConfig phase;
    phase.batch = batch;
    phase.sequence = sequence;
    return expand(d, phase);
}

FormatOfUse everywhere(const char* format) {
    return formats_by_use(format, {});
}
FormatOfUse mx() {
    return everywhere("mxfp8_e4m3");
}

BlockGrid grid_of(const Graph& graph, const std::string& operation, std::size_t input) {
    const auto grids = block_grids(graph, mx());
    for (const Operation& op : graph.operations)
        if (op.name == operation) return grids[op.inputs.at(input)];
    throw std::runtime_error("no operation " + operation);
}

TEST(BlockGrids, RunAlongTheReductionOfTheProductThatReadsATensor) {
    const Graph graph = transformer(40, 3, 50);
    EXPECT_EQ(grid_of(graph, "layer0.attention.query", 0), (BlockGrid{32, false, 0, 0}));
    EXPECT_EQ(grid_of(graph, "layer0.attention.query", 1), (BlockGrid{32, true, 0, 0})) << "a weight, K x N";
    EXPECT_EQ(grid_of(graph, "layer0.attention.query", 2), (BlockGrid{32, false, 0, 0})) << "a bias";
    EXPECT_EQ(grid_of(graph, "layer0.attention.scores", 0), (BlockGrid{32, false, 40, 0})) << "by heads";
    EXPECT_EQ(grid_of(graph, "layer0.attention.scores", 1), (BlockGrid{32, false, 40, 0})) << "keys, turned";
    EXPECT_EQ(grid_of(graph, "layer0.attention.context", 0), (BlockGrid{32, false, 0, 0})) << "probabilities";
    EXPECT_EQ(grid_of(graph, "layer0.attention.context", 1), (BlockGrid{32, true, 50, 0})) << "by samples";
    EXPECT_EQ(grid_of(graph, "layer0.attention.output", 0), (BlockGrid{32, false, 0, 0})) << "over all heads";
}

TEST(BlockGrids, HaveNoSegmentsThatEndWhereBlocksDo) {
    const Graph graph = transformer(64, 2, 96);
    EXPECT_EQ(grid_of(graph, "layer0.attention.scores", 0), (BlockGrid{32, false, 0, 0}));
    EXPECT_EQ(grid_of(graph, "layer0.attention.context", 1), (BlockGrid{32, true, 0, 0}));
}

TEST(BlockGrids, OfFormatsWithoutBlocksAreNone) {
    for (const BlockGrid& grid : block_grids(transformer(8, 1, 5), everywhere("posit8_1")))
        EXPECT_EQ(grid.length, 0U);
}

// Both products read w, the second one turned.
TEST(BlockGrids, OfWeightsThatAreDecodedAreWhatTheFirstProductAsksFor) {
    Graph graph;
    graph.tensors = {{"x", TensorRole::input, 1, 4, 150},
                     {"w", TensorRole::weight, 1, 150, 70},
                     {"y", TensorRole::output, 1, 4, 70},
                     {"g", TensorRole::input, 1, 4, 70},
                     {"dx", TensorRole::output, 1, 4, 150}};
    Operation forward, backward;
    forward.name = "forward", forward.inputs = {0, 1}, forward.output = 2;
    forward.m = 4, forward.n = 70, forward.k = 150;
    backward.name = "backward", backward.inputs = {3, 1}, backward.output = 4, backward.transpose_b = true;
    backward.m = 4, backward.n = 150, backward.k = 70;
    graph.operations = {forward, backward};
    mark_weights(graph);
    TensorFormats formats;
    formats[FormatUse::weights] = "int4_g128";
    const FormatOfUse own = formats_by_use("bf16", formats);
    const auto grids = block_grids(graph, own);
    EXPECT_EQ(grids[1], (BlockGrid{128, true, 0, 0}));
    for (const TensorId other : {0U, 2U, 3U, 4U}) EXPECT_EQ(grids[other].length, 0U);
    EXPECT_TRUE(block_fault(graph, mx())) << "scales of sums allow one way";
    std::swap(graph.operations[0], graph.operations[1]);
    EXPECT_EQ(block_grids(graph, own)[1], (BlockGrid{128, false, 0, 0}));
}

// Scales of lines are factors of sums: a sum has to be that of a whole line.
TEST(BlockGrids, OfLinesAreRefusedWhereSumsAreNotThoseOfWholeOnes) {
    TensorFormats formats;
    formats[FormatUse::quantized] = "int8_vector";
    const FormatOfUse lines = formats_by_use("bf16", formats);
    const auto fault = [&](std::uint64_t k, bool turned, std::uint64_t heads) {
        Graph graph;
        graph.tensors = {{"x", TensorRole::input, 1, turned ? k : 4, turned ? 4 : k},
                         {"w", TensorRole::weight, 1, k / heads, 8},
                         {"y", TensorRole::output, 1, 4, 8 * heads}};
        for (const TensorId id : {0U, 1U}) graph.tensors[id].use = FormatUse::quantized;
        Operation product;
        product.name = "product", product.inputs = {0, 1}, product.output = 2;
        product.m = 4, product.n = 8, product.k = k / heads, product.transpose_a = turned;
        product.batch = product.heads = heads;
        if (heads > 1) product.a_blocks = product.out_blocks = heads;
        graph.operations = {product};
        const auto found = block_fault(graph, lines);
        return found ? found->message : "";
    };
    EXPECT_EQ(fault(70000, false, 1),
              "does not add up whole lines of tensor 'x', at most 65536 values each, as "
              "int8_vector shares a scale in them");
    EXPECT_EQ(fault(65536, false, 1), "");
    EXPECT_THAT(fault(64, true, 1), testing::HasSubstr("whole lines of tensor 'x'"));
    EXPECT_THAT(fault(64, false, 2), testing::HasSubstr("whole lines of tensor 'x'"));
    EXPECT_EQ(fault(64, false, 1), "");
    Graph graph;
    graph.tensors = {{"x", TensorRole::input, 1, 4, 8},
                     {"w", TensorRole::weight, 1, 8, 8},
                     {"y", TensorRole::output, 1, 4, 8}};
    graph.tensors[0].use = FormatUse::quantized;
    Operation product;
    product.name = "product", product.inputs = {0, 1}, product.output = 2;
    product.m = 4, product.n = product.k = 8;
    graph.operations = {product};
    ASSERT_TRUE(block_fault(graph, lines));
    EXPECT_EQ(block_fault(graph, lines)->message,
              "multiplies int8_vector by bf16: both operands have scales of lines, or none");
}

// y = x w, z = w2 x: x is operand a of one product, along its columns, and b of the other, along its rows.
TEST(BlockGrids, OfATensorThatTwoProductsWantOtherwiseAreRefused) {
    Graph graph;
    graph.tensors = {{"x", TensorRole::input, 1, 64, 48}, {"w", TensorRole::weight, 1, 48, 8},
                     {"y", TensorRole::output, 1, 64, 8}, {"w2", TensorRole::weight, 1, 4, 64},
                     {"z", TensorRole::output, 1, 4, 48}, {"copied", TensorRole::activation, 1, 64, 48}};
    Operation right, left;
    right.name = "right", right.inputs = {0, 1}, right.output = 2, right.m = 64, right.n = 8, right.k = 48;
    left.name = "left", left.inputs = {3, 0}, left.output = 4, left.m = 4, left.n = 48, left.k = 64;
    graph.operations = {right, left};
    EXPECT_FALSE(block_fault(graph, everywhere("e4m3")));
    const auto fault = block_fault(graph, mx());
    ASSERT_TRUE(fault);
    EXPECT_EQ(fault->operation, 1U);
    EXPECT_THAT(fault->message,
                testing::HasSubstr("takes tensor 'x' in other blocks than operation 'right' does"));
    EXPECT_THROW(block_grids(graph, mx()), std::invalid_argument);

    Operation copy;  // as the message says
    copy.name = "copy", copy.kind = OperationKind::copy, copy.inputs = {0}, copy.output = 5;
    copy.m = 64, copy.n = 48;
    graph.operations[1].inputs[1] = 5;
    graph.operations.insert(graph.operations.begin() + 1, copy);
    EXPECT_FALSE(block_fault(graph, mx()));
}

const Tensor& named(const Graph& graph, std::string_view name) {
    return *std::ranges::find(graph.tensors, name, &Tensor::name);
}
const Operation& maker(const Graph& graph, std::string_view name) {
    return *std::ranges::find(graph.operations, name, &Operation::name);
}

TEST(BlockCopies, AreMadeOfWhatIsNotEncodedForEveryWayThatProductsWant) {
    PhaseConfig phase;
    phase.kind = PhaseKind::train;
    phase.batch = 2;
    phase.sequence = 48;
    const Graph plain = expand(gpt2(2, 64, 2), phase);
    ASSERT_TRUE(block_fault(plain, mx()));
    Graph graph = plain;
    add_block_copies(graph, mx());
    EXPECT_FALSE(block_fault(graph, mx()));
    EXPECT_EQ(graph.macs(), plain.macs());
    const auto grids = block_grids(graph, mx());
    const auto grid_of = [&](std::string_view name) {
        return grids[&named(graph, name) - graph.tensors.data()];
    };
    EXPECT_EQ(grid_of("layer0.attention.norm.blocks0"), (BlockGrid{32, false, 0, 0}));
    EXPECT_EQ(grid_of("layer0.attention.norm.blocks1"), (BlockGrid{32, true, 0, 0}));
    EXPECT_EQ(grid_of("layer0.attention.query.blocks1"), (BlockGrid{32, true, 48, 0}))
        << "of each sample its own";
    EXPECT_TRUE(named(graph, "layer0.attention.norm").precise);
    for (const char* copy : {"layer0.attention.norm.blocks0", "layer0.attention.norm.blocks1"}) {
        EXPECT_EQ(graph.tensors[maker(graph, copy).inputs[0]].name, "layer0.attention.norm");
        EXPECT_FALSE(named(graph, copy).precise);
    }
    // A weight has its copies of the trained one, the first of them as before.
    EXPECT_EQ(graph.tensors[maker(graph, "layer0.ffn.up.weight.stored.blocks1").inputs[0]].name,
              "layer0.ffn.up.weight");
    EXPECT_EQ(graph.tensors[maker(graph, "layer0.ffn.up").inputs[1]].name, "layer0.ffn.up.weight.stored");
    EXPECT_EQ(graph.tensors[maker(graph, "layer0.ffn.up.dgrad").inputs[1]].name,
              "layer0.ffn.up.weight.stored.blocks1");
    EXPECT_EQ(graph.tensors[maker(graph, "layer0.ffn.up.wgrad").inputs[0]].name, "layer0.ffn.norm.blocks1");
    validate(graph);
}

TEST(BlockCopies, AreNoneWhereOneWayIsEnough) {
    for (const char* format : {"e4m3", "mxfp8_e4m3"}) {
        const Graph before = transformer(8, 1, 5);
        Graph graph = before;
        add_block_copies(graph, everywhere(format));
        EXPECT_EQ(graph, before);
    }
}

// An input that two products want otherwise is given in the vector format.
TEST(BlockCopies, OfAnInputComeBeforeTheirFirstReader) {
    Graph graph;
    graph.tensors = {{"x", TensorRole::input, 1, 64, 48},
                     {"w", TensorRole::weight, 1, 48, 8},
                     {"y", TensorRole::output, 1, 64, 8},
                     {"w2", TensorRole::weight, 1, 4, 64},
                     {"z", TensorRole::output, 1, 4, 48}};
    Operation right, left;
    right.name = "right", right.inputs = {0, 1}, right.output = 2, right.m = 64, right.n = 8, right.k = 48;
    left.name = "left", left.inputs = {3, 0}, left.output = 4, left.m = 4, left.n = 48, left.k = 64;
    graph.operations = {right, left};
    add_block_copies(graph, mx());
    validate(graph);
    ASSERT_EQ(graph.operations.size(), 4U);
    EXPECT_TRUE(graph.tensors[0].precise);
    for (const std::size_t copy : {0U, 2U}) {
        EXPECT_EQ(graph.operations[copy].kind, OperationKind::copy);
        EXPECT_EQ(graph.operations[copy].inputs[0], 0U);
    }
    const FusedGraph fused = fuse(graph, FusionLevel::residual);
    EXPECT_TRUE(fused.wide[0]);
    auto grids = block_grids(graph, mx());
    EXPECT_EQ(with_encoders(graph, fused, grids, 32).kernels.size(), 4U)
        << "such a copy is an encoder itself";
}

std::vector<std::string> encoders(const Graph& graph, std::uint64_t columns, FusionLevel level) {
    Graph lowered = graph;
    auto grids = block_grids(graph, mx());
    const FusedGraph fused = with_encoders(lowered, fuse(graph, level), grids, columns);
    std::vector<std::string> names;
    for (const Kernel& kernel : fused.kernels)
        if (kernel.operation >= graph.operations.size())
            names.push_back(lowered.operations[kernel.operation].name);
    return names;
}

TEST(Encoders, FollowProductsWhoseTileColumnsCutBlocks) {
    const Graph graph = transformer(64, 1, 32);
    const std::vector<std::string> all{"layer0.attention.query.encode", "layer0.attention.key.encode",
                                       "layer0.attention.value.encode", "layer0.attention.context.encode",
                                       "layer0.ffn.up.encode"};
    EXPECT_EQ(encoders(graph, 16, FusionLevel::residual), all);
    EXPECT_EQ(encoders(graph, 48, FusionLevel::residual), all);
    // Values of the attention run along the rows, and no vector of results holds a block of these.
    EXPECT_EQ(encoders(graph, 32, FusionLevel::residual), (std::vector<std::string>{all[2]}));
    EXPECT_EQ(encoders(graph, 64, FusionLevel::residual), (std::vector<std::string>{all[2]}));
}

TEST(Encoders, FollowHeadsThatAreNoWholeBlocks) {
    const Graph graph = transformer(24, 1, 32);
    const auto names = encoders(graph, 32, FusionLevel::residual);
    EXPECT_THAT(names, testing::Contains("layer0.attention.context.encode"))
        << "columns 0 to 23, then 24 to 47";
    EXPECT_THAT(names, testing::Contains("layer0.attention.query.encode")) << "blocks begin at column 24";
    EXPECT_THAT(names, testing::Not(testing::Contains("layer0.ffn.up.encode")));
    // Blocks of 16 begin wherever a tile of 16 does.
    EXPECT_THAT(encoders(transformer(16, 1, 32), 16, FusionLevel::residual),
                testing::Not(testing::Contains("layer0.attention.query.encode")));
}

}  // namespace
}  // namespace octet
