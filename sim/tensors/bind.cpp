#include "sim/tensors/bind.h"

#include <fmt/format.h>

#include <algorithm>

#include "sim/tensors/checkpoint.h"
#include "sim/tensors/distance_bias.h"
#include "sim/tensors/ids.h"
#include "sim/workload/tokens.h"

namespace octet {
namespace {

// What the look-ups of a graph ask for: ids below `vocabulary`, that of the smallest table.
void bind_tokens(const Graph& graph, const InputsConfig& inputs, std::uint64_t seed, Sources& sources) {
    std::uint64_t count = 0, vocabulary = 0, operations = 0;
    IdShape shape;
    for (const Operation& operation : graph.operations) {
        if (operation.kind != OperationKind::embedding) continue;
        const std::uint64_t rows = graph.tensors[operation.inputs[0]].rows;
        vocabulary = count == 0 ? rows : std::min(vocabulary, rows);
        count += operation.batch * operation.m;
        // Of several look-ups, one after another.
        shape = ++operations == 1 ? IdShape{operation.batch, operation.m} : IdShape{count, 1};
    }
    if (!inputs.tokens.empty() && count == 0)
        throw file_error(inputs.tokens, "no operation of the workload looks up tokens");
    if (!inputs.tokens.empty()) {
        const auto ids = read_ids(inputs.tokens, "token", shape, vocabulary, {});
        sources.tokens.assign(ids.begin(), ids.end());
        return;
    }
    for (std::uint64_t i = 0; i < count; ++i) sources.tokens.push_back(synthetic_token(seed, i, vocabulary));
}

}  // namespace

Sources bind_sources(const Graph& graph, const InputsConfig& inputs, std::uint64_t seed, unsigned threads) {
    Sources sources;
    sources.tensors = synthetic_tensors(graph, inputs.synthetic.value_or(SyntheticInputs{}), seed, threads);
    if (!inputs.weights.empty()) {
        TensorStore store(inputs.weights);
        LoadedWeights loaded = load_weights(graph, store);
        for (auto& [id, numbers] : loaded.numbers) sources.tensors[id] = std::move(numbers);
        sources.unused = std::move(loaded.unused);
        fill_distance_biases(graph, sources.tensors);
    }
    if (!inputs.activations.empty()) {
        const TensorId first = graph.operations.front().inputs.front();
        const Tensor& tensor = graph.tensors[first];
        if (tensor.role != TensorRole::input)
            throw file_error(inputs.activations,
                             fmt::format("the first operation reads {}, a {}, no activations",
                                         in_quotes(tensor.name), name(tensor.role)));
        const NpyFile file(inputs.activations);
        sources.tensors[first] = read_tensor({file.tensor(), file.path()}, {tensor.name}, tensor);
    }
    bind_tokens(graph, inputs, seed, sources);
    const auto labels = std::ranges::find(graph.tensors, TensorFill::labels, &Tensor::fill);
    if (labels == graph.tensors.end()) {
        sources.targets = bind_targets(graph, inputs, sources.tokens);
    } else {
        const auto id = static_cast<TensorId>(labels - graph.tensors.begin());
        sources.targets = bind_loss(graph, id, inputs, sources.tensors[id]);
    }
    return sources;
}

}  // namespace octet
