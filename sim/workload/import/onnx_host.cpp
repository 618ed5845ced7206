#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>

#include "sim/workload/import/onnx_model.h"
#include "sim/workload/import/onnx_value.h"

namespace octet {
namespace {

using Values = std::vector<double>;

double quotient(double x, double y) {
    return x / y;
}
double whole_quotient(double x, double y) {
    return y == 0 ? 0 : std::trunc(x / y);
}
double remainder(double x, double y) {
    return y == 0 ? 0 : x - y * std::floor(x / y);
}

struct Binary {
    std::string_view kind;
    double (*of)(double, double);
    bool floating = false;  // comparisons make truths
};
constexpr auto binaries = std::to_array<Binary>({
    {"Add", [](double x, double y) { return x + y; }, true},
    {"Sub", [](double x, double y) { return x - y; }, true},
    {"Mul", [](double x, double y) { return x * y; }, true},
    {"Div", quotient, true},
    {"Mod", remainder, true},
    {"Pow", [](double x, double y) { return std::pow(x, y); }, true},
    {"Min", [](double x, double y) { return std::min(x, y); }, true},
    {"Max", [](double x, double y) { return std::max(x, y); }, true},
    {"Equal", [](double x, double y) -> double { return x == y; }},
    {"Less", [](double x, double y) -> double { return x < y; }},
    {"LessOrEqual", [](double x, double y) -> double { return x <= y; }},
    {"Greater", [](double x, double y) -> double { return x > y; }},
    {"GreaterOrEqual", [](double x, double y) -> double { return x >= y; }},
    {"And", [](double x, double y) -> double { return x != 0 && y != 0; }},
    {"Or", [](double x, double y) -> double { return x != 0 || y != 0; }},
});

struct Unary {
    std::string_view kind;
    double (*of)(double);
};
constexpr auto unaries = std::to_array<Unary>({
    {"Neg", [](double x) { return -x; }},
    {"Not", [](double x) -> double { return x == 0; }},
    {"Abs", [](double x) { return std::abs(x); }},
    {"Sqrt", [](double x) { return std::sqrt(x); }},
    {"Floor", [](double x) { return std::floor(x); }},
    {"Ceil", [](double x) { return std::ceil(x); }},
    {"Sign", [](double x) { return x > 0   ? 1.0
                                   : x < 0 ? -1.0
                                           : 0.0; }},
});

// Two operands repeated to one shape, and what they give value by value.
OnnxValue both(const OnnxValue& a, const OnnxValue& b, double (*of)(double, double), bool floating) {
    const auto dims = broadcast(a.dims(), b.dims());
    if (!dims || elements_of(*dims) > std::uint64_t{1} << 40)
        throw std::invalid_argument("shapes do not fit");
    std::optional<Values> values;
    if (a.values && b.values && elements_of(*dims) <= max_kept_values) {
        OnnxValue x = a, y = b;
        x.layout = *expanded(a.layout, *dims);
        y.layout = *expanded(b.layout, *dims);
        values = x.flat();
        const auto more = y.flat();
        for (std::size_t i = 0; i < values->size(); ++i) (*values)[i] = of((*values)[i], (*more)[i]);
    }
    return host_value(*dims, std::move(values), floating && (a.floating || b.floating),
                      a.constant && b.constant);
}

OnnxValue range(const std::vector<const OnnxValue*>& inputs) {
    Values ends;
    for (const OnnxValue* input : inputs) {
        const auto values = input->flat();
        if (!values || values->size() != 1) throw std::invalid_argument("is a range of unknown length");
        ends.push_back(values->front());
    }
    const double count = ends.size() != 3 || ends[2] == 0 ? -1 : std::ceil((ends[1] - ends[0]) / ends[2]);
    if (!(count >= 1 && count <= static_cast<double>(max_kept_values)))
        throw std::invalid_argument("is a range of no values, or of too many");
    Values values;
    for (double i = 0; i < count; ++i) values.push_back(ends[0] + i * ends[2]);
    const Dims dims{values.size()};
    return host_value(dims, std::move(values), inputs[0]->floating, true);
}

// Of one dimension alone, as shapes are.
OnnxValue reduced(const OnnxNode& node, const OnnxValue& x) {
    if (x.dims().size() > 1) throw std::invalid_argument("reduces more than one dimension on the host");
    const auto keep = node.attributes.find("keepdims");
    const bool keeps = keep == node.attributes.end() || keep->second.integers != std::vector<std::int64_t>{0};
    auto values = x.flat();
    if (values && !values->empty()) {
        double result = values->front();
        for (std::size_t i = 1; i < values->size(); ++i) {
            const double v = (*values)[i];
            result = node.kind == "ReduceProd"  ? result * v
                     : node.kind == "ReduceSum" ? result + v
                     : node.kind == "ReduceMin" ? std::min(result, v)
                                                : std::max(result, v);
        }
        values = Values{result};
    } else {
        values.reset();
    }
    return host_value(keeps ? Dims(x.dims().size(), 1) : Dims{}, std::move(values), x.floating, x.constant);
}

}  // namespace

std::optional<Values> OnnxValue::flat() const {
    if (!values || elements() > max_kept_values) return {};
    const std::uint64_t count = elements();
    Values result;
    result.reserve(count);
    Dims index(dims().size());
    std::uint64_t at = layout.offset;
    for (std::uint64_t n = 0; n < count; ++n) {
        if (at >= values->size()) return {};
        result.push_back((*values)[at]);
        for (std::size_t i = index.size(); i-- > 0;) {
            at += layout.strides[i];
            if (++index[i] < dims()[i]) break;
            at -= layout.strides[i] * dims()[i];
            index[i] = 0;
        }
    }
    return result;
}

OnnxValue host_value(Dims dims, std::optional<Values> values, bool floating, bool constant) {
    OnnxValue value;
    value.floating = floating;
    value.constant = constant;
    value.layout = dense_layout(std::move(dims));
    value.values = std::move(values);
    return value;
}

std::optional<OnnxValue> on_host(const OnnxNode& node, const std::vector<const OnnxValue*>& inputs) {
    const auto need = [&](std::size_t low, std::size_t high) {
        if (inputs.size() < low || inputs.size() > high)
            throw std::invalid_argument("a wrong number of inputs");
    };
    if (const auto row = std::ranges::find(binaries, node.kind, &Binary::kind); row != binaries.end()) {
        need(1, 16);
        OnnxValue value = *inputs[0];
        for (std::size_t i = 1; i < inputs.size(); ++i) {
            const bool whole = node.kind == "Div" && !value.floating && !inputs[i]->floating;
            value = both(value, *inputs[i], whole ? whole_quotient : row->of, row->floating);
        }
        return value;
    }
    if (const auto row = std::ranges::find(unaries, node.kind, &Unary::kind); row != unaries.end()) {
        need(1, 1);
        auto values = inputs[0]->flat();
        if (values)
            for (double& value : *values) value = row->of(value);
        return host_value(inputs[0]->dims(), std::move(values), inputs[0]->floating, inputs[0]->constant);
    }
    if (node.kind == "Where") {
        need(3, 3);
        const auto second = [](double, double y) { return y; };
        const OnnxValue on = both(
            both(*inputs[0], *inputs[1], second, true), *inputs[2], [](double x, double) { return x; }, true);
        OnnxValue value = both(*inputs[0], on, second, true);
        const OnnxValue off = both(*inputs[0], both(*inputs[1], *inputs[2], second, true), second, true),
                        truth = both(
                            *inputs[0], on, [](double x, double) { return x; }, true);
        if (value.values && off.values && truth.values)
            for (std::size_t i = 0; i < value.values->size(); ++i)
                if ((*truth.values)[i] == 0) (*value.values)[i] = (*off.values)[i];
        return value;
    }
    if (node.kind == "Range") {
        need(3, 3);
        return range(inputs);
    }
    if (node.kind == "ReduceProd" || node.kind == "ReduceSum" || node.kind == "ReduceMin" ||
        node.kind == "ReduceMax") {
        need(1, 2);
        return reduced(node, *inputs[0]);
    }
    if (node.kind == "CumSum" || node.kind == "Trilu") {  // of masks and positions: the values do not matter
        need(1, 2);
        return host_value(inputs[0]->dims(), {}, inputs[0]->floating, inputs[0]->constant);
    }
    return {};
}

}  // namespace octet
