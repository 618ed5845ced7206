#include "sim/workload/import/onnx_tensors.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace octet {

Form flat_form(const Dims& dims) {
    const std::uint64_t cols = dims.empty() ? 1 : dims.back();
    return {1, cols == 0 ? 0 : elements_of(dims) / cols, cols};
}

// Names of files may hold anything; those of a trace may not.
std::string OnnxTensors::unique(const std::string& name) {
    std::string clean;
    for (const char c : name.substr(0, 1000))
        clean += static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) >= 0x7F ? '?' : c;
    if (clean.empty()) clean = "nameless";
    if (names_.insert(clean).second) return clean;
    for (std::size_t i = names_.size();; ++i) {
        std::string other = fmt::format("{}#{}", clean, i);
        if (names_.insert(other).second) return other;
    }
}

TensorId OnnxTensors::input(const std::string& name, const Form& form) {
    graph.tensors.push_back({unique(name), TensorRole::input, form.batch, form.rows, form.cols});
    return static_cast<TensorId>(graph.tensors.size() - 1);
}

void OnnxTensors::mark_output(TensorId id) {
    if (graph.tensors[id].role == TensorRole::activation) graph.tensors[id].role = TensorRole::output;
}

TensorId OnnxTensors::carried(const std::string& name, TensorId from, const Form& form) {
    const TensorId id = input(name, form);
    mark_output(from);
    const Tensor& source = graph.tensors[from];
    graph.tensors[id].after = source.role == TensorRole::output ? from : source.after;
    ++carried_tensors;
    carried_values += graph.tensors[id].elements();
    return id;
}

Operation OnnxTensors::over(OperationKind kind, std::vector<TensorId> inputs, const Form& form) const {
    Operation operation{.name = {}, .kind = kind, .inputs = std::move(inputs)};
    operation.batch = form.batch;
    operation.m = form.rows;
    operation.n = form.cols;
    return operation;
}

TensorId OnnxTensors::append(Operation operation, const std::string& name, const Form& output) {
    operation.name = unique(name);
    graph.tensors.push_back({operation.name, TensorRole::activation, output.batch, output.rows, output.cols});
    operation.output = static_cast<TensorId>(graph.tensors.size() - 1);
    graph.operations.push_back(std::move(operation));
    return graph.operations.back().output;
}

OnnxValue OnnxTensors::machine(TensorId id, Dims dims) const {
    OnnxValue value;
    value.kind = OnnxValue::Kind::machine;
    value.floating = true;
    value.constant = false;
    value.layout = dense_layout(std::move(dims));
    value.tensor = id;
    return value;
}

bool OnnxTensors::lies(const OnnxValue& value, const Form& form) const {
    if (value.kind != OnnxValue::Kind::machine) return false;
    const Tensor& tensor = graph.tensors[value.tensor];
    return is_dense(value.layout, tensor.elements()) && tensor.batch == form.batch &&
           tensor.rows == form.rows && tensor.cols == form.cols;
}

TensorId OnnxTensors::rows(const OnnxValue& value) {
    const Form flat = flat_form(value.dims());
    if (value.kind == OnnxValue::Kind::machine) {
        const Tensor& tensor = graph.tensors[value.tensor];
        if (is_dense(value.layout, tensor.elements()) && tensor.cols == flat.cols) return value.tensor;
    }
    return formed(value, flat);
}

TensorId OnnxTensors::formed(const OnnxValue& value, const Form& form) {
    if (lies(value, form)) return value.tensor;
    const std::string source =
        value.kind == OnnxValue::Kind::machine ? graph.tensors[value.tensor].name : value.source;
    const std::string key =
        fmt::format("{} {} {} {} {} {} {} {}", static_cast<int>(value.kind), source, value.layout.dims,
                    value.layout.strides, value.layout.offset, form.batch, form.rows, form.cols);
    if (const auto known = laid_out_.find(key); known != laid_out_.end()) return known->second;
    TensorId id = no_tensor;
    if (value.kind == OnnxValue::Kind::machine) {
        const auto copied = copied_rows(value, form);
        id = copied ? *copied : carried(source + ".laid_out", value.tensor, form);
    } else {
        id = input(source.empty() ? "host" : source, form);
        if (value.kind == OnnxValue::Kind::weight) graph.tensors[id].role = TensorRole::weight;
    }
    laid_out_.emplace(key, id);
    return id;
}

// Whole rows of equal parts of a tensor, neighbours in each: the machine moves them itself.
std::optional<TensorId> OnnxTensors::copied_rows(const OnnxValue& value, const Form& form) {
    const Tensor from = graph.tensors[value.tensor];
    const Strided& s = value.layout;
    if (form.batch != 1 || form.cols != from.cols || s.dims.empty() || s.dims.back() != from.cols ||
        (from.cols != 1 && s.strides.back() != 1) || s.offset % from.cols != 0)
        return {};
    const std::uint64_t count = from.batch * from.rows, first = s.offset / from.cols;
    const Strided lead{{s.dims.begin(), s.dims.end() - 1}, {s.strides.begin(), s.strides.end() - 1}, 0};
    std::uint64_t parts = 1;
    for (std::size_t i = 0; i <= lead.dims.size(); ++i) {
        const std::uint64_t taken = form.rows / parts;
        const auto two = reshaped(lead, {parts, taken});
        if (two && count % parts == 0 && first + taken <= count / parts &&
            (parts == 1 || two->strides[0] == count / parts * from.cols) &&
            (taken == 1 || two->strides[1] == from.cols)) {
            Operation copy = over(OperationKind::copy, {value.tensor}, {parts, taken, from.cols});
            copy.first = first;
            return append(std::move(copy), from.name + ".rows", form);
        }
        if (i < lead.dims.size()) parts *= lead.dims[i];
    }
    return {};
}

}  // namespace octet
