#include "sim/workload/builder.h"

#include <optional>
#include <utility>

namespace octet {

TensorId GraphBuilder::tensor(std::string name, TensorRole role, std::uint64_t rows, std::uint64_t cols,
                              std::uint64_t batch) {
    graph_.tensors.push_back({std::move(name), role, batch, rows, cols});
    return static_cast<TensorId>(graph_.tensors.size() - 1);
}

TensorId GraphBuilder::weight(std::string name, std::uint64_t rows, std::uint64_t cols) {
    if (const auto it = weights_.find(name); it != weights_.end()) return it->second;
    TensorId id = table(name, rows, cols);
    if (graph_.tensors[id].precise)
        id = append(like(name + ".stored", OperationKind::copy, {id}), rows, cols);
    weights_.emplace(std::move(name), id);
    return id;
}

TensorId GraphBuilder::table(const std::string& name, std::uint64_t rows, std::uint64_t cols) {
    const auto [it, is_new] = tables_.try_emplace(name, no_tensor);
    if (!is_new) return it->second;
    it->second = tensor(name, TensorRole::weight, rows, cols);
    if (trains_) {
        make_precise(it->second);
        trained_.push_back(it->second);
    }
    return it->second;
}

TensorId GraphBuilder::filled(std::string name, std::uint64_t rows, std::uint64_t cols, TensorFill fill) {
    const TensorId id = tensor(std::move(name), TensorRole::input, rows, cols);
    graph_.tensors[id].fill = fill;
    return id;
}

TensorId GraphBuilder::append(Operation operation, std::uint64_t rows, std::uint64_t cols,
                              std::uint64_t batch) {
    operation.name = prefix_ + operation.name;
    operation.output = tensor(operation.name, TensorRole::activation, rows, cols, batch);
    graph_.operations.push_back(std::move(operation));
    return graph_.operations.back().output;
}

// An operation over all rows of its first input.
Operation GraphBuilder::like(const std::string& name, OperationKind kind,
                             std::vector<TensorId> inputs) const {
    const Tensor& x = graph_.tensors[inputs.front()];
    Operation operation{.name = name, .kind = kind, .inputs = std::move(inputs)};
    operation.batch = x.batch;
    operation.m = x.rows;
    operation.n = x.cols;
    return operation;
}

TensorId GraphBuilder::embedding(const std::string& name, std::vector<TensorId> tables, std::uint64_t batch,
                                 std::uint64_t sequence, std::uint64_t first) {
    const auto hidden = graph_.tensors[tables.front()].cols;
    Operation operation{.name = name, .kind = OperationKind::embedding, .inputs = std::move(tables)};
    operation.batch = batch;
    operation.m = sequence;
    operation.n = hidden;
    operation.first = first;
    return append(std::move(operation), batch * sequence, hidden);
}

TensorId GraphBuilder::trigram(const std::string& name, TensorId table, std::uint64_t batch,
                               std::uint64_t sequence) {
    Operation operation{.name = name, .kind = OperationKind::embedding, .inputs = {table}};
    operation.batch = batch;
    operation.m = sequence;
    operation.n = 3 * graph_.tensors[table].cols;
    operation.trigram = true;
    const auto n = operation.n;
    return append(std::move(operation), batch * sequence, n);
}

TensorId GraphBuilder::position(const std::string& name, TensorId x, const std::vector<TensorId>& tables,
                                std::uint64_t batch, std::uint64_t first) {
    std::vector<TensorId> inputs{x};
    inputs.insert(inputs.end(), tables.begin(), tables.end());
    Operation operation = like(name, OperationKind::position, std::move(inputs));
    const Tensor shape = graph_.tensors[x];
    operation.batch = batch;
    operation.m = shape.rows / batch;
    operation.first = first;
    return append(std::move(operation), shape.rows, shape.cols);
}

TensorId GraphBuilder::dense(const std::string& name, TensorId x, std::uint64_t n, bool bias) {
    const auto w = weight(name + ".weight", graph_.tensors[x].cols, n);
    return product(name, x, w, bias ? table(name + ".bias", 1, n) : no_tensor);
}

TensorId GraphBuilder::narrow(TensorId x, TensorId weight) {
    const bool stored = graph_.tensors[weight].name.ends_with(".stored");
    if (!keeps_wide_ || !stored) return x;
    const auto [it, is_new] = narrow_.try_emplace(x, no_tensor);
    if (is_new) {
        mark_use(x, FormatUse::wgrad_operands);
        const Tensor from = graph_.tensors[x];
        it->second =
            append(like(from.name + ".narrow", OperationKind::copy, {x}), from.rows, from.cols, from.batch);
    }
    return it->second;
}

TensorId GraphBuilder::wide_of(TensorId copy) const {
    for (const auto& [wide, narrow] : narrow_)
        if (narrow == copy) return wide;
    return no_tensor;
}

TensorId GraphBuilder::product(const std::string& name, TensorId a, TensorId b, TensorId bias) {
    a = narrow(a, b);
    Operation operation{.name = name, .inputs = {a, b}};
    operation.has_bias = bias != no_tensor;
    if (operation.has_bias) operation.inputs.push_back(bias);
    const auto m = operation.m = graph_.tensors[a].rows, n = operation.n = graph_.tensors[b].cols;
    operation.k = graph_.tensors[a].cols;
    return append(std::move(operation), m, n);
}

TensorId GraphBuilder::tied(const std::string& name, TensorId x, TensorId table, bool bias) {
    x = narrow(x, table);
    const Tensor from = graph_.tensors[x];
    Operation operation{.name = name, .inputs = {x, table}};
    operation.transpose_b = true;
    operation.m = from.rows;
    operation.n = graph_.tensors[table].rows;
    operation.k = from.cols;
    if (bias) operation.inputs.push_back(this->table(name + ".bias", 1, operation.n));
    operation.has_bias = bias;
    const auto n = operation.n;
    return append(std::move(operation), from.rows, n);
}

TensorId GraphBuilder::scores(const std::string& name, TensorId query, TensorId key, std::uint64_t samples,
                              std::uint64_t heads, std::uint64_t kv_heads, std::uint64_t keys) {
    Operation operation{.name = name, .inputs = {query, key}};
    operation.batch = samples * heads;
    operation.m = graph_.tensors[query].rows / samples;
    operation.n = keys != 0 ? keys : graph_.tensors[key].rows / samples;
    operation.k = graph_.tensors[query].cols / heads;
    operation.transpose_b = true;
    operation.heads = operation.a_blocks = heads;
    operation.b_blocks = kv_heads;
    const auto m = operation.m, n = operation.n;
    return append(std::move(operation), m, n, samples * heads);
}

TensorId GraphBuilder::context(const std::string& name, TensorId probabilities, TensorId value,
                               std::uint64_t heads, std::uint64_t kv_heads) {
    const auto batch = graph_.tensors[probabilities].batch, rows = graph_.tensors[probabilities].rows;
    Operation operation{.name = name, .inputs = {probabilities, value}};
    operation.batch = batch;
    operation.m = rows;
    operation.k = graph_.tensors[probabilities].cols;
    operation.n = graph_.tensors[value].cols / kv_heads;
    operation.heads = operation.out_blocks = heads;
    operation.b_blocks = kv_heads;
    const auto n = operation.n;
    return append(std::move(operation), batch / heads * rows, heads * n);
}

TensorId GraphBuilder::mask(const std::string& name, TensorId x, TensorId mask, std::uint64_t heads) {
    Operation operation = like(name, OperationKind::mask, {x, mask});
    operation.heads = heads;
    const Tensor shape = graph_.tensors[x];
    return append(std::move(operation), shape.rows, shape.cols, shape.batch);
}

TensorId GraphBuilder::bias(const std::string& name, TensorId x, TensorId bias, TensorId table, bool one_way,
                            std::uint64_t first) {
    Operation operation = like(name, OperationKind::mask, {x, bias});
    operation.heads = graph_.tensors[table].rows;
    operation.table = table;
    operation.first = first;
    if (one_way) operation.causal = CausalMask{};
    const Tensor shape = graph_.tensors[x];
    return append(std::move(operation), shape.rows, shape.cols, shape.batch);
}

TensorId GraphBuilder::scale(const std::string& name, TensorId x, double factor) {
    Operation operation = like(name, OperationKind::scale, {x});
    operation.factor = factor;
    const Tensor shape = graph_.tensors[x];
    return append(std::move(operation), shape.rows, shape.cols, shape.batch);
}

TensorId GraphBuilder::rope(const std::string& name, TensorId x, TensorId table, const Rotation& rotation,
                            std::uint64_t heads, std::uint64_t first) {
    Operation operation{.name = name, .kind = OperationKind::rope, .inputs = {x, table}};
    const Tensor shape = graph_.tensors[x];
    operation.m = graph_.tensors[table].rows;
    operation.n = shape.cols / heads;
    operation.batch = shape.rows / operation.m * heads;
    operation.heads = operation.a_blocks = operation.out_blocks = heads;
    operation.rotation = rotation;
    operation.first = first;
    return append(std::move(operation), shape.rows, shape.cols);
}

TensorId GraphBuilder::softmax(const std::string& name, TensorId x, std::optional<CausalMask> causal) {
    Operation operation = like(name, OperationKind::softmax, {x});
    operation.causal = causal;
    const Tensor shape = graph_.tensors[x];
    return append(std::move(operation), shape.rows, shape.cols, shape.batch);
}

TensorId GraphBuilder::norm(const std::string& name, OperationKind kind, TensorId x, double epsilon) {
    const Tensor shape = graph_.tensors[x];
    std::vector<TensorId> inputs{x, table(name + ".gamma", 1, shape.cols)};
    if (kind != OperationKind::rmsnorm) inputs.push_back(table(name + ".beta", 1, shape.cols));
    Operation operation = like(name, kind, std::move(inputs));
    operation.epsilon = epsilon;
    return append(std::move(operation), shape.rows, shape.cols, shape.batch);
}

TensorId GraphBuilder::elementwise(const std::string& name, OperationKind kind,
                                   std::vector<TensorId> inputs) {
    const Tensor shape = graph_.tensors[inputs.front()];
    return append(like(name, kind, std::move(inputs)), shape.rows, shape.cols, shape.batch);
}

TensorId GraphBuilder::prepend(const std::string& name, TensorId x, TensorId row, std::uint64_t parts) {
    Operation operation = like(name, OperationKind::prepend, {x, row});
    const auto rows = graph_.tensors[x].rows + parts, cols = operation.n;
    operation.batch = parts;
    operation.m = rows / parts;
    return append(std::move(operation), rows, cols);
}

TensorId GraphBuilder::windows(const std::string& name, TensorId x, std::uint64_t parts) {
    Operation operation = like(name, OperationKind::windows, {x});
    const auto rows = graph_.tensors[x].rows / 2, cols = operation.n = 3 * graph_.tensors[x].cols;
    operation.batch = parts;
    operation.m = rows / parts;
    return append(std::move(operation), rows, cols);
}

TensorId GraphBuilder::some_rows(const std::string& name, TensorId x, std::uint64_t parts, std::uint64_t rows,
                                 std::uint64_t first) {
    Operation operation = like(name, OperationKind::copy, {x});
    operation.batch = parts;
    operation.m = rows;
    operation.first = first;
    const auto cols = operation.n;
    return append(std::move(operation), parts * rows, cols);
}

Graph GraphBuilder::finish() {
    mark_weights(graph_);
    validate(graph_);
    return std::move(graph_);
}

}  // namespace octet
