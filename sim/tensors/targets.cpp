#include "sim/tensors/targets.h"

#include <fmt/format.h>

#include <algorithm>

#include "sim/tensors/ids.h"
#include "sim/tensors/tensor_file.h"

namespace octet {
namespace {

// Of the last look-up of tokens.
IdShape looked_up_by(const Graph& graph) {
    IdShape shape;
    for (const Operation& operation : graph.operations)
        if (operation.kind == OperationKind::embedding) shape = {operation.batch, operation.m};
    return shape;
}

}  // namespace

std::optional<Targets> bind_targets(const Graph& graph, const InputsConfig& inputs,
                                    std::span<const std::uint64_t> tokens) {
    Targets targets;
    std::size_t heads = 0;
    bool causal = false;
    const IdShape looked_up = looked_up_by(graph);
    for (OperationId id = 0; id < graph.operations.size(); ++id) {
        const Operation& operation = graph.operations[id];
        causal |= operation.causal.has_value();
        if (graph.tensors[operation.output].role != TensorRole::logits) continue;
        targets.operation = id;
        ++heads;
    }
    const bool labelled = !inputs.labels.empty();
    if (heads != 1) {
        if (labelled)
            throw file_error(
                inputs.labels,
                heads == 0 ? "the workload makes no logits that labels could be held against"
                           : fmt::format("the workload makes logits {} times; labels are for one", heads));
        return std::nullopt;
    }
    const Tensor& logits = graph.tensors[graph.operations[targets.operation].output];
    const std::uint64_t rows = logits.batch * logits.rows;
    const bool every_token = rows == looked_up.count();
    const bool next = causal && every_token;
    if (!labelled && (!next || inputs.tokens.empty())) return std::nullopt;
    if (labelled)
        targets.classes = read_ids(inputs.labels, "label", every_token ? looked_up : IdShape{rows, 1},
                                   logits.cols, Targets::none);
    else
        targets.classes.assign(tokens.begin(), tokens.end());
    if (next)
        for (std::uint64_t sample = 0; sample < looked_up.samples; ++sample) {
            const auto first =
                targets.classes.begin() + static_cast<std::ptrdiff_t>(sample * looked_up.length);
            const auto last = first + static_cast<std::ptrdiff_t>(looked_up.length) - 1;
            std::copy(first + 1, last + 1, first);
            *last = Targets::none;
        }
    if (std::ranges::all_of(targets.classes, [](std::int64_t c) { return c == Targets::none; })) {
        if (labelled) throw file_error(inputs.labels, "every label says that there is none");
        return std::nullopt;  // samples of one token
    }
    return targets;
}

std::optional<Targets> bind_loss(const Graph& graph, TensorId labels, const InputsConfig& inputs,
                                 std::vector<double>& values) {
    if (inputs.labels.empty()) return std::nullopt;  // how well labels are met that were drawn says nothing
    const Tensor& tensor = graph.tensors[labels];
    const std::uint64_t rows = tensor.batch * tensor.rows;
    const IdShape looked_up = looked_up_by(graph);
    Targets targets;
    targets.classes =
        read_ids(inputs.labels, "label", looked_up.count() == rows ? looked_up : IdShape{rows, 1},
                 tensor.cols, std::nullopt);
    values.assign(tensor.elements(), 0);
    for (std::uint64_t row = 0; row < rows; ++row)
        values[row * tensor.cols + static_cast<std::uint64_t>(targets.classes[row])] = -1;
    const auto maker = [&](TensorId id) {
        return std::ranges::find(graph.operations, id, &Operation::output);
    };
    const auto difference = std::ranges::find_if(graph.operations, [&](const Operation& o) {
        return o.kind == OperationKind::add && o.inputs[1] == labels;
    });
    if (difference == graph.operations.end()) return std::nullopt;
    const auto likely = maker(difference->inputs[0]);
    if (likely == graph.operations.end() || likely->kind != OperationKind::softmax) return std::nullopt;
    const auto result = maker(likely->inputs[0]);
    if (result == graph.operations.end()) return std::nullopt;
    targets.operation = static_cast<OperationId>(result - graph.operations.begin());
    return targets;
}

}  // namespace octet
