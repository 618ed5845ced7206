// Matrix products and convolutions.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "sim/workload/import/onnx_converter.h"

namespace octet {

// The one Split along the last dimension that alone reads a value.
const OnnxNode* OnnxConverter::split_of(const std::string& output) const {
    const auto users = users_.find(output);
    const bool wanted = std::ranges::find(model_.outputs, output) != model_.outputs.end();
    if (wanted || users == users_.end() || users->second.size() != 1) return nullptr;
    const OnnxNode* node = users->second.front();
    return node->kind == "Split" && node->inputs[0] == output ? node : nullptr;
}

OnnxValue OnnxConverter::product(const OnnxNode& node, const Inputs& in) {
    if (!has(in, 1)) refuse("has one operand alone");
    OnnxValue a = *in[0], b = *in[1];
    const OnnxValue* bias = has(in, 2) ? in[2] : nullptr;
    if (a.dims().size() < 2 || b.dims().size() < 2) refuse("an operand that is no matrix");
    if (node.kind == "Gemm") {
        if (a.dims().size() != 2 || b.dims().size() != 2) refuse("an operand that is no matrix");
        if (integer(node, "transA", 0) != 0) a.layout = transposed(a.layout, {1, 0});
        if (integer(node, "transB", 0) != 0) b.layout = transposed(b.layout, {1, 0});
        if (number(node, "alpha", 1) != 1 || (bias != nullptr && number(node, "beta", 1) != 1))
            refuse("alpha or beta that is not 1");
    }
    const std::uint64_t k = a.dims().back(), n = b.dims().back();
    if (b.dims()[b.dims().size() - 2] != k)
        refuse(fmt::format("sums of {} and of {} values", k, b.dims()[b.dims().size() - 2]));
    if (bias != nullptr && (bias->elements() != n || bias->kind == OnnxValue::Kind::machine))
        refuse("a bias that is no vector of parameters");
    if (a.kind != OnnxValue::Kind::machine && b.kind != OnnxValue::Kind::machine)
        refuse("a product of which the machine makes no operand");
    if (b.dims().size() != 2 || b.kind == OnnxValue::Kind::machine) {
        if (bias != nullptr) refuse("a bias of a product of two results");
        return batched(node.name, std::move(a), std::move(b));
    }
    // Columns that are split are products of their own, with the columns of the parameters.
    const OnnxNode* splitter = split_of(node.outputs[0]);
    const std::size_t rank = a.dims().size();
    if (splitter != nullptr && axis(integer(*splitter, "axis", 0), rank) + 1 == rank) {
        Inputs operands{in[0]};
        for (std::size_t i = 1; i < splitter->inputs.size(); ++i) {
            const auto found = values_.find(splitter->inputs[i]);
            operands.push_back(found == values_.end() ? nullptr : &found->second);
        }
        auto sizes = integers(*splitter, "split", operands, 1);
        const std::size_t count = splitter->outputs.size();
        if (sizes.empty() && count > 0 && n % count == 0)
            sizes.assign(count, static_cast<std::int64_t>(n / count));
        std::uint64_t sum = 0;
        for (const auto size : sizes) sum += size < 1 ? n + 1 : static_cast<std::uint64_t>(size);
        if (sum == n && sizes.size() == count && count > 1) {
            std::vector<OnnxValue> parts;
            std::uint64_t first = 0;
            for (const auto size : sizes) {
                const auto columns = static_cast<std::uint64_t>(size);
                OnnxValue part = with(b, sliced(b.layout, 1, first, columns)), shift;
                part.source = fmt::format("{}.{}", b.source, parts.size());
                if (bias != nullptr) {
                    const auto flat = reshaped(bias->layout, {n});
                    if (!flat) refuse("a bias that is repeated");
                    shift = with(*bias, sliced(*flat, 0, first, columns));
                    shift.source = fmt::format("{}.{}", bias->source, parts.size());
                }
                parts.push_back(dense(fmt::format("{}.{}", node.name, parts.size()), a, part,
                                      bias == nullptr ? nullptr : &shift));
                first += columns;
            }
            // What the split is asked for; of the whole only the shape is looked at.
            OnnxValue whole = parts.front();
            whole.layout.dims.back() = n;
            parts_.emplace(node.outputs[0], std::move(parts));
            return whole;
        }
    }
    return dense(node.name, a, b, bias);
}

// Rows times parameters.
OnnxValue OnnxConverter::dense(const std::string& name, const OnnxValue& a, const OnnxValue& b,
                               const OnnxValue* bias) {
    const std::uint64_t k = a.dims().back(), n = b.dims().back(), m = a.elements() / k;
    const TensorId x = tensors_.formed(a, {1, m, k});
    // Parameters that are stored the other way round are read that way.
    const bool turned = b.layout.strides[0] == 1 && b.layout.strides[1] == k && k > 1 && n > 1;
    const OnnxValue stored = turned ? with(b, transposed(b.layout, {1, 0})) : b;
    Operation operation{.name = {},
                        .inputs = {x, tensors_.formed(stored, turned ? Form{1, n, k} : Form{1, k, n})}};
    operation.transpose_b = turned;
    operation.m = m;
    operation.n = n;
    operation.k = k;
    operation.has_bias = bias != nullptr;
    if (bias != nullptr) operation.inputs.push_back(tensors_.formed(*bias, {1, 1, n}));
    Dims dims = a.dims();
    dims.back() = n;
    return tensors_.machine(tensors_.append(std::move(operation), name, {1, m, n}), std::move(dims));
}

// How the last two dimensions, for all of `lead`, lie in a tensor as an operand may: matrices of their own,
// one for all, or blocks of columns in rows of samples (graph.h).
std::optional<OnnxConverter::Operand> OnnxConverter::fit(const OnnxValue& value, const Dims& lead,
                                                         std::uint64_t heads, bool may_turn,
                                                         bool may_share) const {
    if (value.kind != OnnxValue::Kind::machine) return {};
    const Tensor& tensor = tensors_[value.tensor];
    const std::uint64_t batch = elements_of(lead), samples = batch / heads;
    const std::size_t rank = value.dims().size();
    for (const bool turned : {false, true}) {
        if (turned && !may_turn) break;
        const std::size_t r = rank - (turned ? 1 : 2), c = rank - (turned ? 2 : 1);
        const std::uint64_t rows = value.dims()[r], cols = value.dims()[c];
        OnnxValue matrices = value;
        if (turned) std::swap(matrices.layout.dims[rank - 1], matrices.layout.dims[rank - 2]);
        if (turned) std::swap(matrices.layout.strides[rank - 1], matrices.layout.strides[rank - 2]);
        if (elements_of(value.dims()) == elements_of(lead) * rows * cols &&
            tensors_.lies(matrices, {batch, rows, cols}))
            return Operand{value.tensor, 0, turned};
        const Strided front{{matrices.layout.dims.begin(), matrices.layout.dims.end() - 2},
                            {matrices.layout.strides.begin(), matrices.layout.strides.end() - 2},
                            0};
        if (may_share && std::ranges::all_of(front.strides, [](auto stride) { return stride == 0; }) &&
            tensors_.lies(
                with(value, Strided{{rows, cols},
                                    {matrices.layout.strides[rank - 2], matrices.layout.strides[rank - 1]},
                                    matrices.layout.offset}),
                {1, rows, cols}))
            return Operand{value.tensor, 0, turned};
        if (tensor.batch != 1 || tensor.rows != samples * rows || tensor.cols % cols != 0) continue;
        const std::uint64_t blocks = tensor.cols / cols;
        const auto inner = [&](std::size_t i, std::uint64_t stride) {
            return matrices.layout.dims[i] == 1 || matrices.layout.strides[i] == stride;
        };
        if (matrices.layout.offset != 0 || blocks > heads || heads % blocks != 0 || !inner(rank - 1, 1) ||
            !inner(rank - 2, tensor.cols))
            continue;
        const auto three = reshaped(front, {samples, blocks, heads / blocks});
        if (three && (samples == 1 || three->strides[0] == rows * tensor.cols) &&
            (blocks == 1 || three->strides[1] == cols) && (heads == blocks || three->strides[2] == 0))
            return Operand{value.tensor, blocks, turned};
    }
    return {};
}

OnnxValue OnnxConverter::batched(const std::string& name, OnnxValue a, OnnxValue b) {
    const std::uint64_t m = a.dims()[a.dims().size() - 2], k = a.dims().back(), n = b.dims().back();
    const auto lead =
        broadcast({a.dims().begin(), a.dims().end() - 2}, {b.dims().begin(), b.dims().end() - 2});
    if (!lead || elements_of(*lead) > 1 << 20) refuse("shapes do not fit");
    const auto widen = [&](OnnxValue& value) {
        Dims dims = *lead;
        dims.insert(dims.end(), value.dims().end() - 2, value.dims().end());
        const auto layout = expanded(value.layout, dims);
        if (!layout) refuse("shapes do not fit");
        value.layout = *layout;
    };
    widen(a);
    widen(b);
    const std::uint64_t batch = elements_of(*lead);
    std::optional<Operand> left, right;
    std::uint64_t heads = 1;
    std::vector<std::uint64_t> candidates;  // heads of a sample: the last so many dimensions
    for (std::uint64_t i = lead->size(), product = 1; i-- > 0;) candidates.push_back(product *= (*lead)[i]);
    candidates.push_back(1);
    for (const std::uint64_t candidate : candidates) {
        auto l = fit(a, *lead, candidate, false, false), r = fit(b, *lead, candidate, true, true);
        const int now = int{left.has_value()} + int{right.has_value()},
                  then = int{l.has_value()} + int{r.has_value()};
        if (then > now) {
            left = l;
            right = r;
            heads = candidate;
        }
    }
    if (!left) left = Operand{tensors_.formed(a, {batch, m, k}), 0, false};
    if (!right) right = Operand{tensors_.formed(b, {batch, k, n}), 0, false};
    Operation operation{.name = {}, .inputs = {left->tensor, right->tensor}};
    operation.batch = batch;
    operation.m = m;
    operation.n = n;
    operation.k = k;
    operation.heads = heads;
    operation.a_blocks = left->blocks;
    operation.b_blocks = right->blocks;
    operation.transpose_b = right->transposed;
    Dims dims = *lead;
    dims.insert(dims.end(), {m, n});
    // What heads make of their values lies side by side again.
    const bool side_by_side = right->blocks != 0 && !right->transposed && left->blocks == 0;
    if (!side_by_side)
        return tensors_.machine(tensors_.append(std::move(operation), name, {batch, m, n}), std::move(dims));
    operation.out_blocks = heads;
    const std::uint64_t samples = batch / heads;
    const Strided four{{samples, heads, m, n}, {m * heads * n, n, heads * n, 1}, 0};
    const auto layout = reshaped(four, dims);
    OnnxValue result =
        tensors_.machine(tensors_.append(std::move(operation), name, {1, samples * m, heads * n}), dims);
    if (!layout) refuse("a result that cannot be laid out");
    result.layout = *layout;
    return result;
}

// The product of its windows, laid out row by row outside of the machine, and its filters.
OnnxValue OnnxConverter::convolution(const OnnxNode& node, const Inputs& in) {
    if (!has(in, 1) || in[1]->kind == OnnxValue::Kind::machine || in[0]->kind != OnnxValue::Kind::machine)
        refuse("filters that are no parameters");
    const OnnxValue &x = *in[0], &filters = *in[1];
    const std::size_t sides = x.dims().size() < 3 ? 0 : x.dims().size() - 2;
    if (sides == 0 || filters.dims().size() != sides + 2) refuse("of no image");
    if (integer(node, "group", 1) != 1 || filters.dims()[1] != x.dims()[1]) refuse("in groups of channels");
    const auto pads = integers(node, "pads", {}, 0), strides = integers(node, "strides", {}, 0),
               dilations = integers(node, "dilations", {}, 0);
    if (const auto found = node.attributes.find("auto_pad"); found != node.attributes.end())
        if (found->second.text != "NOTSET" && found->second.text != "VALID")
            refuse("auto_pad " + found->second.text);
    const auto value = [](const std::vector<std::int64_t>& list, std::size_t i, std::int64_t usual) {
        return i < list.size() ? list[i] : usual;
    };
    const std::uint64_t samples = x.dims()[0], n = filters.dims()[0];
    Dims dims{samples, n};
    std::uint64_t windows = samples, k = filters.dims()[1];
    for (std::size_t i = 0; i < sides; ++i) {
        const auto size = static_cast<std::int64_t>(x.dims()[i + 2]),
                   of = static_cast<std::int64_t>(filters.dims()[i + 2]);
        const auto stride = value(strides, i, 1), spread = value(dilations, i, 1), low = value(pads, i, 0),
                   high = value(pads, i + sides, 0);
        constexpr std::int64_t most = 1 << 24;
        if (stride < 1 || spread < 1 || low < 0 || high < 0 || size > most || of > most || stride > most ||
            spread > most || low > most || high > most)
            refuse("a stride, dilation or padding beyond measure");
        const std::int64_t reach = size + low + high - spread * (of - 1) - 1;
        if (reach < 0) refuse("filters larger than their input");
        dims.push_back(static_cast<std::uint64_t>(reach / stride) + 1);
        if (elements_of({windows, dims.back()}) > std::uint64_t{1} << 40) refuse("more than 2^40 values");
        windows *= dims.back();
        k *= filters.dims()[i + 2];
        if (elements_of({windows, k}) > std::uint64_t{1} << 40) refuse("more than 2^40 values");
    }
    const OnnxValue rows =
        tensors_.machine(tensors_.carried(node.name + ".windows", x.tensor, {1, windows, k}), {windows, k});
    const OnnxValue turned = reshaped_to(filters, {n, k});
    const OnnxValue* bias = has(in, 2) ? in[2] : nullptr;
    if (bias != nullptr && (bias->elements() != n || bias->kind == OnnxValue::Kind::machine))
        refuse("a bias that is no vector of parameters");
    OnnxValue result = dense(node.name, rows, with(turned, transposed(turned.layout, {1, 0})), bias);
    // Channels are columns of the result; the others are its rows.
    const std::uint64_t places = windows / samples;
    Strided layout = dense_layout(dims);
    for (std::size_t i = 2; i < dims.size(); ++i) layout.strides[i] *= n;
    layout.strides[0] = places * n;
    layout.strides[1] = 1;
    result.layout = std::move(layout);
    return result;
}

}  // namespace octet
