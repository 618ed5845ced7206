// What the rows of the logits should have said: the ground for cross-entropy, perplexity and accuracy.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "sim/config/experiment.h"
#include "sim/workload/graph.h"

namespace octet {

struct Targets {
    static constexpr std::int64_t none = -100;  // as the Hugging Face library marks it
    OperationId operation = 0;                  // makes the logits
    std::vector<std::int64_t> classes;          // by row of them: a column, or none
};

// One label for every row of the logits, a class or `none`. Where logits of every token come from a causal
// softmax, a row speaks of the next token: its target is the label of that one, and without labels the token
// itself; the last row of a sample has none. Nothing without labels otherwise, and where the graph has no
// logits or several (tokens decoded one after another). Throws InputError that names the file of labels.
std::optional<Targets> bind_targets(const Graph& graph, const InputsConfig& inputs,
                                    std::span<const std::uint64_t> tokens);

// Of a step of training: the classes that its tensor of labels, `labels`, has -1 for, and what makes the
// results that the loss is of. With a file of labels, one class for every row of the result, in their order,
// that tensor is made of it. Nothing without one, or for a graph whose labels are read by something else.
std::optional<Targets> bind_loss(const Graph& graph, TensorId labels, const InputsConfig& inputs,
                                 std::vector<double>& values);

}  // namespace octet
