#include "sim/workload/infer.h"

#include <algorithm>

namespace octet {

std::uint64_t inferred_batch(const Graph& graph, const Operation& operation) {
    if (operation.out_blocks == 0) return graph.tensors[operation.output].batch;
    if (operation.a_blocks == 0 && !operation.inputs.empty())
        return graph.tensors[operation.inputs[0]].batch / std::max<std::uint64_t>(operation.of.share, 1);
    return operation.heads;
}

void infer_shape(const Graph& graph, Operation& operation) {
    const auto& output = graph.tensors[operation.output];
    const auto divisor = [](std::uint64_t value) { return std::max<std::uint64_t>(value, 1); };
    if (reduces(operation.kind) && !operation.inputs.empty()) {
        operation.m = graph.tensors[operation.inputs[0]].rows;
        operation.n = graph.tensors[operation.inputs[0]].cols;
        return;
    }
    const bool by_distance = operation.kind == OperationKind::distance_sums && !operation.inputs.empty();
    operation.n =
        by_distance ? graph.tensors[operation.inputs[0]].cols : output.cols / divisor(operation.out_blocks);
    if (!operation.in_blocks()) {
        operation.m = output.batch * output.rows / divisor(operation.batch);
        return;
    }
    const auto samples = divisor(operation.batch / divisor(operation.heads));
    operation.m = operation.out_blocks == 0 ? output.rows : output.rows / samples;
    if (operation.kind != OperationKind::matmul || operation.inputs.empty()) return;
    const auto& a = graph.tensors[operation.inputs[0]];
    operation.k = !operation.transpose_a    ? a.cols / divisor(operation.a_blocks)
                  : operation.a_blocks == 0 ? a.rows
                                            : a.rows / samples;
}

}  // namespace octet
