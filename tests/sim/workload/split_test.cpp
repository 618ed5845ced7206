// LLM.int8(): what becomes of a graph, and that it still computes the same.
#include "sim/workload/split.h"

#include <gtest/gtest.h>

#include <cmath>
#include <tuple>

#include "sim/reference/evaluate.h"
#include "sim/run/outliers.h"
#include "sim/workload/builder.h"

namespace octet {
namespace {

// Two products of x, one turned, and what comes behind; a product of activations.
Graph three_products() {
    GraphBuilder build("three");
    const TensorId x = build.tensor("x", TensorRole::input, 6, 10);
    const TensorId y = build.dense("first", x, 7, true);
    const TensorId z = build.tied("second", x, build.weight("table", 7, 10), false);
    const TensorId sum = build.elementwise("sum", OperationKind::add, {y, z});
    build.mark_output(build.dense("narrow", sum, 4, false));
    build.mark_output(build.product("last", sum, build.weight("last.weight", 7, 3)));
    return build.finish();
}

const Operation& operation(const Graph& graph, const std::string& name) {
    for (const Operation& o : graph.operations)
        if (o.name == name) return o;
    throw std::runtime_error("no operation " + name);
}

TEST(OutlierSplit, TurnsAProductIntoANarrowOneAndAFewColumns) {
    Graph graph = three_products();
    const Graph before = graph;
    const auto splits = split_outliers(graph, 0.25);
    validate(graph);
    ASSERT_EQ(splits.size(), 2U) << "of x, and of the sum";
    EXPECT_EQ(splits[0].weights.size(), 2U);
    EXPECT_FALSE(splits[0].weights[0].turned);
    EXPECT_TRUE(splits[0].weights[1].turned);
    const Operation& narrow = operation(graph, "second.quantized");
    EXPECT_TRUE(narrow.transpose_b);
    EXPECT_EQ(narrow.k, 10U);
    for (const TensorId id : narrow.inputs) EXPECT_EQ(graph.tensors[id].use, FormatUse::quantized);
    const Operation& wide = operation(graph, "first.outliers");
    EXPECT_EQ(wide.k, 3U) << "a quarter of ten, rounded up";
    EXPECT_TRUE(wide.has_bias);
    EXPECT_EQ(graph.tensors[wide.inputs[1]].use, FormatUse::forward);
    EXPECT_EQ(operation(graph, "first").kind, OperationKind::add);
    EXPECT_EQ(operation(graph, "first").output, operation(before, "first").output);
    std::uint64_t macs = before.macs();
    for (const auto& [m, k, n] : {std::tuple{6, 3, 7}, {6, 3, 7}, {6, 2, 4}, {6, 2, 3}})
        macs += static_cast<std::uint64_t>(m * k * n);
    EXPECT_EQ(graph.macs(), macs) << "outliers are picked without any";
    ASSERT_EQ(splits[0].picks.size(), 1U);
    const Operation& pick = graph.operations[splits[0].picks[0]];
    EXPECT_EQ(pick.kind, OperationKind::copy);
    EXPECT_EQ(pick.output, wide.inputs[0]);
    EXPECT_EQ(pick.columns, (std::vector<std::uint64_t>{1, 5, 8})) << "all over x, while nobody knows";
}

TEST(OutlierSplit, HasOneOutlierAtLeastAndOneColumnThatIsNone) {
    for (const double share : {1e-6, 0.5}) {
        GraphBuilder build("small");
        build.mark_output(build.dense("y", build.tensor("x", TensorRole::input, 1, 2), 5, false));
        Graph graph = build.finish();
        ASSERT_EQ(split_outliers(graph, share).size(), 1U);
        EXPECT_EQ(operation(graph, "y.outliers").k, 1U);
    }
    GraphBuilder build("one");
    build.mark_output(build.dense("y", build.tensor("x", TensorRole::input, 3, 1), 5, false));
    Graph graph = build.finish();
    EXPECT_TRUE(split_outliers(graph, 0.5).empty()) << "a reduction of one value";
}

TEST(OutlierSplit, ComputesWhatTheGraphDidAndTakesTheLargestColumns) {
    Graph graph = three_products();
    const Graph before = graph;
    const auto splits = split_outliers(graph, 0.25);
    SourceTensors sources = synthetic_tensors(before, SyntheticInputs{}, 5);
    for (const std::size_t row : {1U, 4U}) sources[0][row * 10 + 2] = 50, sources[0][row * 10 + 7] = -60;
    sources[0][33] = 40;
    std::vector<std::vector<double>> wanted(before.tensors.size());
    evaluate(before, sources, {}, 1, [&](OperationId id, std::span<const double> values) {
        wanted[before.operations[id].output].assign(values.begin(), values.end());
        return true;
    });
    SourceTensors split_sources = synthetic_tensors(graph, SyntheticInputs{}, 5);
    for (TensorId id = 0; id < before.tensors.size(); ++id) split_sources[id] = sources[id];
    choose_outliers(graph, splits, split_sources, {}, 1);
    EXPECT_EQ(split_sources[splits[0].regular], (std::vector<double>{1, 1, 0, 0, 1, 1, 1, 0, 1, 1}));
    EXPECT_EQ(graph.operations[splits[0].picks[0]].columns, (std::vector<std::uint64_t>{2, 3, 7}));
    std::size_t compared = 0;
    evaluate(graph, split_sources, {}, 1, [&](OperationId id, std::span<const double> values) {
        const TensorId out = graph.operations[id].output;
        if (out >= before.tensors.size()) return true;
        for (std::size_t i = 0; i < values.size(); ++i) {
            EXPECT_NEAR(values[i], wanted[out][i], 1e-9 * (1 + std::fabs(wanted[out][i])));
            ++compared;
        }
        return true;
    });
    EXPECT_EQ(compared, 6 * (7 + 7 + 7 + 4 + 3));
}

}  // namespace
}  // namespace octet
