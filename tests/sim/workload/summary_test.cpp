#include "sim/workload/summary.h"

#include <gtest/gtest.h>

#include "sim/workload/builder.h"
#include "tests/sim/workload/models.h"

namespace octet {
namespace {

TEST(WorkloadSummary, CountsWhatAnOperationReadsAndWrites) {
    GraphBuilder builder("one");
    const auto x = builder.tensor("x", TensorRole::input, 5, 3);
    builder.mark_output(builder.dense("dense", x, 7, true));
    const auto graph = builder.finish();
    const auto summary = summarize(graph, 8);
    ASSERT_EQ(summary.operations.size(), 1u);
    EXPECT_EQ(summary.operations[0].macs, 5u * 3 * 7);
    EXPECT_EQ(summary.operations[0].parameters, 3u * 7 + 7);
    EXPECT_EQ(summary.operations[0].weight_bytes, 3u * 7 + 7);
    EXPECT_EQ(summary.operations[0].activation_bytes, 5u * 3 + 5 * 7);
    EXPECT_EQ(summarize(graph, 4).operations[0].weight_bytes, 11u + 4);
    EXPECT_EQ(summarize(graph, 16).operations[0].activation_bytes, 100u);
}

TEST(WorkloadSummary, CountsASharedWeightOnce) {
    GraphBuilder builder("tied");
    const auto x = builder.tensor("x", TensorRole::input, 5, 3);
    const auto y = builder.dense("dense", x, 3, false);
    builder.mark_output(builder.elementwise("sum", OperationKind::add, {x, y}));
    auto graph = builder.finish();
    auto again = graph.operations[0];
    again.name = "again";
    again.output = static_cast<TensorId>(graph.tensors.size());
    graph.tensors.push_back({"again", TensorRole::output, 1, 5, 3});
    graph.operations.push_back(again);
    validate(graph);
    const auto summary = summarize(graph, 8);
    EXPECT_EQ(summary.operations[0].parameters, 9u);
    EXPECT_EQ(summary.operations[2].parameters, 0u);
    EXPECT_EQ(summary.operations[2].weight_bytes, 9u);
    EXPECT_EQ(summary.parameters, 9u);
}

TEST(WorkloadSummary, ReadsOneRowOfATableForEachToken) {
    const auto summary = summarize(expand(bert_base(), {.sequence = 10}), 8);
    EXPECT_EQ(summary.operations[0].weight_bytes, 3u * 10 * 768);
    EXPECT_EQ(summary.operations[0].parameters, (30522u + 512 + 2) * 768);
}

TEST(WorkloadSummary, AddsUpToTheGraph) {
    const auto graph = expand(bert_base(), {.batch = 2, .sequence = 10});
    const auto summary = summarize(graph, 8);
    EXPECT_EQ(summary.macs, graph.macs());
    EXPECT_EQ(summary.parameters, graph.parameters());
    EXPECT_EQ(summary.weight_bytes, graph.parameters());
    ASSERT_EQ(summary.layers.size(), 14u);
    EXPECT_EQ(summary.layers[0].name, "embeddings");
    EXPECT_EQ(summary.layers[1].name, "layer0");
    EXPECT_EQ(summary.layers[13].name, "pooler");
    EXPECT_EQ(summary.layers[13].count, 0u);
    EXPECT_EQ(summary.layers[13].parameters, 768u * 768 + 768);
    std::uint64_t activations = 0, operations = 0;
    for (const auto& layer : summary.layers) {
        activations += layer.activation_bytes;
        EXPECT_EQ(layer.first, operations);
        operations += layer.count;
    }
    EXPECT_EQ(operations, graph.operations.size());
    for (const auto& operation : summary.operations) activations -= operation.activation_bytes;
    EXPECT_EQ(activations, 0u);
}

}  // namespace
}  // namespace octet
