#include "sim/reference/evaluate.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "models/arithmetic/distances.h"
#include "sim/reference/gradients.h"
#include "sim/reference/product.h"

namespace octet {
namespace {

using Matrix = std::vector<double>;

class Evaluation {
  public:
    Evaluation(const Graph& graph, const SourceTensors& sources, std::span<const std::uint64_t> tokens,
               unsigned threads)
        : graph_(graph),
          sources_(sources),
          tokens_(tokens),
          all_tokens_(tokens),
          threads_(threads),
          results_(graph.tensors.size()) {}

    void run(const OnResult& on_result) {
        std::vector<OperationId> last_reader(graph_.tensors.size(), 0);
        for (OperationId id = 0; id < graph_.operations.size(); ++id)
            for (const TensorId input : graph_.operations[id].inputs) last_reader[input] = id;
        for (OperationId id = 0; id < graph_.operations.size(); ++id) {
            const Operation& op = graph_.operations[id];
            Matrix result(graph_.tensors[op.output].elements());
            compute(op, result);
            if (op.kind == OperationKind::embedding)  // the next look-up takes the tokens behind these
                tokens_ = tokens_.subspan(std::min<std::size_t>(tokens_.size(), op.batch * op.m));
            if (on_result && !on_result(id, result)) return;
            results_[op.output] = std::move(result);
            for (const TensorId input : op.inputs)
                if (last_reader[input] == id) results_[input] = Matrix{};
        }
    }

  private:
    const double* of(TensorId id) const {
        return results_[id].empty() ? sources_[id].data() : results_[id].data();
    }

    void compute(const Operation& op, Matrix& y) const {
        switch (op.kind) {
            case OperationKind::matmul:
                return product(op, y);
            case OperationKind::embedding:
                return embedding(op, y);
            case OperationKind::position:
                return position(op, y);
            case OperationKind::copy:
                return copy(op, y);
            case OperationKind::rope:
                return rope(op, y);
            case OperationKind::prepend:
                return prepend(op, y);
            case OperationKind::windows:
                return windows(op, y);
            case OperationKind::softmax:
            case OperationKind::layernorm:
            case OperationKind::rmsnorm:
            case OperationKind::nonorm:
                return by_row(op, y);
            case OperationKind::mask:
                return mask(op, y);
            case OperationKind::spread:
                return spread(op, y);
            case OperationKind::table_gradient:
                return table_gradient(op, y);
            case OperationKind::activation_backward:
            case OperationKind::softmax_backward:
            case OperationKind::norm_backward:
                return gradient(op, of(op.inputs[0]), of(op.inputs[1]),
                                op.inputs.size() > 2 ? of(op.inputs[2]) : nullptr, y);
            case OperationKind::axpy:
            case OperationKind::moment:
            case OperationKind::second_moment:
            case OperationKind::adam:
                return weight_update(op, of(op.inputs[0]), of(op.inputs[1]),
                                     op.inputs.size() > 2 ? of(op.inputs[2]) : nullptr, y);
            case OperationKind::row_squares:
            case OperationKind::row_sums:
                for (std::size_t row = 0; row < op.m; ++row)
                    for (std::size_t n = 0; n < op.n; ++n) {
                        const double x = of(op.inputs[0])[row * op.n + n];
                        y[row] += op.kind == OperationKind::row_squares ? x * x : x;
                    }
                return;
            case OperationKind::distance_sums:
                return distance_sums(op, y);
            case OperationKind::clip_factor:
                for (std::size_t i = 0; i < y.size(); ++i)
                    y[i] = op.factor / std::max(std::sqrt(of(op.inputs[0])[i]), op.factor);
                return;
            case OperationKind::rescale:
                for (std::size_t i = 0; i < y.size(); ++i) y[i] = of(op.inputs[0])[i] * of(op.inputs[1])[0];
                return;
            default:
                return elementwise(op, y);
        }
    }

    // Where the values of an operand of a batched product begin, and the distance between its rows.
    struct Part {
        std::size_t first, stride;
    };
    Part part(TensorId id, const Operation& op, std::uint64_t item, std::uint64_t blocks,
              std::uint64_t columns, const Member& of = {}) const {
        const Tensor& t = graph_.tensors[id];
        item = item * of.share + of.member;
        const std::uint64_t heads = op.heads * of.share;
        if (blocks == 0) {
            const std::uint64_t matrix = t.batch == 1 ? 0 : item * t.batch / (op.batch * of.share);
            return {matrix * t.rows * t.cols, t.cols};
        }
        const std::uint64_t sample = item / heads, block = item % heads * blocks / heads;
        const std::uint64_t share = t.rows / (op.batch / op.heads);  // of a sample; a cache has more rows
        return {sample * share * t.cols + block * columns, t.cols};
    }

    void product(const Operation& op, Matrix& y) const {
        const double* bias = op.has_bias ? of(op.inputs[2]) : nullptr;
        Matrix turned, turned_a;
        for (std::uint64_t item = 0; item < op.batch; ++item) {
            const Part a = part(op.inputs[0], op, item, op.a_blocks, op.transpose_a ? op.m : op.k, op.of);
            const Part c = part(op.output, op, item, op.out_blocks, op.n);
            DoubleProduct p{op.m,     op.n,    op.k, of(op.inputs[0]) + a.first,
                            a.stride, nullptr, op.n, y.data() + c.first,
                            c.stride};
            if (op.transpose_b) {
                const Part b = part(op.inputs[1], op, item, op.b_blocks, op.k, op.of);
                const double* from = of(op.inputs[1]) + b.first;
                turned.resize(op.k * op.n);
                for (std::size_t n = 0; n < op.n; ++n)
                    for (std::size_t k = 0; k < op.k; ++k) turned[k * op.n + n] = from[n * b.stride + k];
                p.b = turned.data();
            } else {
                const Part b = part(op.inputs[1], op, item, op.b_blocks, op.n, op.of);
                p.b = of(op.inputs[1]) + b.first;
                p.b_stride = b.stride;
            }
            if (op.transpose_a) {
                turned_a.resize(op.m * op.k);
                for (std::size_t k = 0; k < op.k; ++k)
                    for (std::size_t m = 0; m < op.m; ++m) turned_a[m * op.k + k] = p.a[k * a.stride + m];
                p.a = turned_a.data();
                p.a_stride = op.k;
            }
            multiply(p, threads_);
            if (bias == nullptr) continue;
            for (std::size_t m = 0; m < op.m; ++m)
                for (std::size_t n = 0; n < op.n; ++n) p.c[m * p.c_stride + n] += bias[n];
        }
    }

    void embedding(const Operation& op, Matrix& y) const {
        const double* word = of(op.inputs[0]);
        if (op.trigram) return trigram(op, word, y);
        const double* position = op.inputs.size() > 1 ? of(op.inputs[1]) : nullptr;
        const double* type = op.inputs.size() > 2 ? of(op.inputs[2]) : nullptr;
        for (std::size_t row = 0; row < op.batch * op.m; ++row)
            for (std::size_t n = 0; n < op.n; ++n) {
                double x = word[tokens_[row] * op.n + n];
                if (position != nullptr) x += position[(op.first + row % op.m) * op.n + n];
                if (type != nullptr) x += type[n];
                y[row * op.n + n] = x;
            }
    }

    // The words after, at and before each token; zeros beyond the ends of a sample.
    void trigram(const Operation& op, const double* word, Matrix& y) const {
        const std::size_t size = op.n / 3;
        for (std::size_t row = 0; row < op.batch * op.m; ++row)
            for (std::size_t part = 0; part < 3; ++part) {
                const std::size_t at = row % op.m + 1 - part;  // wraps before the first
                if (at < op.m)
                    std::copy_n(word + tokens_[row + 1 - part] * size, size,
                                y.data() + row * op.n + part * size);
            }
    }

    void position(const Operation& op, Matrix& y) const {
        const double *x = of(op.inputs[0]), *positions = of(op.inputs[1]);
        const double* type = op.inputs.size() > 2 ? of(op.inputs[2]) : nullptr;
        for (std::size_t row = 0; row < op.batch * op.m; ++row)
            for (std::size_t n = 0; n < op.n; ++n)
                y[row * op.n + n] = x[row * op.n + n] + positions[(op.first + row % op.m) * op.n + n] +
                                    (type != nullptr ? type[n] : 0);
    }

    void copy(const Operation& op, Matrix& y) const {
        const Tensor& t = graph_.tensors[op.inputs[0]];
        const std::uint64_t part = t.batch * t.rows / op.batch;  // rows
        if (!op.columns.empty()) {
            for (std::uint64_t row = 0; row < op.batch * op.m; ++row)
                for (std::uint64_t n = 0; n < op.n; ++n)
                    y[row * op.n + n] = of(
                        op.inputs[0])[(row / op.m * part + op.first + row % op.m) * t.cols + op.columns[n]];
            return;
        }
        for (std::uint64_t item = 0; item < op.batch; ++item)
            std::copy_n(of(op.inputs[0]) + (item * part + op.first) * op.n, op.m * op.n,
                        y.data() + item * op.m * op.n);
    }

    void prepend(const Operation& op, Matrix& y) const {
        const std::size_t rest = (op.m - 1) * op.n;
        for (std::size_t item = 0; item < op.batch; ++item) {
            double* part = y.data() + item * op.m * op.n;
            std::copy_n(of(op.inputs[1]), op.n, part);
            std::copy_n(of(op.inputs[0]) + item * rest, rest, part + op.n);
        }
    }

    void spread(const Operation& op, Matrix& y) const {
        const Tensor& t = graph_.tensors[op.inputs[0]];
        const std::uint64_t part = t.batch * t.rows / op.batch * op.n;  // values
        for (std::uint64_t item = 0; item < op.batch; ++item)
            std::copy_n(of(op.inputs[0]) + item * part, part, y.data() + (item * op.m + op.first) * op.n);
    }

    // Rows 2i - 1, 2i and 2i + 1 side by side.
    void windows(const Operation& op, Matrix& y) const {
        const std::size_t size = op.n / 3;
        for (std::size_t row = 0; row < op.batch * op.m; ++row)
            for (std::size_t part = 0; part < 3; ++part)
                if (row % op.m + part > 0)
                    std::copy_n(of(op.inputs[0]) + (2 * row + part - 1) * size, size,
                                y.data() + row * op.n + part * size);
    }

    void distance_sums(const Operation& op, Matrix& y) const {
        const auto buckets = static_cast<std::uint32_t>(graph_.tensors[op.output].cols);
        const DistanceBuckets bucket_of(std::max(op.m, op.n), buckets, op.causal.has_value());
        for (std::size_t row = 0; row < op.batch * op.m; ++row)
            for (std::size_t n = 0; n < op.n; ++n)
                y[row * buckets + bucket_of(row % op.m, n)] += of(op.inputs[0])[row * op.n + n];
    }

    // The sum of what came back to every row of a table.
    void table_gradient(const Operation& op, Matrix& y) const {
        const double* dy = of(op.inputs[0]);
        const std::uint64_t rows = graph_.tensors[op.inputs[0]].rows;
        const auto add = [&](std::uint64_t to, const double* from) {
            for (std::size_t n = 0; n < op.n; ++n) y[to * op.n + n] += from[n];
        };
        const auto token = [&](std::uint64_t row) { return all_tokens_[op.first + row]; };
        for (std::uint64_t row = 0; row < rows; ++row) {
            if (op.function == OperationKind::windows) {
                for (std::uint64_t part = 0; part < 3; ++part)
                    if (row % op.k + part > 0) add(2 * row + part - 1, dy + (row * 3 + part) * op.n);
                continue;
            }
            if (op.function == OperationKind::position) {
                add(op.first + row % op.k, dy + row * op.n);
                continue;
            }
            if (!op.trigram) {
                add(token(row), dy + row * op.n);
                continue;
            }
            const double* first = dy + row * 3 * op.n;  // of the words after, at and before
            if (row % op.k + 1 < op.k) add(token(row + 1), first);
            add(token(row), first + op.n);
            if (row % op.k > 0) add(token(row - 1), first + 2 * op.n);
        }
    }

    void rope(const Operation& op, Matrix& y) const {
        const double* angles = of(op.inputs[1]);
        const std::size_t half = op.n / 2;
        for (std::uint64_t item = 0; item < op.batch; ++item) {
            const Part from = part(op.inputs[0], op, item, op.a_blocks, op.n);
            const Part to = part(op.output, op, item, op.out_blocks, op.n);
            for (std::size_t m = 0; m < op.m; ++m) {
                const double* x = of(op.inputs[0]) + from.first + m * from.stride;
                const double *cosines = angles + m * op.n, *sines = cosines + half;
                double* z = y.data() + to.first + m * to.stride;
                for (std::size_t j = 0; j < half; ++j) {
                    const double sine = op.inverse ? -sines[j] : sines[j];
                    z[j] = x[j] * cosines[j] - x[half + j] * sine;
                    z[half + j] = x[half + j] * cosines[j] + x[j] * sine;
                }
            }
        }
    }

    void mask(const Operation& op, Matrix& y) const {
        const Tensor& t = graph_.tensors[op.inputs[1]];
        const double *x = of(op.inputs[0]), *mask = of(op.inputs[1]);
        for (std::uint64_t item = 0; item < op.batch; ++item)
            for (std::uint64_t m = 0; m < op.m; ++m) {
                const std::uint64_t row = item * op.m + m;
                const double* added =
                    mask + (item * t.batch / op.batch * t.rows + (t.rows == 1 ? 0 : m)) * op.n;
                for (std::uint64_t n = 0; n < op.n; ++n) y[row * op.n + n] = x[row * op.n + n] + added[n];
            }
    }

    void elementwise(const Operation& op, Matrix& y) const {
        const double* x = of(op.inputs[0]);
        const double* other = op.inputs.size() > 1 ? of(op.inputs[1]) : nullptr;
        const bool row_of_all =
            op.kind == OperationKind::multiply && graph_.tensors[op.inputs[1]].elements() == op.n;
        for (std::size_t i = 0; i < y.size(); ++i) {
            switch (op.kind) {
                case OperationKind::scale:
                    y[i] = x[i] * op.factor;
                    break;
                case OperationKind::add:
                    y[i] = x[i] + other[i];
                    break;
                case OperationKind::multiply:
                    y[i] = x[i] * other[row_of_all ? i % op.n : i];
                    break;
                case OperationKind::relu:
                    y[i] = x[i] < 0 ? 0 : x[i];
                    break;
                case OperationKind::gelu:
                    y[i] = x[i] / 2 * std::erfc(-x[i] / std::numbers::sqrt2);
                    break;
                case OperationKind::silu:
                    y[i] = x[i] / (1 + std::exp(-x[i]));
                    break;
                case OperationKind::tanh:
                    y[i] = std::tanh(x[i]);
                    break;
                case OperationKind::gelu_tanh:
                    y[i] = x[i] / 2 *
                           (1 + std::tanh(std::sqrt(2 / std::numbers::pi) *
                                          (x[i] + 0.044715 * x[i] * x[i] * x[i])));
                    break;
                case OperationKind::gelu_sigmoid:
                    y[i] = x[i] / (1 + std::exp(-1.702 * x[i]));
                    break;
                case OperationKind::hgelu:
                    y[i] = x[i] * std::clamp(1.702 * x[i] + 3, 0.0, 6.0) / 6;
                    break;
                default:  // sigmoid
                    y[i] = 1 / (1 + std::exp(-x[i]));
            }
        }
    }

    void by_row(const Operation& op, Matrix& y) const {
        const double* gamma = op.inputs.size() > 1 ? of(op.inputs[1]) : nullptr;
        const double* beta = op.inputs.size() > 2 ? of(op.inputs[2]) : nullptr;
        const std::size_t n = op.n;
        for (std::size_t row = 0; row < op.batch * op.m; ++row) {
            const double* x = of(op.inputs[0]) + row * n;
            double* z = y.data() + row * n;
            double shift = 0, factor = 1;
            if (op.kind == OperationKind::softmax) {
                std::size_t begin = 0, end = n;  // what the row sees
                if (op.causal) {
                    end = row % op.m + op.causal->offset + 1;
                    begin = op.causal->window == 0 || op.causal->window > end ? 0 : end - op.causal->window;
                }
                shift = *std::max_element(x + begin, x + end);
                double sum = 0;
                for (std::size_t i = begin; i < end; ++i) sum += z[i] = std::exp(x[i] - shift);
                for (std::size_t i = begin; i < end; ++i) z[i] /= sum;
                continue;
            }
            if (op.kind == OperationKind::layernorm) {
                for (std::size_t i = 0; i < n; ++i) shift += x[i];
                shift /= static_cast<double>(n);
            }
            if (op.kind != OperationKind::nonorm) {
                double squares = 0;
                for (std::size_t i = 0; i < n; ++i) squares += (x[i] - shift) * (x[i] - shift);
                factor = 1 / std::sqrt(squares / static_cast<double>(n) + op.epsilon);
            }
            for (std::size_t i = 0; i < n; ++i)
                z[i] = (x[i] - shift) * factor * (gamma != nullptr ? gamma[i] : 1) +
                       (beta != nullptr ? beta[i] : 0);
        }
    }

    const Graph& graph_;
    const SourceTensors& sources_;
    std::span<const std::uint64_t> tokens_, all_tokens_;
    unsigned threads_;
    std::vector<Matrix> results_;
};

}  // namespace

void evaluate(const Graph& graph, const SourceTensors& sources, std::span<const std::uint64_t> tokens,
              unsigned threads, const OnResult& on_result) {
    Evaluation(graph, sources, tokens, threads).run(on_result);
}

}  // namespace octet
