#include "sim/lower/kernels.h"

#include <algorithm>
#include <functional>

#include "sim/workload/footprint.h"

namespace octet {
namespace {

bool is_addition(const Operation& operation) {
    return operation.kind == OperationKind::add || operation.kind == OperationKind::position;
}

bool takes_wide_input(const Operation& operation, FusionLevel level) {
    switch (operation.kind) {
        case OperationKind::softmax:
        case OperationKind::rope:
        case OperationKind::softmax_backward:
        case OperationKind::activation_backward:
            return level >= FusionLevel::activation;
        case OperationKind::layernorm:
        case OperationKind::rmsnorm:
        case OperationKind::nonorm:
        case OperationKind::norm_backward:
            return level >= FusionLevel::layernorm;
        case OperationKind::add:
        case OperationKind::position:
        case OperationKind::table_gradient:
            return level >= FusionLevel::residual;
        case OperationKind::axpy:
        case OperationKind::moment:
        case OperationKind::second_moment:
        case OperationKind::adam:
        case OperationKind::row_squares:
        case OperationKind::row_sums:
        case OperationKind::clip_factor:
        case OperationKind::rescale:
            return true;
        default:
            return is_activation(operation.kind) && level >= FusionLevel::activation;
    }
}

// Whether `operation` joins the pass or the epilogue of a kernel that begins with `first`.
bool joins(const Operation& first, const Operation& operation, FusionLevel level, bool residual_port) {
    if (operation.batch * operation.m * operation.n != first.elements()) return false;
    if (is_addition(first)) return operation.kind == OperationKind::nonorm && level >= FusionLevel::layernorm;
    if (first.kind == OperationKind::softmax_backward)
        return operation.kind == OperationKind::scale && level >= FusionLevel::scaling;
    return first.kind == OperationKind::matmul && joins_epilogue(operation.kind, level, residual_port);
}

// Matrices of a batch that are stored one by one can pass from kernel to kernel one by one.
bool continues_group(const Graph& graph, const Kernel& before, const Kernel& kernel) {
    const auto& a = graph.operations[before.operation];
    const auto& b = graph.operations[kernel.operation];
    return a.batch > 1 && a.batch == b.batch && a.out_blocks == 0 && !b.inputs.empty() &&
           b.inputs[0] == before.output && b.a_blocks == 0 &&
           std::ranges::all_of(b.inputs, [&](TensorId x) { return graph.tensors[x].after == no_tensor; });
}

// One kernel reads all its parameters in one format.
bool parameters_agree(const Graph& graph, const Kernel& kernel, OperationId next) {
    std::vector<bool> precise;
    const auto add = [&](OperationId id) {
        const Operation& operation = graph.operations[id];
        for (std::size_t i = 0; i < operation.inputs.size(); ++i)
            if (is_parameter(graph, operation, i))
                precise.push_back(graph.tensors[operation.inputs[i]].precise);
    };
    add(kernel.operation);
    for (const OperationId id : kernel.fused) add(id);
    add(next);
    return std::adjacent_find(precise.begin(), precise.end(), std::not_equal_to<>()) == precise.end();
}

}  // namespace

bool joins_epilogue(OperationKind kind, FusionLevel level, bool residual_port) {
    switch (kind) {
        case OperationKind::scale:
            return level >= FusionLevel::scaling;
        case OperationKind::mask:
            return level >= FusionLevel::activation;
        case OperationKind::nonorm:
            return level >= FusionLevel::layernorm;
        case OperationKind::add:
            return level >= FusionLevel::residual && residual_port;
        default:
            return is_activation(kind) && level >= FusionLevel::activation;
    }
}

void number_groups(const Graph& graph, std::vector<Kernel>& kernels) {
    for (std::size_t k = 1; k < kernels.size(); ++k)
        kernels[k].group =
            kernels[k - 1].group + (continues_group(graph, kernels[k - 1], kernels[k]) ? 0 : 1);
}

bool is_parameter(const Graph& graph, const Operation& operation, std::size_t index) {
    switch (operation.kind) {
        case OperationKind::matmul:
            return index == 2;
        case OperationKind::layernorm:
        case OperationKind::rmsnorm:
        case OperationKind::nonorm:
            return index > 0;
        case OperationKind::position:
        case OperationKind::norm_backward:
            return index == 2;
        case OperationKind::rescale:
            return index == 1;
        case OperationKind::multiply:
            return index == 1 && operation.elements() > operation.n &&
                   graph.tensors[operation.inputs[1]].elements() == operation.n;
        case OperationKind::mask:
            return index > 0 && (operation.m == 1 || graph.tensors[operation.inputs[index]].rows == 1);
        default:
            return false;
    }
}

FusedGraph fuse(const Graph& graph, FusionLevel level, bool residual_port, const TensorFormats& formats) {
    std::vector<std::vector<OperationId>> readers(graph.tensors.size());
    for (OperationId id = 0; id < graph.operations.size(); ++id)
        for (TensorId input : graph.operations[id].inputs) readers[input].push_back(id);
    std::vector<std::uint32_t> position(graph.tensors.size(),
                                        0);  // when a tensor is there, counted in operations
    for (OperationId id = 0; id < graph.operations.size(); ++id)
        position[graph.operations[id].output] = id + 1;
    for (TensorId tensor = 0; tensor < graph.tensors.size(); ++tensor)
        if (graph.tensors[tensor].after != no_tensor)
            position[tensor] = position[graph.tensors[tensor].after];

    FusedGraph result;
    result.wide.assign(graph.tensors.size(), false);
    result.host.assign(graph.operations.size(), 0);
    std::vector<bool> done(graph.operations.size(), false);
    for (OperationId id = 0; id < graph.operations.size(); ++id) {
        if (done[id]) continue;
        const Operation& first = graph.operations[id];
        Kernel kernel;
        kernel.operation = kernel.charged = id;
        kernel.output = first.output;
        result.host[id] = id;
        done[id] = true;
        bool has_residual = false;
        while (readers[kernel.output].size() == 1 &&
               graph.tensors[kernel.output].role == TensorRole::activation) {
            const OperationId next = readers[kernel.output][0];
            const Operation& operation = graph.operations[next];
            if (!joins(first, operation, level, residual_port)) break;
            if (operation.kind == OperationKind::mask && !is_parameter(graph, operation, 1)) break;
            if (!parameters_agree(graph, kernel, next)) break;
            // What else it reads must exist when the product starts.
            if (std::ranges::any_of(operation.inputs, [&](TensorId input) {
                    return input != kernel.output && position[input] > id;
                }))
                break;
            if (operation.kind == OperationKind::add) {
                // One stream of another summand is all the unit can fetch.
                if (has_residual || operation.inputs[0] == operation.inputs[1]) break;
                has_residual = true;
            }
            kernel.fused.push_back(next);
            kernel.output = operation.output;
            result.host[next] = id;
            done[next] = true;
        }
        result.kernels.push_back(std::move(kernel));
    }
    number_groups(graph, result.kernels);
    for (const Kernel& kernel : result.kernels) {
        const auto& users = readers[kernel.output];
        const TensorRole role = graph.tensors[kernel.output].role;
        if (role == TensorRole::logits && users.empty())  // as a softmax on the machine would take them
            result.wide[kernel.output] = level >= FusionLevel::activation;
        if (role != TensorRole::activation || users.empty()) continue;
        bool wide = true;
        for (OperationId user : users) wide = wide && takes_wide_input(graph.operations[user], level);
        result.wide[kernel.output] = wide;
    }
    for (TensorId id = 0; id < graph.tensors.size(); ++id)
        if (const Tensor& tensor = graph.tensors[id];
            tensor.precise || tensor.use == FormatUse::wgrad || tensor.use == FormatUse::update)
            result.wide[id] = (tensor.precise || result.wide[id]) && !has_format(formats, tensor.use);
    for (TensorId id = 0; id < graph.tensors.size(); ++id)  // sums, and what copies in blocks are made of
        if (const Tensor& tensor = graph.tensors[id];
            tensor.precise && (tensor.role == TensorRole::activation || !is_of_update(tensor.use)))
            result.wide[id] = true;
    for (const Operation& operation : graph.operations)  // angles
        if (operation.kind == OperationKind::rope) result.wide[operation.inputs[1]] = true;
    return result;
}

}  // namespace octet
