#include <gtest/gtest.h>

#include <limits>

#include "sim/workload/builder.h"

namespace octet {
namespace {

// Two dense layers and an addition: small enough to break in every way.
Graph sound() {
    GraphBuilder builder("sound");
    const auto x = builder.tensor("x", TensorRole::input, 5, 3);
    const auto a = builder.dense("a", x, 4, true);
    const auto b = builder.dense("b", x, 4, false);
    builder.mark_output(builder.elementwise("sum", OperationKind::add, {a, b}));
    return builder.finish();
}

std::string first_fault(const Graph& graph) {
    const auto found = faults(graph);
    return found.empty() ? "" : found.front().message;
}

TEST(GraphFaults, AreNoneInASoundGraph) {
    EXPECT_EQ(first_fault(sound()), "");
}

TEST(GraphFaults, NameAnOperandOfTheWrongShape) {
    auto graph = sound();
    graph.tensors[graph.operations[0].inputs[1]].rows = 2;
    EXPECT_EQ(first_fault(graph), "second input 'a.weight' is 2 x 4, expected 3 x 4");
    graph = sound();
    graph.operations[0].transpose_b = true;
    EXPECT_EQ(first_fault(graph), "second input 'a.weight' is 3 x 4, expected 4 x 3");
    graph = sound();
    graph.tensors[graph.operations[0].inputs[2]].cols = 5;
    EXPECT_EQ(first_fault(graph), "bias 'a.bias' is 1 x 5, expected 1 x 4");
    graph = sound();
    graph.operations[2].inputs[1] = 0;
    EXPECT_EQ(first_fault(graph), "input 'x' is 5 x 3, expected 5 rows of 4");
}

TEST(GraphFaults, FindAnOperationBeforeItsProducer) {
    auto graph = sound();
    std::swap(graph.operations[1], graph.operations[2]);
    EXPECT_EQ(first_fault(graph), "reads 'b' before 'b' produces it");
}

TEST(GraphFaults, FindAnOperationThatReadsItself) {
    auto graph = sound();
    graph.operations[2].inputs[0] = graph.operations[2].output;
    EXPECT_EQ(first_fault(graph), "reads its own output 'sum'");
}

TEST(GraphFaults, FindTwoProducersAndNone) {
    auto graph = sound();
    graph.operations[1].output = graph.operations[0].output;
    const auto found = faults(graph);
    ASSERT_EQ(found.size(), 2u);
    EXPECT_EQ(found[0].message, "writes 'a', which 'a' produces already");
    EXPECT_EQ(found[1].message, "has role activation, but no operation produces it");
}

TEST(GraphFaults, FindAnOutputThatIsAWeight) {
    auto graph = sound();
    graph.tensors[graph.operations[2].output].role = TensorRole::weight;
    EXPECT_EQ(first_fault(graph), "writes 'sum', which has role weight");
}

TEST(GraphFaults, FindUnknownTensors) {
    auto graph = sound();
    graph.operations[0].inputs[0] = 99;
    EXPECT_EQ(first_fault(graph), "reads an unknown tensor");
    graph = sound();
    graph.operations[2].output = no_tensor;
    EXPECT_EQ(first_fault(graph), "writes an unknown tensor");
}

TEST(GraphFaults, FindNamesTwice) {
    auto graph = sound();
    graph.operations[1].name = "a";
    EXPECT_EQ(first_fault(graph), "has the name of another operation");
    graph = sound();
    graph.tensors[1].name = "x";
    EXPECT_EQ(first_fault(graph), "has the name of another tensor");
}

TEST(GraphFaults, FindSizesThatOverflow) {
    auto graph = sound();
    graph.tensors[0].rows = std::uint64_t{1} << 63;
    graph.tensors[0].batch = 2;
    EXPECT_EQ(first_fault(graph), "has more than 2^40 values");
    graph = sound();
    graph.operations[0].m = graph.operations[0].k = std::uint64_t{1} << 38;
    EXPECT_EQ(first_fault(graph), "has no MACs, or more than 2^60");
    graph = sound();
    graph.operations[0].m = 0;
    EXPECT_EQ(first_fault(graph), "has no values, or more than 2^40");
    graph = sound();
    graph.operations[2].m = std::uint64_t{1} << 40;
    EXPECT_EQ(first_fault(graph), "has no values, or more than 2^40");
}

TEST(GraphFaults, FindABatchThatHeadsDoNotDivide) {
    auto graph = sound();
    graph.operations[0].heads = 2;
    EXPECT_EQ(first_fault(graph), "a batch of 1 is no multiple of 2 heads");
}

TEST(GraphFaults, FindBlocksThatDoNotFit) {
    GraphBuilder builder("attention");
    const auto q = builder.tensor("q", TensorRole::input, 6, 8);
    const auto k = builder.tensor("k", TensorRole::input, 6, 4);
    builder.mark_output(builder.scores("scores", q, k, 2, 4, 2));
    auto graph = builder.finish();
    graph.operations[0].b_blocks = 4;
    EXPECT_EQ(first_fault(graph), "second input 'k' is 6 x 4, expected 6 x 8");
    graph.operations[0].b_blocks = 3;
    EXPECT_EQ(first_fault(graph), "3 blocks of the second input do not divide 4 heads");
    graph.operations[0].b_blocks = 2;
    graph.operations[0].out_blocks = 2;
    EXPECT_EQ(first_fault(graph), "2 blocks of the output do not hold 4 heads");
}

TEST(GraphFaults, FindTooManyOrTooFewInputs) {
    auto graph = sound();
    graph.operations[2].inputs.push_back(0);
    EXPECT_EQ(first_fault(graph), "has 3 inputs, expected 2");
    graph = sound();
    graph.operations[2].inputs.clear();
    EXPECT_EQ(first_fault(graph), "has 0 inputs, expected 2");
    graph = sound();
    graph.operations[1].inputs.pop_back();
    EXPECT_EQ(first_fault(graph), "has 1 inputs, expected 2");
}

TEST(GraphFaults, FindWhatOnlyAMatmulHas) {
    auto graph = sound();
    graph.operations[2].k = 1;
    EXPECT_EQ(first_fault(graph), "only a matmul has k, and it and a rope blocks");
    graph = sound();
    graph.operations[2].transpose_b = true;
    EXPECT_EQ(first_fault(graph), "only a matmul has a bias or a transposed operand");
}

TEST(GraphFaults, FindConstantsThatAreNoNumbers) {
    auto graph = sound();
    graph.operations[2].factor = std::numeric_limits<double>::infinity();
    EXPECT_EQ(first_fault(graph), "factor must be finite");
    graph = sound();
    graph.operations[2].epsilon = -1;
    EXPECT_EQ(first_fault(graph), "epsilon must be finite and not negative");
}

TEST(GraphFaults, FindATableThatIsTooShortOrTooNarrow) {
    GraphBuilder builder("embedding");
    const auto words = builder.weight("words", 9, 4), positions = builder.weight("positions", 6, 4);
    builder.mark_output(builder.embedding("e", {words, positions}, 2, 6));
    auto graph = builder.finish();
    graph.tensors[positions].rows = 5;
    EXPECT_EQ(first_fault(graph), "a sequence of 6 is longer than the 5 positions of 'positions'");
    graph.tensors[words].cols = 3;
    EXPECT_EQ(first_fault(graph), "table 'words' is 9 x 3, expected rows of 4");
}

TEST(GraphFaults, FindTrigramsAndPositionsThatDoNotFit) {
    GraphBuilder builder("places");
    const auto words = builder.weight("words", 9, 4), positions = builder.weight("positions", 6, 12);
    const auto types = builder.weight("types", 2, 12);
    const auto x = builder.trigram("e", words, 2, 6);
    builder.mark_output(builder.position("sum", x, {positions, types}, 2));
    const auto sound_graph = builder.finish();
    EXPECT_EQ(first_fault(sound_graph), "");
    auto graph = sound_graph;
    graph.tensors[words].cols = 5;
    EXPECT_EQ(first_fault(graph), "table 'words' is 9 x 5, expected a third of 12 columns");
    graph = sound_graph;
    graph.operations[0].inputs.push_back(positions);
    EXPECT_EQ(first_fault(graph), "a trigram reads one table alone");
    graph = sound_graph;
    graph.tensors[positions].rows = 5;
    EXPECT_EQ(first_fault(graph), "a sequence of 6 is longer than the 5 positions of 'positions'");
    graph = sound_graph;
    graph.tensors[types].cols = 11;
    EXPECT_EQ(first_fault(graph), "table 'types' is 2 x 11, expected rows of 12");
    graph = sound_graph;
    graph.operations[1].trigram = true;
    EXPECT_EQ(first_fault(graph), "only an embedding takes trigrams");
}

TEST(GraphFaults, FindACopyOfMoreRowsThanThereAre) {
    GraphBuilder builder("copy");
    const auto x = builder.tensor("x", TensorRole::input, 6, 4);
    builder.mark_output(builder.some_rows("first", x, 3, 2));
    auto graph = builder.finish();
    graph.tensors[x].rows = 8;
    EXPECT_EQ(first_fault(graph), "input 'x' is 8 x 4, expected 3 parts of 2 or more rows of 4");
    graph.tensors[x].rows = 3;
    EXPECT_EQ(first_fault(graph), "input 'x' is 3 x 4, expected 3 parts of 2 or more rows of 4");
    graph.tensors[x].rows = 9;
    EXPECT_EQ(first_fault(graph), "");
}

// A product turned by the angles of a table.
Graph turned() {
    GraphBuilder builder("turned");
    const auto angles = builder.tensor("angles", TensorRole::input, 5, 4);
    const auto x = builder.tensor("x", TensorRole::input, 10, 12);
    const auto y = builder.rope("rope", x, angles, {}, 3);
    builder.mark_output(builder.rope("back", y, angles, {}, 3));
    return builder.finish();
}

TEST(GraphFaults, FindARopeWhoseHeadsOrAnglesDoNotFit) {
    auto graph = turned();
    graph.tensors[0].cols = 6;
    EXPECT_EQ(first_fault(graph), "table 'angles' is 5 x 6, expected 5 x 4");
    graph = turned();
    graph.tensors[0].role = TensorRole::weight;
    EXPECT_EQ(first_fault(graph), "table 'angles' has role weight; its angles are an input");
    graph = turned();
    graph.operations[0].out_blocks = 0;
    EXPECT_EQ(first_fault(graph), "3 blocks of the input and 0 of the output; both 0 or 3 are possible");
    graph = turned();
    graph.operations[1].rotation.theta = 5;
    EXPECT_EQ(first_fault(graph), "takes other values from 'angles' than the angles that 'rope' does");
    graph = turned();
    graph.operations[1].first = 1;
    EXPECT_EQ(first_fault(graph), "takes other values from 'angles' than the angles that 'rope' does");
    graph = turned();
    graph.operations[0].rotation.theta = std::numeric_limits<double>::infinity();
    EXPECT_EQ(first_fault(graph), "the rotation has a number that is not finite and positive");
    GraphBuilder odd("odd");
    const auto angles = odd.tensor("angles", TensorRole::input, 5, 3);
    odd.mark_output(odd.rope("rope", odd.tensor("x", TensorRole::input, 5, 9), angles, {}, 3));
    EXPECT_THROW(odd.finish(), std::invalid_argument);
}

TEST(GraphFaults, FindACausalMaskThatHidesAWholeRow) {
    GraphBuilder builder("masked");
    const auto x = builder.tensor("x", TensorRole::input, 5, 8, 2);
    builder.mark_output(builder.softmax("softmax", x, CausalMask{3, 2}));
    auto graph = builder.finish();
    graph.operations[0].causal->offset = 4;
    EXPECT_EQ(first_fault(graph), "5 causal rows after 4 columns need 9 columns, there are 8");
    graph.operations[0].kind = OperationKind::relu;
    EXPECT_EQ(first_fault(graph), "only a softmax, a bias and sums by distance are causal");
}

TEST(GraphFaults, FindACacheThatIsTooShortAndOneThatIsNone) {
    GraphBuilder builder("cache");
    const auto query = builder.tensor("query", TensorRole::input, 2, 8);
    const auto keys = builder.tensor("keys", TensorRole::input, 12, 4);
    builder.mark_output(builder.scores("scores", query, keys, 2, 2, 1, 5));
    auto graph = builder.finish();
    EXPECT_EQ(first_fault(graph), "") << "five rows of six";
    graph.operations[0].n = graph.tensors[graph.operations[0].output].cols = 7;
    EXPECT_EQ(first_fault(graph), "second input 'keys' is 12 x 4, expected 14 x 4");
    graph.operations[0].n = graph.tensors[graph.operations[0].output].cols = 5;
    graph.tensors[1].role = TensorRole::weight;
    EXPECT_EQ(first_fault(graph), "second input 'keys' is 12 x 4, expected 10 x 4");
}

TEST(GraphFaults, FindARowThatCannotStandBeforeTheOthers) {
    GraphBuilder builder("prepend");
    const auto x = builder.tensor("x", TensorRole::input, 6, 4);
    builder.mark_output(builder.prepend("first", x, builder.weight("row", 1, 4), 2));
    auto graph = builder.finish();
    graph.tensors[1].rows = 2;
    EXPECT_EQ(first_fault(graph), "row 'row' is 2 x 4, expected 1 x 4");
    graph.tensors[1].rows = 1;
    graph.tensors[0].rows = 5;
    EXPECT_EQ(first_fault(graph), "input 'x' is 5 x 4, expected 2 parts of 3 rows of 4");
}

TEST(GraphFaults, FindAMaskThatFitsNeitherAllNorSamplesNorMatrices) {
    GraphBuilder builder("mask");
    const auto x = builder.tensor("x", TensorRole::input, 5, 7, 6);
    const auto mask = builder.tensor("mask", TensorRole::input, 1, 7, 2);
    builder.mark_output(builder.mask("masked", x, mask, 3));
    auto graph = builder.finish();
    for (const std::uint64_t batch : {1, 2, 6}) {
        graph.tensors[mask].batch = batch;
        EXPECT_EQ(first_fault(graph), "") << batch;
    }
    graph.tensors[mask].batch = 3;
    EXPECT_EQ(first_fault(graph), "mask 'mask' is 3 of 1 x 7, expected 2 of 1 x 7");
    graph.tensors[mask].batch = 2;
    graph.tensors[mask].rows = 5;
    EXPECT_EQ(first_fault(graph), "");
    graph.tensors[mask].rows = 4;
    EXPECT_EQ(first_fault(graph), "mask 'mask' is 2 of 4 x 7, expected 2 of 1 x 7");
}

TEST(GraphFaults, FindAGraphWithoutOperations) {
    EXPECT_EQ(first_fault(Graph{}), "has no operations");
}

TEST(WeightsOfProducts, AreThoseThatNothingElseReadsAndNothingTrains) {
    GraphBuilder builder("weights");
    const auto words = builder.weight("words", 20, 4);
    const auto x = builder.embedding("look-up", {words}, 1, 3);
    const auto y = builder.dense("frozen", x, 4, true);
    builder.trains(true);
    const auto z = builder.dense("trained", y, 4, false);
    builder.trains(false);
    const auto scores = builder.tied("scores", z, words, false);
    builder.mark_output(scores);
    builder.mark_output(builder.tied("again", y, builder.weight("frozen.weight", 4, 4), false));
    builder.weight("idle", 3, 3);
    const Graph graph = builder.finish();
    for (const Tensor& tensor : graph.tensors)
        EXPECT_EQ(tensor.use == FormatUse::weights, tensor.name == "frozen.weight") << tensor.name;
}

TEST(Validate, NamesTheOperationAtFault) {
    auto graph = sound();
    graph.operations[0].m = 6;
    try {
        validate(graph);
        FAIL();
    } catch (const std::invalid_argument& error) {
        EXPECT_STREQ(error.what(), "operation 'a': first input 'x' is 5 x 3, expected 6 x 3");
    }
}

}  // namespace
}  // namespace octet
