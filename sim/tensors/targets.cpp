#include "sim/tensors/targets.h"

#include <fmt/format.h>

#include <algorithm>

#include "sim/tensors/ids.h"
#include "sim/tensors/tensor_file.h"

namespace octet {

std::optional<Targets> bind_targets(const Graph& graph, const InputsConfig& inputs,
                                    std::span<const std::uint64_t> tokens) {
    Targets targets;
    std::size_t heads = 0;
    bool causal = false;
    IdShape looked_up;
    for (OperationId id = 0; id < graph.operations.size(); ++id) {
        const Operation& operation = graph.operations[id];
        causal |= operation.causal.has_value();
        if (operation.kind == OperationKind::embedding) looked_up = {operation.batch, operation.m};
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

}  // namespace octet
