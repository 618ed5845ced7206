#include "sim/workload/backward.h"

#include <fmt/format.h>

#include <stdexcept>
#include <utility>

namespace octet {
namespace {

// That look-ups before this one took.
std::uint64_t tokens_before(const Graph& graph, const Operation& look_up) {
    std::uint64_t tokens = 0;
    for (const Operation& o : graph.operations) {
        if (o.output == look_up.output) break;
        if (o.kind == OperationKind::embedding) tokens += o.batch * o.m;
    }
    return tokens;
}

}  // namespace

Backward::Backward(GraphBuilder& graph, std::map<TensorId, MergedWeight> merged)
    : graph_(graph),
      merged_(std::move(merged)),
      needs_(graph.graph().tensors.size()),
      gradients_(graph.graph().tensors.size(), no_tensor),
      operations_(graph.graph().operations.size()) {
    for (const TensorId master : graph.trained()) needs_[master] = true;
    for (const Operation& o : graph.graph().operations) {
        for (const TensorId input : o.inputs)
            if (needs_[input]) needs_[o.output] = true;
        if (o.table != no_tensor && needs_[o.table]) needs_[o.output] = true;
    }
}

void Backward::run(TensorId result, TensorId gradient) {
    gradients_[result] = gradient;
    for (std::size_t i = operations_; i-- > 0;) {
        const Operation o = graph_.graph().operations[i];  // a copy: the list grows
        if (needs(o.output) && gradients_[o.output] != no_tensor) operation(o, gradients_[o.output]);
    }
    graph_.mark_use(gradient, FormatUse::dgrad);
    for (auto id = static_cast<TensorId>(gradients_.size()); id < graph_.graph().tensors.size(); ++id)
        if (graph_[id].role == TensorRole::activation) graph_.mark_use(id, FormatUse::dgrad);
    for (const TensorId id : wide_) graph_.mark_use(id, FormatUse::wgrad_operands);
    for (const TensorId master : graph_.trained())
        if (of(master) != no_tensor) graph_.mark_use(of(master), FormatUse::wgrad);
}

// At once, so that the sum can join the product that made the newer one.
void Backward::add(TensorId tensor, TensorId gradient, const std::string& name) {
    TensorId& sum = gradients_[tensor];
    sum =
        sum == no_tensor ? gradient : graph_.elementwise(name + ".sum", OperationKind::add, {gradient, sum});
}

// The gradient of an input, if it is asked for, in the shape of that input.
void Backward::pass_on(const Operation& o, std::size_t input, Operation gradient, const char* what) {
    const TensorId to = o.inputs[input];
    if (!needs(to)) return;
    gradient.name = fmt::format("{}.{}", o.name, what);
    const Tensor shape = graph_[to];
    const std::string name = gradient.name;
    add(to, graph_.append(std::move(gradient), shape.rows, shape.cols, shape.batch), name);
}

void Backward::operation(const Operation& o, TensorId dy) {
    Operation same{.name = {}, .kind = OperationKind::copy, .inputs = {dy}};  // over the same rows
    same.batch = o.batch;
    same.m = o.m;
    same.n = o.n;
    const TensorId x = o.inputs[0];
    switch (o.kind) {
        case OperationKind::matmul:
            return product(o, dy);
        case OperationKind::add:
            for (std::size_t i = 0; i < 2; ++i)
                if (needs(o.inputs[i])) add(o.inputs[i], dy, fmt::format("{}.backward{}", o.name, i));
            return;
        case OperationKind::mask:
            if (needs(x)) add(x, dy, o.name + ".backward");
            return distance_bias(o, dy);
        case OperationKind::position:
            if (needs(x)) add(x, dy, o.name + ".backward");
            return tables(o, dy, 1);
        case OperationKind::embedding:
            return tables(o, dy, 0);
        case OperationKind::scale:
            same.kind = OperationKind::scale;
            same.factor = o.factor;
            return pass_on(o, 0, same, "backward");
        case OperationKind::multiply:
            same.kind = OperationKind::multiply;
            same.inputs = {dy, o.inputs[1]};
            pass_on(o, 0, same, "backward");
            same.inputs = {dy, x};
            return pass_on(o, 1, same, "backward_second");
        case OperationKind::softmax:
            same.kind = OperationKind::softmax_backward;
            same.inputs = {dy, x};
            same.causal = o.causal;
            return pass_on(o, 0, same, "backward");
        case OperationKind::layernorm:
        case OperationKind::rmsnorm:
        case OperationKind::nonorm:
            return norm(o, dy);
        case OperationKind::rope:
            same = o;
            same.inputs = {dy, o.inputs[1]};
            same.inverse = !o.inverse;
            return pass_on(o, 0, same, "backward");
        case OperationKind::copy: {
            const Tensor& from = graph_[x];
            const std::uint64_t part = from.batch * from.rows / o.batch;
            if (part == o.m) return add(x, dy, o.name + ".backward");  // all rows
            same.kind = OperationKind::spread;
            same.m = part;
            same.first = o.first;
            return pass_on(o, 0, same, "backward");
        }
        case OperationKind::prepend: {
            same.m = o.m - 1;
            same.first = 1;
            pass_on(o, 0, same, "backward");
            if (!needs(o.inputs[1])) return;
            const TensorId rows = graph_.some_rows(o.name + ".backward_first", dy, o.batch, 1);
            return add(o.inputs[1], column_sums(o.name + ".backward_row", rows), o.name + ".backward_row");
        }
        case OperationKind::windows: {
            Operation rows{.name = {}, .kind = OperationKind::table_gradient, .inputs = {dy}};
            rows.m = graph_[x].rows;
            rows.n = graph_[x].cols;
            rows.k = o.m;
            rows.function = OperationKind::windows;
            return pass_on(o, 0, rows, "backward");
        }
        default:
            if (!is_activation(o.kind))
                throw std::logic_error(fmt::format("operation '{}' has no gradient", o.name));
            same.kind = OperationKind::activation_backward;
            same.function = o.kind;
            same.inputs = {dy, o.kind == OperationKind::relu ? o.output : x};
            return pass_on(o, 0, same, "backward");
    }
}

TensorId Backward::ones(std::uint64_t length) {
    const auto [it, is_new] = ones_.try_emplace(length, no_tensor);
    if (is_new) it->second = graph_.filled(fmt::format("ones{}", length), 1, length, TensorFill::ones);
    return it->second;
}

TensorId Backward::column_sums(const std::string& name, TensorId x) {
    const Tensor shape = graph_[x];
    return multiply(name, ones(shape.batch * shape.rows), x, false, false);
}

// Of a head's row of the table: the sums by distance of every row of its scores, those of all rows of a
// matrix, and those of all samples.
void Backward::distance_bias(const Operation& mask, TensorId dy) {
    if (mask.table == no_tensor || !needs(mask.table)) return;
    const Tensor table = graph_[mask.table];
    const std::string name = mask.name + ".bias_gradient";
    Operation buckets{
        .name = mask.name + ".distance_sums", .kind = OperationKind::distance_sums, .inputs = {dy}};
    buckets.batch = mask.batch;
    buckets.m = mask.m;
    buckets.n = mask.n;
    buckets.causal = mask.causal;
    const TensorId by_bucket = graph_.append(std::move(buckets), mask.m, table.cols, mask.batch);
    Operation matrices{.name = mask.name + ".bias_sums", .inputs = {ones(mask.m), by_bucket}};
    matrices.batch = mask.batch;
    matrices.k = mask.m;
    matrices.n = table.cols;
    matrices.out_blocks = 1;  // rows of one matrix
    TensorId sums = graph_.append(std::move(matrices), mask.batch, table.cols);
    if (mask.batch > table.rows) {
        Operation samples{.name = name, .kind = OperationKind::table_gradient, .inputs = {sums}};
        samples.m = samples.k = table.rows;
        samples.n = table.cols;
        samples.function = OperationKind::position;
        sums = graph_.append(std::move(samples), table.rows, table.cols);
    }
    add(mask.table, sums, name);
}

TensorId Backward::multiply(const std::string& name, TensorId a, TensorId b, bool transpose_a,
                            bool transpose_b) {
    const Tensor x = graph_[a], y = graph_[b];
    Operation o{.name = name, .inputs = {a, b}};
    o.transpose_a = transpose_a;
    o.transpose_b = transpose_b;
    o.m = transpose_a ? x.cols : x.rows;
    o.k = transpose_a ? x.rows : x.cols;
    o.n = transpose_b ? y.rows : y.cols;
    const auto m = o.m, n = o.n;
    return graph_.append(std::move(o), m, n);
}

void Backward::product(const Operation& o, TensorId dy) {
    if (o.has_bias && needs(o.inputs[2]))
        add(o.inputs[2], column_sums(o.name + ".bias_gradient", dy), o.name + ".bias_gradient");
    second_operand(o, dy);
    if (graph_.wide_of(o.inputs[0]) != no_tensor) {
        wide_.push_back(dy);
        if (needs(o.inputs[0])) {
            Operation copy{.name = o.name + ".narrow_gradient", .kind = OperationKind::copy, .inputs = {dy}};
            const Tensor shape = graph_[dy];
            copy.m = shape.rows;
            copy.n = shape.cols;
            dy = graph_.append(std::move(copy), shape.rows, shape.cols);
        }
    }
    Operation first = o;  // dA = dY B^T
    first.inputs = {dy, o.inputs[1]};
    first.has_bias = false;
    first.transpose_b = !o.transpose_b;
    std::swap(first.n, first.k);
    first.a_blocks = o.out_blocks;
    first.out_blocks = o.a_blocks;
    pass_on(o, 0, first, "dgrad");
}

void Backward::second_operand(const Operation& o, TensorId dy) {
    const TensorId wide = graph_.wide_of(o.inputs[0]), b = o.inputs[1];
    const TensorId a = wide == no_tensor ? o.inputs[0] : wide;
    if (!needs(b)) return;
    if (const auto merged = merged_.find(b); merged != merged_.end()) return adapters(o, merged->second, dy);
    Operation second = o;  // dB = A^T dY, or dY^T A where B is transposed
    second.has_bias = false;
    second.transpose_a = true;
    second.transpose_b = false;
    second.inputs = o.transpose_b ? std::vector{dy, a} : std::vector{a, dy};
    second.m = o.transpose_b ? o.n : o.k;
    second.n = o.transpose_b ? o.k : o.n;
    second.k = o.m;
    second.a_blocks = o.transpose_b ? o.out_blocks : o.a_blocks;
    second.b_blocks = o.transpose_b ? o.a_blocks : o.out_blocks;
    second.out_blocks = o.b_blocks;
    const char* what = o.batch == 1 && o.b_blocks == 0 ? "wgrad" : "dgrad_second";
    if (o.b_blocks == 0 || o.b_blocks == o.heads) return pass_on(o, 1, second, what);
    // Heads that share a block: the sum over their gradients, one head of each block at a time.
    second.of.share = o.heads / o.b_blocks;
    second.batch = o.batch / second.of.share;
    second.heads = o.b_blocks;
    for (std::uint64_t i = 0; i < second.of.share; ++i) {
        second.of.member = i;
        pass_on(o, 1, second, fmt::format("{}{}", what, i).c_str());
    }
}

// Y = X (W + f A B): with U = X A and V = dY B^T, dA = f X^T V and dB = f U^T dY.
void Backward::adapters(const Operation& o, const MergedWeight& merged, TensorId dy) {
    const TensorId x = o.inputs[0];
    const auto scaled = [&](const std::string& name, TensorId t) {
        return merged.factor == 1 ? t : graph_.scale(name, t, merged.factor);
    };
    if (needs(merged.b)) {
        const TensorId u = multiply(o.name + ".lora_a", x, merged.a, false, false);
        const TensorId g = multiply(o.name + ".lora_b.wgrad", u, dy, true, false);
        add(merged.b, scaled(o.name + ".lora_b.wgrad_scale", g), o.name + ".lora_b.wgrad");
    }
    if (!needs(merged.a)) return;
    const TensorId v = multiply(o.name + ".lora_b.dgrad", dy, merged.b, false, true);
    const TensorId g = multiply(o.name + ".lora_a.wgrad", x, v, true, false);
    add(merged.a, scaled(o.name + ".lora_a.wgrad_scale", g), o.name + ".lora_a.wgrad");
}

void Backward::norm(const Operation& o, TensorId dy) {
    const TensorId x = o.inputs[0];
    const bool plain = o.kind == OperationKind::nonorm;
    if (o.inputs.size() > 2 && needs(o.inputs[2]))
        add(o.inputs[2], column_sums(o.name + ".beta_gradient", dy), o.name + ".beta_gradient");
    if (o.inputs.size() > 1 && needs(o.inputs[1])) {
        TensorId normalised = x;
        if (!plain) {
            Operation again = o;
            again.name = o.name + ".again";
            again.inputs = {x};
            const Tensor shape = graph_[x];
            normalised = graph_.append(std::move(again), shape.rows, shape.cols, shape.batch);
        }
        const TensorId product =
            graph_.elementwise(o.name + ".gamma_products", OperationKind::multiply, {dy, normalised});
        add(o.inputs[1], column_sums(o.name + ".gamma_gradient", product), o.name + ".gamma_gradient");
    }
    Operation back = o;
    back.kind = plain ? OperationKind::multiply : OperationKind::norm_backward;
    back.function = plain ? OperationKind::matmul : o.kind;
    back.inputs = plain ? std::vector{dy, o.inputs[1]} : std::vector{dy, x, o.inputs[1]};
    if (plain) back.epsilon = Operation{}.epsilon;
    pass_on(o, 0, back, "backward");
}

// Gradients of the tables of a look-up: words (if `first` is 0), positions, token types.
void Backward::tables(const Operation& o, TensorId dy, std::size_t first) {
    for (std::size_t i = 0; i < o.inputs.size(); ++i) {
        const TensorId table = o.inputs[i];
        if (i < first || !needs(table)) continue;
        Operation gradient{.name = {}, .kind = OperationKind::table_gradient, .inputs = {dy}};
        gradient.m = graph_[table].rows;
        gradient.n = graph_[table].cols;
        gradient.k = o.m;
        gradient.function = i == 0 ? OperationKind::embedding : OperationKind::position;
        gradient.trigram = o.trigram;
        gradient.first = i == 1 ? o.first : i == 0 ? tokens_before(graph_.graph(), o) : 0;
        if (i < 2) {
            pass_on(o, i, gradient, i == 0 ? "word_gradient" : "position_gradient");
            continue;
        }
        // Every token takes row 0 of the token types.
        const std::string name = o.name + ".token_type_gradient";
        const TensorId sums = column_sums(name, dy);
        if (graph_[table].rows == 1) {
            add(table, sums, name);
            continue;
        }
        Operation rows{.name = {}, .kind = OperationKind::spread, .inputs = {sums}};
        rows.m = graph_[table].rows;
        rows.n = graph_[table].cols;
        pass_on(o, i, rows, "token_type_rows");
    }
}

}  // namespace octet
