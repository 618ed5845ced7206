#include <algorithm>
#include <cmath>
#include <functional>
#include <initializer_list>
#include <stdexcept>
#include <unordered_set>

#include <fmt/format.h>

#include "sim/workload/graph.h"

namespace octet {
namespace {

constexpr std::uint64_t max_elements = std::uint64_t{1} << 40, max_macs = std::uint64_t{1} << 60;

// The product, or `limit + 1` if it is larger than `limit`.
std::uint64_t product(std::initializer_list<std::uint64_t> factors, std::uint64_t limit) {
    std::uint64_t result = 1;
    for (const auto factor : factors)
        if (__builtin_mul_overflow(result, factor, &result) || result > limit) return limit + 1;
    return result;
}

std::string shape(const Tensor& t) {
    return t.batch == 1 ? fmt::format("{} x {}", t.rows, t.cols)
                        : fmt::format("{} of {} x {}", t.batch, t.rows, t.cols);
}

class Checker {
  public:
    explicit Checker(const Graph& graph)
        : graph_(graph), producer_(graph.tensors.size()), turned_by_(graph.tensors.size()) {}

    std::vector<GraphFault> run() {
        if (graph_.operations.empty()) report(GraphFault::Where::graph, 0, "has no operations");
        check_tensors();
        for (std::size_t i = 0; i < graph_.operations.size(); ++i) producers(i);
        std::unordered_set<std::string_view> names;
        std::uint64_t macs = 0;
        for (std::size_t i = 0; i < graph_.operations.size(); ++i) {
            const auto message = check(i, names);
            if (!message.empty()) {
                report(GraphFault::Where::operation, i, message);
                continue;
            }
            const auto& operation = graph_.operations[i];
            if (macs <= max_macs) macs += operation.macs();
            if (macs > max_macs)
                return report(GraphFault::Where::graph, 0, "has more than 2^60 MACs"), std::move(found_);
        }
        for (std::size_t i = 0; i < graph_.tensors.size(); ++i)
            if (is_made(graph_.tensors[i]) && producer_[i] == 0)
                report(
                    GraphFault::Where::tensor, i,
                    fmt::format("has role {}, but no operation produces it", name(graph_.tensors[i].role)));
        return std::move(found_);
    }

  private:
    static bool is_made(const Tensor& tensor) {
        return tensor.role == TensorRole::activation || is_output(tensor.role);
    }

    void report(GraphFault::Where where, std::size_t index, std::string message) {
        found_.push_back({where, index, std::move(message)});
    }

    void check_tensors() {
        std::unordered_set<std::string_view> names;
        for (std::size_t i = 0; i < graph_.tensors.size(); ++i) {
            const auto& tensor = graph_.tensors[i];
            const auto size = product({tensor.batch, tensor.rows, tensor.cols}, max_elements);
            if (tensor.name.empty())
                report(GraphFault::Where::tensor, i, "has no name");
            else if (!names.insert(tensor.name).second)
                report(GraphFault::Where::tensor, i, "has the name of another tensor");
            if (size == 0) report(GraphFault::Where::tensor, i, "has no values");
            if (size > max_elements) report(GraphFault::Where::tensor, i, "has more than 2^40 values");
            if (tensor.fill != TensorFill::given && tensor.role != TensorRole::input)
                report(GraphFault::Where::tensor, i, "is filled, but is no input");
            if (tensor.scaled && tensor.use != FormatUse::dgrad)
                report(GraphFault::Where::tensor, i, "has a scale, but is no gradient of an activation");
            if (tensor.paged && tensor.role != TensorRole::input && tensor.role != TensorRole::output)
                report(GraphFault::Where::tensor, i, "lies with the host, but is neither input nor output");
            if (tensor.after == no_tensor) continue;
            if (tensor.role != TensorRole::input)
                report(GraphFault::Where::tensor, i, "comes after another, but is no input");
            if (tensor.after >= graph_.tensors.size() || !is_output(graph_.tensors[tensor.after].role))
                report(GraphFault::Where::tensor, i, "comes after a tensor that is no output");
        }
    }

    // Notes who makes what, and who turns by it; the first of two keeps it.
    void producers(std::size_t i) {
        const auto output = graph_.operations[i].output;
        if (output < producer_.size() && producer_[output] == 0) producer_[output] = i + 1;
        const Operation& operation = graph_.operations[i];
        if (operation.kind != OperationKind::rope || operation.inputs.size() != 2) return;
        if (const auto table = operation.inputs[1]; table < turned_by_.size() && turned_by_[table] == 0)
            turned_by_[table] = i + 1;
    }

    std::string check(std::size_t i, std::unordered_set<std::string_view>& names) const {
        const auto& operation = graph_.operations[i];
        if (operation.name.empty()) return "has no name";
        if (!names.insert(operation.name).second) return "has the name of another operation";
        if (auto message = check_references(i); !message.empty()) return message;
        if (auto message = check_angles(operation); !message.empty()) return message;
        if (product({operation.batch, operation.m, operation.n}, max_elements) - 1 >= max_elements)
            return "has no values, or more than 2^40";
        if (operation.heads == 0 || operation.batch % operation.heads != 0)
            return fmt::format("a batch of {} is no multiple of {} heads", operation.batch, operation.heads);
        if (operation.kind != OperationKind::matmul &&
            (operation.has_bias || operation.transpose_a || operation.transpose_b))
            return "only a matmul has a bias or a transposed operand";
        if (operation.of.member >= operation.of.share) return "takes a member beyond its share";
        if (operation.of != Member{} && operation.kind != OperationKind::matmul)
            return "only a matmul takes members of a share";
        if (operation.inverse && operation.kind != OperationKind::rope) return "only a rope is turned back";
        if (operation.rounding != AxpyRounding::each_step &&
            (operation.kind != OperationKind::axpy || operation.batch != 1))
            return "only an axpy without a batch is rounded once";
        if (auto message = check_function(operation); !message.empty()) return message;
        if (!std::isfinite(operation.decay)) return "decay must be finite";
        if (operation.causal && operation.kind != OperationKind::softmax &&
            operation.kind != OperationKind::softmax_backward &&
            operation.kind != OperationKind::distance_sums && operation.table == no_tensor)
            return "only a softmax, a bias and sums by distance are causal";
        if (operation.table != no_tensor && operation.kind != OperationKind::mask)
            return "only a mask is made of a table";
        if (operation.first != 0 && !takes_rows_from(operation.kind))
            return "takes no rows from a first one on";
        if (operation.first > max_elements) return "begins beyond 2^40 rows";
        if (operation.kind == OperationKind::matmul) return check_matmul(operation);
        return operation.kind == OperationKind::rope ? check_rope(operation) : check_rows(operation);
    }

    std::string check_references(std::size_t i) const {
        const auto& operation = graph_.operations[i];
        for (const auto id : operation.inputs) {
            if (id >= graph_.tensors.size()) return "reads an unknown tensor";
            const auto& tensor = graph_.tensors[id];
            if (tensor.after < graph_.tensors.size() && producer_[tensor.after] > i)
                return fmt::format("reads '{}', which comes after '{}', before '{}' produces that",
                                   tensor.name, graph_.tensors[tensor.after].name,
                                   graph_.operations[producer_[tensor.after] - 1].name);
            if (!is_made(tensor) || producer_[id] == 0 || producer_[id] - 1 < i) continue;
            if (producer_[id] - 1 == i) return fmt::format("reads its own output '{}'", tensor.name);
            return fmt::format("reads '{}' before '{}' produces it", tensor.name,
                               graph_.operations[producer_[id] - 1].name);
        }
        if (operation.output >= graph_.tensors.size()) return "writes an unknown tensor";
        const auto& output = graph_.tensors[operation.output];
        if (!is_made(output))
            return fmt::format("writes '{}', which has role {}", output.name, name(output.role));
        if (producer_[operation.output] - 1 != i)
            return fmt::format("writes '{}', which '{}' produces already", output.name,
                               graph_.operations[producer_[operation.output] - 1].name);
        return {};
    }

    // An operand of `batch` matrices of rows x cols, stored as Operation says for `blocks`. An input in
    // blocks, a cache, may hold more rows for each sample than are used.
    std::string operand(const Operation& operation, const char* what, TensorId id, std::uint64_t blocks,
                        std::uint64_t rows, std::uint64_t cols, bool may_share,
                        std::uint64_t share = 1) const {
        const auto& tensor = graph_.tensors[id];
        const auto heads = operation.heads * share;
        if (blocks > heads || (blocks != 0 && heads % blocks != 0))
            return fmt::format("{} blocks of the {} do not divide {} heads", blocks, what, heads);
        const auto samples = operation.batch / operation.heads;
        Tensor want{.name = {}, .role = {}, .batch = operation.batch * share, .rows = rows, .cols = cols};
        if (blocks != 0)
            want = {.name = {}, .role = {}, .batch = 1, .rows = samples * rows, .cols = blocks * cols};
        else if (may_share && tensor.batch == 1)
            want.batch = 1;
        const bool cache = may_share && blocks != 0 && tensor.role == TensorRole::input &&
                           tensor.rows > want.rows && tensor.rows % samples == 0;
        if (tensor.batch == want.batch && tensor.cols == want.cols && (cache || tensor.rows == want.rows))
            return {};
        return fmt::format("{} '{}' is {}, expected {}", what, tensor.name, shape(tensor), shape(want));
    }

    std::string check_matmul(const Operation& o) const {
        const auto inputs = std::size_t{2} + o.has_bias;
        if (o.inputs.size() != inputs)
            return fmt::format("has {} inputs, expected {}", o.inputs.size(), inputs);
        if (product({o.batch, o.m, o.n, o.k}, max_macs) - 1 >= max_macs)
            return "has no MACs, or more than 2^60";
        if (o.k > max_elements || product({o.batch, o.m, o.k}, max_macs) > max_macs ||
            product({o.batch, o.n, o.k}, max_macs) > max_macs)
            return "is too large";
        if (o.out_blocks != 0 && o.out_blocks != o.heads)
            return fmt::format("{} blocks of the output do not hold {} heads", o.out_blocks, o.heads);
        if (o.of.share > max_elements || product({o.batch, o.of.share}, max_elements) > max_elements)
            return "has too large a share";
        if (auto m = operand(o, "first input", o.inputs[0], o.a_blocks, o.transpose_a ? o.k : o.m,
                             o.transpose_a ? o.m : o.k, o.a_blocks == 0, o.of.share);
            !m.empty())
            return m;
        const auto rows = o.transpose_b ? o.n : o.k, cols = o.transpose_b ? o.k : o.n;
        if (auto m = operand(o, "second input", o.inputs[1], o.b_blocks, rows, cols, true, o.of.share);
            !m.empty())
            return m;
        if (o.has_bias)
            if (auto m = parameter(o, "bias", o.inputs[2]); !m.empty()) return m;
        return operand(o, "output", o.output, o.out_blocks, o.m, o.n, false);
    }

    std::string parameter(const Operation& o, const char* what, TensorId id) const {
        const auto& tensor = graph_.tensors[id];
        if (tensor.batch == 1 && tensor.rows == 1 && tensor.cols == o.n) return {};
        return fmt::format("{} '{}' is {}, expected 1 x {}", what, tensor.name, shape(tensor), o.n);
    }

    // batch * m rows of n columns, however the tensor groups its rows.
    std::string rows(const Operation& o, const char* what, TensorId id) const {
        const auto& tensor = graph_.tensors[id];
        if (tensor.batch * tensor.rows == o.batch * o.m && tensor.cols == o.n) return {};
        return fmt::format("{} '{}' is {}, expected {} rows of {}", what, tensor.name, shape(tensor),
                           o.batch * o.m, o.n);
    }

    std::string check_rows(const Operation& o) const {
        if ((o.k != 0 && o.kind != OperationKind::table_gradient) || o.a_blocks != 0 || o.b_blocks != 0 ||
            o.out_blocks != 0)
            return "only a matmul has k, and it and a rope blocks";
        if (o.trigram && o.kind != OperationKind::embedding && o.kind != OperationKind::table_gradient)
            return "only an embedding takes trigrams";
        if (!std::isfinite(o.factor)) return "factor must be finite";
        if (!std::isfinite(o.epsilon) || o.epsilon < 0) return "epsilon must be finite and not negative";
        const auto [low, high] = arity(o.kind);
        if (is_norm(o.kind) && o.kind != OperationKind::nonorm && o.inputs.size() == 2 && high == 3)
            return "has gamma without beta";
        if (o.inputs.size() < low || o.inputs.size() > high)
            return low == high ? fmt::format("has {} inputs, expected {}", o.inputs.size(), low)
                               : fmt::format("has {} inputs, expected {} to {}", o.inputs.size(), low, high);
        if (reduces(o.kind)) return check_reduction(o);
        if (o.kind == OperationKind::distance_sums) return check_distance_sums(o);
        if (auto m = rows(o, "output", o.output); !m.empty()) return m;
        if (o.kind == OperationKind::embedding) return check_tables(o);
        if (o.kind == OperationKind::copy) return check_copy(o);
        if (o.kind == OperationKind::prepend) return check_prepend(o);
        if (o.kind == OperationKind::windows) return check_windows(o);
        if (o.kind == OperationKind::spread) return check_spread(o);
        if (o.kind == OperationKind::table_gradient) return check_table_gradient(o);
        if (auto m = rows(o, "input", o.inputs[0]); !m.empty()) return m;
        if (o.kind == OperationKind::mask) return check_mask(o);
        if (o.kind == OperationKind::softmax || o.kind == OperationKind::softmax_backward)
            if (auto m = check_softmax(o); !m.empty()) return m;
        if (o.kind == OperationKind::position) return check_positions(o);
        for (std::size_t i = 1; i < o.inputs.size(); ++i) {
            auto m = is_norm(o.kind) ? parameter(o, i == 1 ? "gamma" : "beta", o.inputs[i])
                     : o.kind == OperationKind::norm_backward && i == 2 ? parameter(o, "gamma", o.inputs[i])
                     : o.kind == OperationKind::rescale                 ? one_value(o.inputs[i])
                     : o.kind == OperationKind::multiply && graph_.tensors[o.inputs[i]].elements() == o.n
                         ? parameter(o, "row", o.inputs[i])
                         : rows(o, "input", o.inputs[i]);
            if (!m.empty()) return m;
        }
        if (is_norm(o.kind) && o.inputs.size() == 3 &&
            graph_.tensors[o.inputs[1]].precise != graph_.tensors[o.inputs[2]].precise)
            return "takes gamma and beta of which one is precise";
        return {};
    }

    static std::pair<std::size_t, std::size_t> arity(OperationKind kind) {
        switch (kind) {
            case OperationKind::embedding:
                return {1, 3};
            case OperationKind::position:
                return {2, 3};
            case OperationKind::rmsnorm:
                return {1, 2};
            case OperationKind::layernorm:
                return {1, 3};
            case OperationKind::prepend:
            case OperationKind::mask:
            case OperationKind::activation_backward:
            case OperationKind::softmax_backward:
            case OperationKind::rescale:
            case OperationKind::axpy:
            case OperationKind::moment:
            case OperationKind::second_moment:
            case OperationKind::add:
            case OperationKind::multiply:
                return {2, 2};
            case OperationKind::norm_backward:
            case OperationKind::adam:
            case OperationKind::nonorm:
                return {3, 3};
            default:
                return {1, 1};
        }
    }

    std::string one_value(TensorId id) const {
        const auto& tensor = graph_.tensors[id];
        if (tensor.elements() == 1) return {};
        return fmt::format("factor '{}' is {}, expected 1 x 1", tensor.name, shape(tensor));
    }

    std::string check_reduction(const Operation& o) const {
        const auto &input = graph_.tensors[o.inputs[0]], &output = graph_.tensors[o.output];
        if (o.batch != 1 || input.batch != 1 || input.rows != o.m || input.cols != o.n)
            return fmt::format("input '{}' is {}, expected {} x {}", input.name, shape(input), o.m, o.n);
        if (output.batch != 1 || output.rows != 1 || output.cols != o.m)
            return fmt::format("output '{}' is {}, expected 1 x {}", output.name, shape(output), o.m);
        return {};
    }

    std::string check_tables(const Operation& o) const {
        if (o.trigram) {
            const auto& table = graph_.tensors[o.inputs[0]];
            if (o.inputs.size() != 1) return "a trigram reads one table alone";
            if (table.batch == 1 && 3 * table.cols == o.n) return {};
            return fmt::format("table '{}' is {}, expected a third of {} columns", table.name, shape(table),
                               o.n);
        }
        return table_rows(o, 0);
    }

    // Tables from input `first` on hold rows of n values; the table of positions is input 1.
    std::string table_rows(const Operation& o, std::size_t first) const {
        for (std::size_t i = first; i < o.inputs.size(); ++i) {
            const auto& table = graph_.tensors[o.inputs[i]];
            if (table.batch != 1 || table.cols != o.n)
                return fmt::format("table '{}' is {}, expected rows of {}", table.name, shape(table), o.n);
        }
        if (o.inputs.size() > 1 && graph_.tensors[o.inputs[1]].rows < o.first + o.m)
            return fmt::format("a sequence of {} is longer than the {} positions of '{}'", o.first + o.m,
                               graph_.tensors[o.inputs[1]].rows, graph_.tensors[o.inputs[1]].name);
        return {};
    }

    std::string check_positions(const Operation& o) const { return table_rows(o, 1); }

    std::string check_copy(const Operation& o) const {
        const auto& input = graph_.tensors[o.inputs[0]];
        const auto count = input.batch * input.rows;
        const bool some = !o.columns.empty();
        if (some && std::ranges::adjacent_find(o.columns, std::greater_equal<>()) != o.columns.end())
            return "its columns do not rise";
        if (some && o.columns.size() != o.n)
            return fmt::format("takes {} columns and makes {}", o.columns.size(), o.n);
        if ((some ? input.cols > o.columns.back() : input.cols == o.n) && count % o.batch == 0 &&
            count / o.batch >= o.first + o.m)
            return {};
        return fmt::format("input '{}' is {}, expected {} parts of {} or more rows of {}{}", input.name,
                           shape(input), o.batch, o.first + o.m, some ? o.columns.back() + 1 : o.n,
                           some ? " or more" : "");
    }

    static std::string check_function(const Operation& o) {
        switch (o.kind) {
            case OperationKind::activation_backward:
                return is_activation(o.function) ? "" : "is the gradient of no activation function";
            case OperationKind::norm_backward:
                return o.function == OperationKind::layernorm || o.function == OperationKind::rmsnorm
                           ? ""
                           : "is the gradient of neither layernorm nor rmsnorm";
            case OperationKind::table_gradient:
                return o.function == OperationKind::embedding || o.function == OperationKind::position ||
                               o.function == OperationKind::windows
                           ? ""
                           : "is the gradient of neither an embedding nor a table of positions nor windows";
            default:
                return o.function == OperationKind::matmul ? "" : "is no gradient of a function";
        }
    }

    std::string check_spread(const Operation& o) const {
        const auto& input = graph_.tensors[o.inputs[0]];
        const auto count = input.batch * input.rows;
        if (input.cols == o.n && count % o.batch == 0 && count / o.batch + o.first <= o.m) return {};
        return fmt::format("input '{}' is {}, expected {} parts of {} or fewer rows of {}", input.name,
                           shape(input), o.batch, o.m - std::min(o.m, o.first), o.n);
    }

    std::string check_table_gradient(const Operation& o) const {
        const auto& input = graph_.tensors[o.inputs[0]];
        if (o.batch != 1) return "has a batch";
        const bool windows = o.function == OperationKind::windows;
        const auto columns = o.trigram || windows ? 3 * o.n : o.n;
        if (input.batch != 1 || input.cols != columns || o.k == 0 || input.rows % o.k != 0)
            return fmt::format("input '{}' is {}, expected samples of {} rows of {}", input.name,
                               shape(input), o.k, columns);
        if (o.function == OperationKind::position && (o.trigram || o.first + o.k > o.m))
            return fmt::format("{} positions are more than a table of {} rows has", o.first + o.k, o.m);
        if (windows && (o.trigram || o.m != 2 * input.rows))
            return fmt::format("{} windows are of {} rows, not of {}", input.rows, 2 * input.rows, o.m);
        return {};
    }

    std::string check_windows(const Operation& o) const {
        const auto& input = graph_.tensors[o.inputs[0]];
        if (input.batch == 1 && input.rows == 2 * o.batch * o.m && 3 * input.cols == o.n) return {};
        return fmt::format("input '{}' is {}, expected {} rows of a third of {} columns", input.name,
                           shape(input), 2 * o.batch * o.m, o.n);
    }

    std::string check_distance_sums(const Operation& o) const {
        const auto& output = graph_.tensors[o.output];
        if (o.causal && *o.causal != CausalMask{}) return "counts distances from a row's own column";
        if (output.batch * output.rows != o.batch * o.m)
            return fmt::format("output '{}' is {}, expected {} rows", output.name, shape(output),
                               o.batch * o.m);
        return rows(o, "input", o.inputs[0]);
    }

    std::string check_prepend(const Operation& o) const {
        const auto& input = graph_.tensors[o.inputs[0]];
        if (o.m < 2 || input.batch * input.rows != o.batch * (o.m - 1) || input.cols != o.n)
            return fmt::format("input '{}' is {}, expected {} parts of {} rows of {}", input.name,
                               shape(input), o.batch, o.m - 1, o.n);
        return parameter(o, "row", o.inputs[1]);
    }

    // Every row sees its own column at least.
    static std::string check_softmax(const Operation& o) {
        if (!o.causal || (o.causal->offset < o.n && o.m <= o.n - o.causal->offset)) return {};
        return fmt::format("{} causal rows after {} columns need {} columns, there are {}", o.m,
                           o.causal->offset, o.m + o.causal->offset, o.n);
    }

    std::string check_rope(const Operation& o) const {
        if (o.inputs.size() != 2) return fmt::format("has {} inputs, expected 2", o.inputs.size());
        if (o.k != 0 || o.b_blocks != 0) return "only a matmul has k or b_blocks";
        if (o.a_blocks != o.out_blocks || (o.a_blocks != 0 && o.a_blocks != o.heads))
            return fmt::format("{} blocks of the input and {} of the output; both 0 or {} are possible",
                               o.a_blocks, o.out_blocks, o.heads);
        if (auto m = operand(o, "input", o.inputs[0], o.a_blocks, o.m, o.n, false); !m.empty()) return m;
        if (auto m = operand(o, "output", o.output, o.out_blocks, o.m, o.n, false); !m.empty()) return m;
        if (o.n % 2 != 0) return fmt::format("heads of {} values have no halves", o.n);
        const auto& table = graph_.tensors[o.inputs[1]];
        if (table.batch != 1 || table.rows != o.m || table.cols != o.n)
            return fmt::format("table '{}' is {}, expected {} x {}", table.name, shape(table), o.m, o.n);
        if (table.role != TensorRole::input)
            return fmt::format("table '{}' has role {}; its angles are an input", table.name,
                               name(table.role));
        const Rotation& r = o.rotation;
        for (const double x : {r.theta, r.factor, r.low_frequency, r.high_frequency})
            if (!std::isfinite(x) || x <= 0)
                return "the rotation has a number that is not finite and positive";
        if (r.theta < 1 || r.factor < 1 || (r.factor != 1 && r.high_frequency <= r.low_frequency))
            return "the rotation has no such frequencies";
        return {};
    }

    // A table of angles serves ropes of one rotation alone.
    std::string check_angles(const Operation& o) const {
        for (std::size_t i = 0; i < o.inputs.size(); ++i) {
            const std::size_t first = turned_by_[o.inputs[i]];
            if (first == 0) continue;
            const Operation& turns = graph_.operations[first - 1];
            if (o.kind == OperationKind::rope && i == 1 && o.rotation == turns.rotation &&
                o.first == turns.first)
                continue;
            return fmt::format("takes other values from '{}' than the angles that '{}' does",
                               graph_.tensors[o.inputs[i]].name, turns.name);
        }
        return {};
    }

    std::string check_mask(const Operation& o) const {
        const auto& mask = graph_.tensors[o.inputs[1]];
        if (o.table == no_tensor && o.first != 0) return "takes no rows from a first one on";
        if (o.table != no_tensor) return check_bias(o, mask);
        const bool batch = mask.batch == 1 || mask.batch == o.batch / o.heads || mask.batch == o.batch;
        if (batch && (mask.rows == 1 || mask.rows == o.m) && mask.cols == o.n) return {};
        return fmt::format("mask '{}' is {}, expected {} of 1 x {}", mask.name, shape(mask),
                           o.batch / o.heads, o.n);
    }

    std::string check_bias(const Operation& o, const Tensor& bias) const {
        if (o.causal && *o.causal != CausalMask{}) return "counts distances from a row's own column";
        if (o.table >= graph_.tensors.size()) return "has an unknown table";
        const auto& table = graph_.tensors[o.table];
        if (table.role != TensorRole::weight || table.batch != 1 || table.rows != o.heads)
            return fmt::format("table '{}' is {}, expected a weight of {} rows", table.name, shape(table),
                               o.heads);
        if (bias.role == TensorRole::input && bias.batch == o.batch && bias.rows == o.m && bias.cols == o.n)
            return {};
        return fmt::format("bias '{}' is {}, expected an input of {} of {} x {}", bias.name, shape(bias),
                           o.batch, o.m, o.n);
    }

    const Graph& graph_;
    std::vector<std::size_t> producer_;   // of each tensor: index of the operation plus 1, 0 for none
    std::vector<std::size_t> turned_by_;  // of each tensor: the first rope whose table it is, likewise
    std::vector<GraphFault> found_;
};

}  // namespace

std::vector<GraphFault> faults(const Graph& graph) {
    return Checker(graph).run();
}

void validate(const Graph& graph) {
    const auto found = faults(graph);
    if (found.empty()) return;
    const auto& fault = found.front();
    const auto subject = fault.where == GraphFault::Where::operation
                             ? fmt::format("operation '{}'", graph.operations[fault.index].name)
                         : fault.where == GraphFault::Where::tensor
                             ? fmt::format("tensor '{}'", graph.tensors[fault.index].name)
                             : fmt::format("workload '{}'", graph.name);
    throw std::invalid_argument(subject + ": " + fault.message);
}

}  // namespace octet
