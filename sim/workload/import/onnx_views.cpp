// Operators that read the same values in another order or shape.
#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "sim/workload/import/onnx_converter.h"

namespace octet {

OnnxValue OnnxConverter::with(const OnnxValue& value, Strided layout) const {
    OnnxValue result = value;
    result.layout = std::move(layout);
    return result;
}

// Where a reading in place is not possible, the values are laid out anew.
OnnxValue OnnxConverter::reshaped_to(const OnnxValue& value, Dims dims) {
    if (dims.size() > max_onnx_rank) refuse(fmt::format("more than {} dimensions", max_onnx_rank));
    if (elements_of(dims) != value.elements())
        refuse(fmt::format("{} values in a shape of {}", value.elements(), elements_of(dims)));
    if (auto layout = reshaped(value.layout, dims)) return with(value, std::move(*layout));
    if (value.kind == OnnxValue::Kind::machine)
        return tensors_.machine(tensors_.formed(value, flat_form(dims)), std::move(dims));
    OnnxValue result = value;
    result.layout = dense_layout(dims);
    result.whole = std::move(dims);
    result.values = value.flat();
    result.source += ".laid_out";
    return result;
}

Dims OnnxConverter::target_shape(const OnnxNode& node, const OnnxValue& value, const OnnxValue& shape) const {
    const auto sides = shape.flat();
    if (!sides || sides->size() > max_onnx_rank) refuse("to a shape that is not known before the run");
    Dims dims;
    std::optional<std::size_t> open;
    const bool zero = integer(node, "allowzero", 0) != 0;
    for (std::size_t i = 0; i < sides->size(); ++i) {
        const double side = (*sides)[i];
        if (side == -1 && !open) {
            open = i;
            dims.push_back(1);
        } else if (side == 0 && !zero && i < value.dims().size()) {
            dims.push_back(value.dims()[i]);
        } else if (side >= 1 && side <= 1e12) {
            dims.push_back(static_cast<std::uint64_t>(side));
        } else {
            refuse("to a shape that cannot be");
        }
    }
    const std::uint64_t known = elements_of(dims);
    if (open && value.elements() % known != 0) refuse("to a shape that does not fit");
    if (open) dims[*open] = value.elements() / known;
    return dims;
}

std::optional<OnnxValue> OnnxConverter::view(const OnnxNode& node, const Inputs& in) {
    const OnnxValue& x = *in[0];
    const std::size_t rank = x.dims().size();
    const std::string& kind = node.kind;
    if (kind == "Identity" || kind == "Dropout") return x;
    if (kind == "Cast") {
        OnnxValue result = x;
        const auto to = integer(node, "to", 1);
        if (x.kind == OnnxValue::Kind::host) result.floating = to == 1 || to == 10 || to == 11 || to == 16;
        return result;
    }
    if (kind == "Reshape") {
        if (!has(in, 1)) refuse("has no shape");
        return reshaped_to(x, target_shape(node, x, *in[1]));
    }
    if (kind == "Flatten") {
        auto i = integer(node, "axis", 1);
        if (i < 0) i += static_cast<std::int64_t>(rank);
        if (i < 0 || i > static_cast<std::int64_t>(rank)) refuse("at a dimension that is not there");
        const Dims lead(x.dims().begin(), x.dims().begin() + i);
        return reshaped_to(x, {elements_of(lead), x.elements() / elements_of(lead)});
    }
    if (kind == "Unsqueeze" || kind == "Squeeze") {
        const bool more = kind == "Unsqueeze";
        const auto axes = integers(node, "axes", in, 1);
        const std::size_t whole = more ? rank + axes.size() : rank;
        if (whole > max_onnx_rank) refuse(fmt::format("more than {} dimensions", max_onnx_rank));
        std::vector<bool> marked(whole);
        for (const auto written : axes) marked[axis(written, whole)] = true;
        if (!more && axes.empty())
            for (std::size_t i = 0; i < rank; ++i) marked[i] = x.dims()[i] == 1;
        Dims dims;
        std::size_t next = 0;
        for (std::size_t i = 0; i < whole; ++i) {
            if (!more && marked[i] && x.dims()[i] != 1) refuse("a dimension that is not 1");
            if (more) {
                if (!marked[i] && next >= rank) refuse("a dimension twice");
                dims.push_back(marked[i] ? 1 : x.dims()[next++]);
            } else if (!marked[i]) {
                dims.push_back(x.dims()[i]);
            }
        }
        return reshaped_to(x, std::move(dims));
    }
    if (kind == "Transpose") {
        std::vector<std::size_t> order;
        std::vector<bool> seen(rank);
        for (const auto i : integers(node, "perm", {}, 0)) order.push_back(axis(i, rank));
        if (order.empty())
            for (std::size_t i = rank; i-- > 0;) order.push_back(i);
        if (order.size() != rank) refuse("an order of another number of dimensions");
        for (const std::size_t i : order) {
            if (seen[i]) refuse("a dimension twice");
            seen[i] = true;
        }
        return with(x, transposed(x.layout, order));
    }
    if (kind == "Expand") {
        const auto sides = has(in, 1) ? in[1]->flat() : std::nullopt;
        if (!sides || sides->size() > max_onnx_rank) refuse("to a shape that is not known before the run");
        Dims dims;
        for (const double s : *sides) {
            if (!(s >= 1 && s <= 1e12)) refuse("to a shape that cannot be");
            dims.push_back(static_cast<std::uint64_t>(s));
        }
        const auto both = broadcast(x.dims(), dims);
        const auto layout = both ? expanded(x.layout, *both) : std::nullopt;
        if (!layout) refuse("to a shape that does not fit");
        return with(x, *layout);
    }
    if (kind == "Gather") {
        const std::size_t i = rank == 0 ? 0 : axis(integer(node, "axis", 0), rank);
        if (rank == 0 || !has(in, 1)) refuse("from nothing");
        const auto indices = in[1]->flat();
        if (!indices || indices->size() != 1) {
            // Of values that the host knows, or does not.
            if (x.kind != OnnxValue::Kind::host || in[1]->kind != OnnxValue::Kind::host) return {};
            if (rank != 1) refuse("on the host from more than one dimension");
            auto values = x.flat();
            if (values && indices) {
                std::vector<double> taken;
                for (const double index : *indices) {
                    const double at = index < 0 ? index + static_cast<double>(values->size()) : index;
                    if (!(at >= 0 && at < static_cast<double>(values->size())))
                        refuse("an index beyond the values");
                    taken.push_back((*values)[static_cast<std::size_t>(at)]);
                }
                return host_value(in[1]->dims(), std::move(taken), x.floating, x.constant);
            }
            return host_value(in[1]->dims(), {}, x.floating, x.constant && in[1]->constant);
        }
        if (x.kind == OnnxValue::Kind::weight && i == 0 && rank == 2) return {};  // a row of a table
        const double size = static_cast<double>(x.dims()[i]),
                     index = indices->front() < 0 ? indices->front() + size : indices->front();
        if (!(index >= 0 && index < size)) refuse("an index beyond the values");
        const Strided one = sliced(x.layout, i, static_cast<std::uint64_t>(index), 1);
        Dims dims(x.dims().begin(), x.dims().begin() + static_cast<std::ptrdiff_t>(i));
        dims.insert(dims.end(), in[1]->dims().begin(), in[1]->dims().end());
        dims.insert(dims.end(), x.dims().begin() + static_cast<std::ptrdiff_t>(i) + 1, x.dims().end());
        return reshaped_to(with(x, one), std::move(dims));
    }
    if (kind == "Slice") {
        const auto starts = integers(node, "starts", in, 1), ends = integers(node, "ends", in, 2);
        auto axes = integers(node, "axes", in, 3);
        const auto steps = integers(node, "steps", in, 4);
        if (axes.empty()) {
            axes.resize(starts.size());
            std::iota(axes.begin(), axes.end(), 0);
        }
        if (starts.size() != ends.size() || starts.size() != axes.size()) refuse("of unequal lists");
        if (std::ranges::any_of(steps, [](auto step) { return step != 1; })) return {};
        Strided layout = x.layout;
        for (std::size_t k = 0; k < starts.size(); ++k) {
            const std::size_t i = axis(axes[k], rank);
            const auto size = static_cast<std::int64_t>(layout.dims[i]);
            const auto clamp = [&](std::int64_t at) {
                return std::clamp<std::int64_t>(at < 0 ? at + size : at, 0, size);
            };
            const std::int64_t first = clamp(starts[k]), last = clamp(ends[k]);
            if (first >= last) refuse("of no values");
            layout = sliced(layout, i, static_cast<std::uint64_t>(first),
                            static_cast<std::uint64_t>(last - first));
        }
        return with(x, std::move(layout));
    }
    return {};
}

void OnnxConverter::split(const OnnxNode& node, const Inputs& in) {
    if (!has(in, 0)) refuse("has no first input");
    if (const auto parts = parts_.find(node.inputs[0]); parts != parts_.end()) {
        for (std::size_t i = 0; i < node.outputs.size() && i < parts->second.size(); ++i)
            put(node, i, parts->second[i]);
        return;
    }
    const OnnxValue& x = *in[0];
    const std::size_t i = axis(integer(node, "axis", 0), x.dims().size());
    auto sizes = integers(node, "split", in, 1);
    if (sizes.empty() && !node.outputs.empty() && x.dims()[i] % node.outputs.size() == 0)
        sizes.assign(node.outputs.size(), static_cast<std::int64_t>(x.dims()[i] / node.outputs.size()));
    if (sizes.size() != node.outputs.size() || sizes.empty()) refuse("into parts of unknown sizes");
    const OnnxValue from = x;  // put() may move it
    std::uint64_t first = 0;
    for (std::size_t k = 0; k < sizes.size(); ++k) {
        if (sizes[k] < 1 || static_cast<std::uint64_t>(sizes[k]) > from.dims()[i] - first)
            refuse("into parts that do not fit");
        const auto size = static_cast<std::uint64_t>(sizes[k]);
        put(node, k, with(from, sliced(from.layout, i, first, size)));
        first += size;
    }
}

// Of the host; and a row of parameters before those of each sample.
std::optional<OnnxValue> OnnxConverter::concatenated(const OnnxNode& node, const Inputs& in) {
    if (std::ranges::find(in, nullptr) != in.end()) refuse("has no such input");
    const std::size_t rank = in[0]->dims().size();
    if (rank == 0) refuse("of single values");
    const std::size_t i = axis(integer(node, "axis", 0), rank);
    Dims dims = in[0]->dims();
    dims[i] = 0;
    bool host = true, constant = true, known = true;
    for (const OnnxValue* value : in) {
        Dims alike = value->dims();
        if (alike.size() != rank) refuse("shapes do not fit");
        dims[i] += alike[i];
        alike[i] = dims[i];
        if (alike != dims) refuse("shapes do not fit");
        host = host && value->kind == OnnxValue::Kind::host;
        constant = constant && value->constant;
        known = known && value->values;
    }
    if (in.size() == 1) return *in[0];
    if (host) {
        std::optional<std::vector<double>> values;
        if (known && rank == 1 && elements_of(dims) <= max_kept_values) {
            values.emplace();
            for (const OnnxValue* value : in)
                if (const auto flat = value->flat())
                    values->insert(values->end(), flat->begin(), flat->end());
            if (values->size() != elements_of(dims)) values.reset();
        }
        return host_value(dims, std::move(values), in[0]->floating, constant);
    }
    const OnnxValue &row = *in[0], &x = *in.back();
    const bool before = in.size() == 2 && rank == 3 && i == 1 && row.kind == OnnxValue::Kind::weight &&
                        x.kind == OnnxValue::Kind::machine && row.dims()[1] == 1 &&
                        (row.layout.strides[0] == 0 || row.dims()[0] == 1);
    if (!before) return {};
    const std::uint64_t samples = dims[0], n = dims[2];
    const TensorId one = tensors_.formed(with(row, sliced(row.layout, 0, 0, 1)), {1, 1, n});
    const TensorId rows = tensors_.rows(x);
    Operation operation = tensors_.over(OperationKind::prepend, {rows, one}, {samples, dims[1], n});
    return tensors_.machine(tensors_.append(std::move(operation), node.name, {1, samples * dims[1], n}),
                            dims);
}

}  // namespace octet
