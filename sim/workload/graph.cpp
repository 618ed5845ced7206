#include "sim/workload/graph.h"

#include <array>

namespace octet {
namespace {

constexpr std::array<std::string_view, 5> role_names{"input", "weight", "activation", "output", "logits"};
constexpr std::array<std::string_view, 37> kind_names{"embedding",
                                                      "position",
                                                      "matmul",
                                                      "scale",
                                                      "mask",
                                                      "softmax",
                                                      "layernorm",
                                                      "rmsnorm",
                                                      "nonorm",
                                                      "gelu",
                                                      "relu",
                                                      "silu",
                                                      "tanh",
                                                      "sigmoid",
                                                      "gelu_tanh",
                                                      "gelu_sigmoid",
                                                      "hgelu",
                                                      "add",
                                                      "multiply",
                                                      "copy",
                                                      "prepend",
                                                      "windows",
                                                      "rope",
                                                      "activation_backward",
                                                      "softmax_backward",
                                                      "norm_backward",
                                                      "spread",
                                                      "table_gradient",
                                                      "distance_sums",
                                                      "axpy",
                                                      "moment",
                                                      "second_moment",
                                                      "adam",
                                                      "row_squares",
                                                      "row_sums",
                                                      "clip_factor",
                                                      "rescale"};
constexpr std::array<std::string_view, 4> fill_names{"given", "zeros", "ones", "labels"};

}  // namespace

std::string_view name(TensorRole role) {
    return role_names[static_cast<std::size_t>(role)];
}

std::string_view name(TensorFill fill) {
    return fill_names[static_cast<std::size_t>(fill)];
}

std::string_view name(OperationKind kind) {
    return kind_names[static_cast<std::size_t>(kind)];
}

bool is_activation(OperationKind kind) {
    return kind >= OperationKind::gelu && kind <= OperationKind::hgelu;
}
bool is_norm(OperationKind kind) {
    return kind >= OperationKind::layernorm && kind <= OperationKind::nonorm;
}

bool has_function(OperationKind kind) {
    return kind == OperationKind::activation_backward || kind == OperationKind::norm_backward ||
           kind == OperationKind::table_gradient;
}
bool has_factor(OperationKind kind) {
    return kind == OperationKind::scale || (kind >= OperationKind::axpy && kind <= OperationKind::adam) ||
           kind == OperationKind::clip_factor;
}
bool reduces(OperationKind kind) {
    return kind == OperationKind::row_squares || kind == OperationKind::row_sums;
}
bool has_epsilon(OperationKind kind) {
    return is_norm(kind) || kind == OperationKind::norm_backward || kind == OperationKind::adam;
}

bool takes_rows_from(OperationKind kind) {
    return kind == OperationKind::embedding || kind == OperationKind::position ||
           kind == OperationKind::copy || kind == OperationKind::rope || kind == OperationKind::spread ||
           kind == OperationKind::table_gradient || kind == OperationKind::mask;
}

void mark_weights(Graph& graph) {
    std::vector<bool> read(graph.tensors.size()), otherwise(graph.tensors.size());
    for (const Operation& operation : graph.operations)
        for (std::size_t i = 0; i < operation.inputs.size(); ++i) {
            if (operation.inputs[i] >= graph.tensors.size()) continue;  // a fault
            read[operation.inputs[i]] = true;
            if (operation.kind != OperationKind::matmul || i != 1) otherwise[operation.inputs[i]] = true;
        }
    for (TensorId id = 0; id < graph.tensors.size(); ++id)
        if (Tensor& tensor = graph.tensors[id]; tensor.role == TensorRole::weight && !tensor.precise &&
                                                tensor.use == FormatUse::forward && read[id] &&
                                                !otherwise[id])
            tensor.use = FormatUse::weights;
}

std::uint64_t Graph::macs() const {
    std::uint64_t sum = 0;
    for (const auto& operation : operations) sum += operation.macs();
    return sum;
}

std::uint64_t Graph::parameters() const {
    std::uint64_t sum = 0;
    for (const auto& tensor : tensors)
        if (tensor.role == TensorRole::weight) sum += tensor.elements();
    return sum;
}

}  // namespace octet
