#include "sim/workload/import/onnx.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "sim/workload/import/onnx_converter.h"
#include "sim/workload/import/onnx_patterns.h"

namespace octet {
namespace {

constexpr std::size_t most_errors = 20;
constexpr std::uint64_t most_host_values = 4'000'000;  // in all, so that no file keeps the host busy

}  // namespace

OnnxConverter::OnnxConverter(OnnxModel model, const OnnxOptions& options, const std::string& file)
    : model_(std::move(model)), options_(options), file_(file) {
    tensors_.graph.name = options.name;
}

void OnnxConverter::refuse(const std::string& reason) {
    throw std::invalid_argument(reason);
}

std::string OnnxConverter::title(const OnnxNode& node) {
    return fmt::format("node {} ({})", in_quotes(node.name), printable(node.kind));
}

OnnxImport OnnxConverter::run() {
    for (const OnnxNode& node : model_.nodes)
        for (const auto& input : node.inputs) users_[input].push_back(&node);
    constants();
    inputs();
    for (const OnnxNode& node : model_.nodes) {
        try {
            convert(node);
        } catch (const std::invalid_argument& error) {
            unknown_.add(where(), title(node), error.what());
            throw InputError(std::move(unknown_));
        }
        if (unknown_.total() >= most_errors) break;
    }
    unknown_.throw_if_any();
    for (const auto& name : model_.outputs)
        if (const auto value = values_.find(name);
            value != values_.end() && value->second.kind == OnnxValue::Kind::machine)
            tensors_.mark_output(value->second.tensor);
    const bool any = std::ranges::find(tensors_.graph.tensors, TensorRole::output, &Tensor::role) !=
                     tensors_.graph.tensors.end();
    if (!any) throw InputError(where(), "", "no output of the graph is made by an operation of the machine");
    OnnxImport import{std::move(tensors_.graph), {}};
    for (const auto& [kind, amount] : approximations_)
        import.notes.push_back(fmt::format("approximated: {} of {} as passes over {} values", amount.first,
                                           kind, amount.second));
    if (tensors_.carried_tensors > 0)
        import.notes.push_back(fmt::format("{} tensors of {} values go through DRAM to be laid out otherwise",
                                           tensors_.carried_tensors, tensors_.carried_values));
    if (on_host_ > 0)
        import.notes.push_back(
            fmt::format("{} nodes on token ids, masks and shapes are left to the host", on_host_));
    const auto wrong = faults(import.graph);
    if (!wrong.empty()) {
        const auto& fault = wrong.front();
        const std::string subject =
            fault.where == GraphFault::Where::operation ? import.graph.operations[fault.index].name
            : fault.where == GraphFault::Where::tensor  ? import.graph.tensors[fault.index].name
                                                        : import.graph.name;
        throw InputError(where(), in_quotes(subject), fault.message);
    }
    return import;
}

// Integers and lone numbers are the host's; other constants are parameters.
void OnnxConverter::constants() {
    for (auto& [name, constant] : model_.constants) {
        OnnxValue value = host_value(constant.dims, std::move(constant.values), constant.floating, true);
        value.source = name;
        value.whole = constant.dims;
        const std::uint64_t count = value.elements();
        if (constant.floating && count > 1) value.kind = OnnxValue::Kind::weight;
        values_.insert_or_assign(name, std::move(value));
    }
}

std::uint64_t OnnxConverter::side(const OnnxInput& input, std::size_t i) {
    if (input.sides[i]) return *input.sides[i];
    const auto given = options_.dims.find(input.names[i]);
    if (!input.names[i].empty() && given != options_.dims.end()) return given->second;
    throw InputError(where(), fmt::format("input {}", in_quotes(input.name)),
                     input.names[i].empty() ? fmt::format("dimension {} is open and has no name", i)
                                            : fmt::format("dimension {} is open; give --dim {}=N", i,
                                                          printable(input.names[i])));
}

void OnnxConverter::inputs() {
    for (const auto& [name, size] : options_.dims) {
        const bool used = std::ranges::any_of(model_.inputs, [&, name = name](const OnnxInput& input) {
            return std::ranges::find(input.names, name) != input.names.end();
        });
        if (!used)
            throw InputError(where(), "--dim " + printable(name),
                             "no input has an open dimension of this name");
    }
    for (const OnnxInput& input : model_.inputs) {
        Dims dims;
        for (std::size_t i = 0; i < input.sides.size(); ++i) dims.push_back(side(input, i));
        const std::uint64_t count = elements_of(dims);
        if (count == 0 || count > std::uint64_t{1} << 40)
            throw InputError(where(), fmt::format("input {}", in_quotes(input.name)),
                             "has no values, or more than 2^40");
        OnnxValue value = host_value(dims, {}, input.floating, false);
        value.source = input.name;
        if (input.floating && count > 1)
            value = tensors_.machine(tensors_.input(input.name, flat_form(dims)), dims);
        values_.insert_or_assign(input.name, std::move(value));
    }
}

void OnnxConverter::put(const OnnxNode& node, std::size_t output, OnnxValue value) {
    if (output >= node.outputs.size() || node.outputs[output].empty()) return;
    const std::string& name = node.outputs[output];
    if (value.dims().size() > max_onnx_rank) refuse(fmt::format("more than {} dimensions", max_onnx_rank));
    const std::uint64_t count = value.elements();
    if (count == 0 || count > std::uint64_t{1} << 40) refuse("makes no values, or more than 2^40");
    if (value.source.empty()) value.source = name;
    if (value.values) {
        kept_ += value.values->size();
        if (kept_ > most_host_values) value.values.reset();
    }
    if (!values_.emplace(name, std::move(value)).second)
        refuse(fmt::format("makes {}, which is there already", in_quotes(name)));
}

void OnnxConverter::convert(const OnnxNode& node) {
    Inputs in;
    for (const auto& name : node.inputs) {
        const auto found = values_.find(name);
        if (!name.empty() && found == values_.end())
            refuse(fmt::format("reads {}, which no node before it makes", in_quotes(name)));
        const bool there = !name.empty() && found->second.elements() != 0;  // no values: as if left out
        in.push_back(there ? &found->second : nullptr);
    }
    for (const auto& [name, attribute] : node.attributes)
        if (attribute.graph) refuse("control flow cannot be simulated");
    if (node.kind == "Split") return split(node, in);
    put(node, 0, result_of(node, in));
}

OnnxValue OnnxConverter::result_of(const OnnxNode& node, const Inputs& in) {
    if (node.kind == "Constant" || node.kind == "ConstantOfShape") {
        const auto value = node.attributes.find("value");
        const bool there = value != node.attributes.end() && value->second.tensor;
        if (node.kind == "ConstantOfShape") {
            const auto shape = has(in, 0) ? in[0]->flat() : std::nullopt;
            if (!shape) refuse("of a shape that is not known");
            Dims dims;
            for (const double s : *shape) {
                if (!(s >= 1 && s <= 1e12)) refuse("of a shape that cannot be");
                dims.push_back(static_cast<std::uint64_t>(s));
            }
            const bool floating = !there || value->second.tensor->floating;
            const double fill =
                there && value->second.tensor->values && value->second.tensor->values->size() == 1
                    ? value->second.tensor->values->front()
                    : 0;
            OnnxValue made = host_value(dims, {}, floating, true);
            if (made.elements() <= max_kept_values) made.values = std::vector<double>(made.elements(), fill);
            return made;
        }
        if (there) {
            OnnxValue made = host_value(value->second.tensor->dims, value->second.tensor->values,
                                        value->second.tensor->floating, true);
            made.whole = made.dims();
            if (made.floating && made.elements() > 1) made.kind = OnnxValue::Kind::weight;
            return made;
        }
        for (const char* name : {"value_int", "value_ints", "value_float"})
            if (const auto a = node.attributes.find(name); a != node.attributes.end()) {
                const bool floating = a->second.number.has_value(),
                           list = std::string_view(name) == "value_ints";
                std::vector<double> numbers(a->second.integers.begin(), a->second.integers.end());
                if (floating) numbers = {*a->second.number};
                if (!list && numbers.size() != 1) continue;
                return host_value(list ? Dims{numbers.size()} : Dims{}, numbers, floating, true);
            }
        refuse("a constant of an unknown kind");
    }
    if (node.kind == "Shape") {
        if (!has(in, 0)) refuse("has no input");
        std::vector<double> sides(in[0]->dims().begin(), in[0]->dims().end());
        const auto size = static_cast<std::int64_t>(sides.size());
        const auto clamp = [&](std::int64_t i) {
            return std::clamp<std::int64_t>(i < 0 ? i + size : i, 0, size);
        };
        const auto first = clamp(integer(node, "start", 0)), last = clamp(integer(node, "end", size));
        if (first >= last) refuse("of no dimensions");
        sides = {sides.begin() + first, sides.begin() + last};
        const Dims dims{sides.size()};
        return host_value(dims, std::move(sides), false, true);
    }
    if (in.empty() || in[0] == nullptr) refuse("has no first input");
    if (auto value = view(node, in)) return *value;
    const bool host = std::ranges::all_of(
        in, [](const OnnxValue* value) { return value == nullptr || value->kind == OnnxValue::Kind::host; });
    if (host && std::ranges::find(in, nullptr) == in.end())
        if (auto value = on_host(node, in)) {
            if (!value->constant) ++on_host_;
            return *value;
        }
    if (auto value = operation(node, in)) return *value;
    if (!options_.approximate)
        unknown_.add(where(), title(node), "unknown operator; --approximate counts a pass over its values");
    return approximated(node, in);
}

// ---- attributes and operands

std::int64_t OnnxConverter::integer(const OnnxNode& node, const char* name, std::int64_t usual) {
    const auto found = node.attributes.find(name);
    return found == node.attributes.end() || found->second.integers.size() != 1 ? usual
                                                                                : found->second.integers[0];
}

double OnnxConverter::number(const OnnxNode& node, const char* name, double usual) {
    const auto found = node.attributes.find(name);
    return found == node.attributes.end() || !found->second.number ? usual : *found->second.number;
}

// An attribute of older files is an input of newer ones.
std::vector<std::int64_t> OnnxConverter::integers(const OnnxNode& node, const char* name, const Inputs& in,
                                                  std::size_t input) const {
    if (has(in, input)) {
        const auto values = in[input]->flat();
        if (!values) refuse(fmt::format("{} that are not known before the run", name));
        std::vector<std::int64_t> numbers;
        for (const double value : *values) {
            if (!(std::abs(value) <= 9e18)) refuse(fmt::format("{} beyond measure", name));
            numbers.push_back(static_cast<std::int64_t>(value));
        }
        return numbers;
    }
    const auto found = node.attributes.find(name);
    return found == node.attributes.end() ? std::vector<std::int64_t>{} : found->second.integers;
}

std::size_t OnnxConverter::axis(std::int64_t written, std::size_t rank) {
    const auto size = static_cast<std::int64_t>(rank);
    if (written < -size || written >= size) refuse(fmt::format("axis {} of {} dimensions", written, rank));
    return static_cast<std::size_t>(written < 0 ? written + size : written);
}

std::optional<double> OnnxConverter::scalar(const OnnxValue& value) {
    if (value.kind == OnnxValue::Kind::machine || value.elements() != 1) return {};
    const auto flat = value.flat();
    return flat ? std::optional(flat->front()) : std::nullopt;
}

OnnxImport import_onnx(OnnxModel model, const OnnxOptions& options, const std::string& file) {
    join_patterns(model);
    return OnnxConverter(std::move(model), options, file).run();
}

}  // namespace octet
