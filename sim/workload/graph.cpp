#include "sim/workload/graph.h"

#include <array>

namespace octet {
namespace {

constexpr std::array<std::string_view, 4> role_names{"input", "weight", "activation", "output"};
constexpr std::array<std::string_view, 22> kind_names{
    "embedding", "position", "matmul",   "scale", "mask",    "softmax", "layernorm", "rmsnorm",
    "nonorm",    "gelu",     "relu",     "silu",  "tanh",    "sigmoid", "gelu_tanh", "gelu_sigmoid",
    "hgelu",     "add",      "multiply", "copy",  "prepend", "rope"};

}  // namespace

std::string_view name(TensorRole role) {
    return role_names[static_cast<std::size_t>(role)];
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

bool takes_rows_from(OperationKind kind) {
    return kind == OperationKind::embedding || kind == OperationKind::position ||
           kind == OperationKind::copy || kind == OperationKind::rope;
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
