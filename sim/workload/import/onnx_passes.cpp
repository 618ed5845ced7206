// Operators that are passes of the vector unit.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "sim/workload/import/onnx_converter.h"

namespace octet {
namespace {

struct Function {
    std::string_view kind, approximate;
    OperationKind operation;
};
constexpr auto functions = std::to_array<Function>({
    {"Relu", "", OperationKind::relu},
    {"Tanh", "", OperationKind::tanh},
    {"Sigmoid", "", OperationKind::sigmoid},
    {"Silu", "", OperationKind::silu},
    {"Gelu", "", OperationKind::gelu},
    {"Gelu", "none", OperationKind::gelu},
    {"Gelu", "tanh", OperationKind::gelu_tanh},
    {"Gelu", "sigmoid", OperationKind::gelu_sigmoid},
    {"FastGelu", "", OperationKind::gelu_tanh},
    {"QuickGelu", "", OperationKind::gelu_sigmoid},
});

}  // namespace

// Value by value: in whatever order they lie.
OnnxValue OnnxConverter::pass(const std::string& name, OperationKind kind, const OnnxValue& x,
                              double factor) {
    OnnxValue from = x;
    if (x.kind != OnnxValue::Kind::machine || !is_permutation(x.layout, tensors_[x.tensor].elements()))
        from = tensors_.machine(tensors_.rows(x), x.dims());
    const Form form = tensors_.form(from.tensor);
    Operation operation = tensors_.over(kind, {from.tensor}, form);
    operation.factor = factor;
    from.tensor = tensors_.append(std::move(operation), name, form);
    return from;
}

// Of one shape.
OnnxValue OnnxConverter::pair(const std::string& name, OperationKind kind, const OnnxValue& x,
                              const OnnxValue& y) {
    const auto lies_alike = [&] {
        if (x.kind != OnnxValue::Kind::machine || y.kind != OnnxValue::Kind::machine) return false;
        const Tensor &a = tensors_[x.tensor], &b = tensors_[y.tensor];
        return x.layout == y.layout && a.elements() == b.elements() && a.cols == b.cols &&
               is_permutation(x.layout, a.elements());
    };
    if (lies_alike()) {
        OnnxValue result = x;
        const Form form = tensors_.form(x.tensor);
        result.tensor = tensors_.append(tensors_.over(kind, {x.tensor, y.tensor}, form), name, form);
        return result;
    }
    const TensorId a = tensors_.rows(x), b = tensors_.rows(y);
    const Form form = tensors_.form(a);
    return tensors_.machine(tensors_.append(tensors_.over(kind, {a, b}, form), name, form), x.dims());
}

// x plus what is repeated over it: a mask of a row or a matrix; for all, for each sample or for each matrix.
OnnxValue OnnxConverter::masked(const std::string& name, const OnnxValue& x, OnnxValue mask) {
    const Dims& dims = x.dims();
    if (dims.empty()) refuse("a sum of single values");
    const std::size_t rank = dims.size();
    Dims padded(rank, 1), want = dims;
    for (std::size_t i = 0; i < mask.dims().size(); ++i)
        padded[rank - mask.dims().size() + i] = mask.dims()[i];
    std::uint64_t batch = 1;
    const std::uint64_t m = rank > 1 ? dims[rank - 2] : 1, n = dims[rank - 1];
    for (std::size_t i = 0; i + 2 < rank; ++i) batch *= dims[i];
    const auto all_ones = [&](std::size_t from) {
        for (std::size_t i = from; i + 2 < rank; ++i)
            if (padded[i] != 1) return false;
        return true;
    };
    std::uint64_t masks = batch, samples = batch;
    if (all_ones(0)) {
        masks = 1;
        for (std::size_t i = 0; i + 2 < rank; ++i) want[i] = 1;
        if (rank > 1 && padded[rank - 2] == 1) want[rank - 2] = 1;
    } else if (padded[0] == dims[0] && all_ones(1)) {
        masks = samples = dims[0];
        for (std::size_t i = 1; i + 2 < rank; ++i) want[i] = 1;
        if (padded[rank - 2] == 1) want[rank - 2] = 1;
    }
    const auto layout = expanded(mask.layout, want);
    if (!layout) refuse("shapes do not fit");
    mask.layout = *layout;
    const std::uint64_t rows = rank > 1 ? want[rank - 2] : 1;
    const TensorId big = tensors_.rows(x);
    const TensorId small = tensors_.formed(mask, {masks, rows, n});
    Operation operation = tensors_.over(OperationKind::mask, {big, small}, {batch, m, n});
    operation.heads = masks == samples ? batch / samples : 1;
    const Form form = tensors_.form(big);
    return tensors_.machine(tensors_.append(std::move(operation), name, form), dims);
}

OnnxValue OnnxConverter::sum(const OnnxNode& node, const OnnxValue& x, const OnnxValue& y) {
    const auto dims = broadcast(x.dims(), y.dims());
    if (!dims) refuse("shapes do not fit");
    const bool x_whole = x.dims() == *dims && x.kind == OnnxValue::Kind::machine,
               y_whole = y.dims() == *dims && y.kind == OnnxValue::Kind::machine;
    if (!x_whole && !y_whole) refuse("neither operand has the shape of the sum");
    if (x_whole && y_whole) return pair(node.name, OperationKind::add, x, y);
    return x_whole ? masked(node.name, x, y) : masked(node.name, y, x);
}

OnnxValue OnnxConverter::norm(const OnnxNode& node, OperationKind kind, const Inputs& in) {
    if (!has(in, 1)) refuse("has no scale");
    const OnnxValue& x = *in[0];
    const std::size_t rank = x.dims().size();
    if (rank == 0 || axis(integer(node, "axis", -1), rank) + 1 != rank) refuse("not over the last dimension");
    const std::uint64_t n = x.dims().back();
    const TensorId rows = tensors_.rows(x);
    std::vector<TensorId> operands{rows};
    for (const std::size_t i : {1U, 2U}) {
        if (i == 2 && kind == OperationKind::rmsnorm) break;
        if (has(in, i) && in[i]->elements() != n) refuse("a scale or shift of another length");
        operands.push_back(has(in, i) ? tensors_.formed(*in[i], {1, 1, n})
                                      : tensors_.input(node.name + ".beta", {1, 1, n}));
    }
    const Form form = tensors_.form(rows);
    Operation operation = tensors_.over(kind, std::move(operands), form);
    operation.epsilon = number(node, "epsilon", 1e-5);
    if (!(operation.epsilon >= 0 && operation.epsilon <= 1)) refuse("an epsilon beyond 0 to 1");
    return tensors_.machine(tensors_.append(std::move(operation), node.name, form), x.dims());
}

// Rows of a table.
OnnxValue OnnxConverter::lookup(const OnnxNode& node, const Inputs& in) {
    const OnnxValue &table = *in[0], &ids = *in[1];
    const std::uint64_t count = ids.elements(), n = table.dims()[1];
    const TensorId rows = tensors_.formed(table, {1, table.dims()[0], n});
    const std::uint64_t batch = ids.dims().size() > 1 ? ids.dims()[0] : 1;
    Operation operation = tensors_.over(OperationKind::embedding, {rows}, {batch, count / batch, n});
    Dims dims = ids.dims();
    dims.push_back(n);
    return tensors_.machine(tensors_.append(std::move(operation), node.name, {1, count, n}), std::move(dims));
}

// Nothing if the machine has no such operation, or not for these operands.
std::optional<OnnxValue> OnnxConverter::operation(const OnnxNode& node, const Inputs& in) {
    const auto is_machine = [&](std::size_t i) {
        return has(in, i) && in[i]->kind == OnnxValue::Kind::machine;
    };
    if (node.kind == "MatMul" || node.kind == "Gemm") return product(node, in);
    if (node.kind == "Conv") return convolution(node, in);
    if (node.kind == "Gather" && has(in, 1) && in[0]->kind == OnnxValue::Kind::weight &&
        in[1]->kind == OnnxValue::Kind::host && in[0]->dims().size() == 2 && integer(node, "axis", 0) == 0)
        return lookup(node, in);
    if (node.kind == "Concat") return concatenated(node, in);
    if (!is_machine(0) && !is_machine(1) && !is_machine(2)) return {};
    if (is_machine(0)) {
        std::string approximate;
        if (const auto found = node.attributes.find("approximate"); found != node.attributes.end())
            approximate = found->second.text;
        for (const Function& row : functions)
            if (row.kind == node.kind && row.approximate == approximate && in.size() == 1)
                return pass(node.name, row.operation, *in[0]);
        if (node.kind == "Softmax") {
            const std::size_t rank = in[0]->dims().size();
            if (rank == 0 || axis(integer(node, "axis", model_.opset < 13 ? 1 : -1), rank) + 1 != rank)
                refuse("not over the last dimension");
            return pass(node.name, OperationKind::softmax,
                        tensors_.machine(tensors_.rows(*in[0]), in[0]->dims()));
        }
        if (node.kind == "LayerNormalization") return norm(node, OperationKind::layernorm, in);
        if (node.kind == "RMSNormalization" || node.kind == "SimplifiedLayerNormalization")
            return norm(node, OperationKind::rmsnorm, in);
        if (node.kind == "Neg" && in.size() == 1) return pass(node.name, OperationKind::scale, *in[0], -1);
    }
    if (node.kind == "Where" && has(in, 2) && in[0]->kind == OnnxValue::Kind::host) {
        // What is not wanted is masked: a constant far below, as masks of scores are.
        const bool first = is_machine(1);
        const OnnxValue &x = first ? *in[1] : *in[2], &fill = first ? *in[2] : *in[1];
        if (!scalar(fill) || broadcast(x.dims(), in[0]->dims()) != x.dims()) return {};
        return masked(node.name, x, *in[0]);
    }
    if (in.size() != 2 || !has(in, 0) || !has(in, 1)) return {};
    const OnnxValue &x = *in[0], &y = *in[1];
    if (node.kind == "Add") return sum(node, x, y);
    if (node.kind == "Sub" && is_machine(0) && !is_machine(1)) return sum(node, x, y);
    const auto scale = [&](const OnnxValue& of, double factor) -> std::optional<OnnxValue> {
        if (!std::isfinite(factor) || of.kind != OnnxValue::Kind::machine) return {};
        return pass(node.name, OperationKind::scale, of, factor);
    };
    const auto repeated_once = [](const OnnxValue& of, const OnnxValue& by) {
        return broadcast(of.dims(), by.dims()) == of.dims();
    };
    if (node.kind == "Mul") {
        if (const auto factor = scalar(y); factor && repeated_once(x, y)) return scale(x, *factor);
        if (const auto factor = scalar(x); factor && repeated_once(y, x)) return scale(y, *factor);
        if (x.dims() == y.dims() && is_machine(0) && is_machine(1))
            return pair(node.name, OperationKind::multiply, x, y);
        if (is_machine(0) == is_machine(1)) return {};
        // A vector of parameters for all rows: scaled and shifted by nothing.
        const OnnxValue &big = is_machine(0) ? x : y, &small = is_machine(0) ? y : x;
        if (big.dims().empty() || small.elements() != big.dims().back() ||
            small.dims().back() != small.elements())
            return {};
        const TensorId rows = tensors_.rows(big);
        const std::uint64_t n = big.dims().back();
        const Form form = tensors_.form(rows);
        const TensorId gamma = tensors_.formed(small, {1, 1, n}),
                       beta = tensors_.input(node.name + ".beta", {1, 1, n});
        return tensors_.machine(
            tensors_.append(tensors_.over(OperationKind::nonorm, {rows, gamma, beta}, form), node.name, form),
            big.dims());
    }
    if (node.kind == "Div")
        if (const auto divisor = scalar(y); divisor && repeated_once(x, y)) return scale(x, 1 / *divisor);
    return {};
}

// A pass over as many values as are read or made, whichever are more.
OnnxValue OnnxConverter::approximated(const OnnxNode& node, const Inputs& in) {
    const OnnxValue* largest = nullptr;
    Dims dims;
    for (const OnnxValue* value : in) {
        if (value == nullptr) continue;
        if (value->kind == OnnxValue::Kind::machine &&
            (largest == nullptr || value->elements() > largest->elements()))
            largest = value;
        const auto both = broadcast(dims, value->dims());
        if (both) dims = *both;
    }
    if (largest == nullptr)
        refuse("is neither an operation of the machine nor one of the host that is known");
    for (std::size_t i = 1; i < node.outputs.size(); ++i)
        if (!node.outputs[i].empty()) refuse("an unknown operator with several outputs");
    if (node.kind.starts_with("Reduce") || node.kind == "ArgMax" || node.kind == "ArgMin") {
        dims = largest->dims();
        const bool keeps = integer(node, "keepdims", 1) != 0;
        auto axes = integers(node, "axes", in, 1);
        if (node.kind.starts_with("Arg")) axes = {integer(node, "axis", 0)};
        if (axes.empty())
            for (std::size_t i = 0; i < dims.size(); ++i) axes.push_back(static_cast<std::int64_t>(i));
        std::vector<bool> gone(dims.size());
        for (const auto written : axes) gone[axis(written, dims.size())] = true;
        Dims left;
        for (std::size_t i = 0; i < dims.size(); ++i)
            if (!gone[i] || keeps) left.push_back(gone[i] ? 1 : dims[i]);
        dims = left;
    } else if (node.kind == "Concat" && !in.empty()) {
        dims = largest->dims();
        const std::size_t i = axis(integer(node, "axis", 0), dims.size());
        dims[i] = 0;
        for (const OnnxValue* value : in) {
            if (value == nullptr || value->dims().size() != dims.size()) refuse("shapes do not fit");
            dims[i] += value->dims()[i];
        }
    }
    const std::uint64_t made = elements_of(dims);
    if (made == 0 || made > std::uint64_t{1} << 40) refuse("makes no values, or more than 2^40");
    auto& [nodes, values] = approximations_[node.kind];
    ++nodes;
    values += std::max(made, largest->elements());
    if (made == largest->elements()) {
        OnnxValue result = pass(node.name, OperationKind::relu, *largest);
        return result.dims() == dims ? result : reshaped_to(result, dims);
    }
    if (made < largest->elements()) {
        const OnnxValue over = pass(node.name, OperationKind::relu, *largest);
        return tensors_.machine(tensors_.carried(node.name + ".result", over.tensor, flat_form(dims)), dims);
    }
    const TensorId operands = tensors_.carried(node.name + ".operands", largest->tensor, flat_form(dims));
    return pass(node.name, OperationKind::relu, tensors_.machine(operands, dims));
}

}  // namespace octet
