#include "tests/values/plain_reference.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

#include "models/arithmetic/gemm.h"
#include "models/arithmetic/ibert.h"
#include "models/arithmetic/posit_functions.h"
#include "models/arithmetic/random.h"
#include "models/arithmetic/vector_math.h"
#include "models/formats/registry.h"
#include "tests/values/plain_gradients.h"

namespace octet::test {
namespace {

using Kind = OperationKind;

// How far an operation may be fused, from the table of docs/lowering.md.
FusionLevel joins_product_at(Kind kind) {
    switch (kind) {
        case Kind::scale:
            return FusionLevel::scaling;
        case Kind::mask:
        case Kind::gelu:
        case Kind::relu:
        case Kind::silu:
        case Kind::tanh:
        case Kind::sigmoid:
        case Kind::gelu_tanh:
        case Kind::gelu_sigmoid:
        case Kind::hgelu:
            return FusionLevel::activation;
        case Kind::nonorm:
            return FusionLevel::layernorm;
        default:
            return FusionLevel::residual;
    }
}

bool is_addition(Kind kind) {
    return kind == Kind::add || kind == Kind::position;
}

class Plain {
  public:
    Plain(const Graph& graph, const AcceleratorConfig& machine, const PlainInputs& inputs)
        : graph_(graph),
          machine_(machine),
          inputs_(inputs),
          storage_(*find_format(machine.pe.storage)),
          operand_(*find_format(machine.pe.operand)),
          vector_(*find_format(machine.vector.format)),
          accumulator_(*find_accumulator(machine.pe.accumulator)),
          buffer_(*find_accumulator(machine.buffers.accumulation_format)),
          math_(*find_accumulator(machine.vector.format)),
          length_(static_cast<std::size_t>(storage_.block_length)),
          memory_(graph.tensors.size()),
          line_scales_(graph.tensors.size()),
          block_scales_(graph.tensors.size()) {
        std::uint64_t looked_up = 0;
        for (const Operation& op : graph.operations) {
            for (const TensorId input : op.inputs) ++readers_[input];
            if (op.kind != Kind::embedding) continue;
            first_token_[op.output] = looked_up;
            looked_up += op.batch * op.m;
        }
        for (TensorId id = 0; id < graph.tensors.size(); ++id) store(id, inputs.sources[id]);
        for (TensorId id = 0; id < graph.tensors.size(); ++id) {  // what is precise does too
            if (!graph.tensors[id].precise || inputs.sources[id].empty() || !is_wide(id)) continue;
            wide_[id] = true;
            memory_[id].clear();
            for (const double x : inputs.sources[id]) memory_[id].push_back(math_.round(x));
        }
        for (const Operation& op : graph.operations) {  // angles lie in the vector format
            if (op.kind != Kind::rope) continue;
            wide_[op.inputs[1]] = true;
            memory_[op.inputs[1]].clear();
            for (const double x : inputs.sources[op.inputs[1]])
                memory_[op.inputs[1]].push_back(math_.round(x));
        }
    }

    std::vector<std::vector<float>> run() {
        std::vector<std::vector<float>> results(graph_.operations.size());
        for (OperationId id = 0; id < graph_.operations.size(); ++id) {
            if (!results[id].empty()) continue;  // was fused
            std::vector<float> v = compute(graph_.operations[id]);
            OperationId last = id;
            bool has_residual = false;
            while (const auto next = fused_after(id, last, has_residual)) {
                results[last] = v;
                v = apply(graph_.operations[*next], std::move(v), graph_.operations[last].output);
                last = *next;
            }
            const TensorId out = graph_.operations[last].output;
            if (!is_wide(out)) {
                store(out, std::vector<double>(v.begin(), v.end()));
                for (std::size_t i = 0; i < v.size(); ++i) v[i] = entered(out, i);
            } else {
                memory_[out] = v;
                wide_[out] = true;
            }
            results[last] = v;
        }
        return results;
    }

  private:
    float scale(TensorId id) const { return id < inputs_.scales.size() ? inputs_.scales[id].scale : 1; }
    // Code less zero point of a number, as written in docs/formats.md.
    float around_zero(TensorId id, double x) const {
        const int zero = inputs_.scales.at(id).zero;
        const long double code =
            std::nearbyint(static_cast<long double>(x) / static_cast<long double>(scale(id))) + zero;
        return static_cast<float>((std::isnan(x) ? zero : std::clamp<long double>(code, -128, 127)) - zero);
    }
    static Code encoded(const FormatInfo& f, double x, float scale) {
        if ((f.encode_scaled == nullptr || f.kind == FormatKind::minifloat) &&
            scale != 1) {  // a long quotient is no tie that it is not
            const long double quotient = static_cast<long double>(x) / static_cast<long double>(scale);
            return f.encode(static_cast<double>(quotient), f.overflow);
        }
        return f.encode_scaled != nullptr ? f.encode_scaled(x, double{scale}) : f.encode(x, f.overflow);
    }

    // Encodes a tensor to the storage format. Of blocks it keeps the elements, and a scale a value.
    void store(TensorId id, const std::vector<double>& values) {
        std::vector<float>& memory = memory_[id];
        memory.clear();
        if (is_in_lines(id)) return store_lines(id, values);
        if (is_state(id) && format(id).block_length > 0) {  // whole numbers, whatever their blocks share
            const std::uint64_t columns = graph_.tensors[id].cols;
            const auto length = static_cast<std::uint64_t>(format(id).block_length);
            for (std::uint64_t i = 0, end = 0; i < values.size(); i = end) {
                end = std::min(i + length, (i / columns + 1) * columns);
                if ((i % columns) % length != 0) end = std::min(end, i + length - i % columns % length);
                const std::vector<double> block(values.begin() + static_cast<std::ptrdiff_t>(i),
                                                values.begin() + static_cast<std::ptrdiff_t>(end));
                const Code shared = format(id).encode_scale(block);
                for (const double x : block)
                    memory.push_back(static_cast<float>(
                        format(id).decode_element(format(id).encode_element(x, shared), shared)));
            }
            return;
        }
        if ((!in_blocks() || is_state(id)) && !is_decoded(id)) {
            for (const double x : values)
                memory.push_back(format(id).name == "int8_zp" ? around_zero(id, x)
                                                              : static_cast<float>(format(id).decode(
                                                                    encoded(format(id), x, scale(id)))));
            return;
        }
        const Tensor& t = graph_.tensors[id];
        const Run run = runs_of(id);
        const auto block_length = static_cast<std::uint64_t>(format(id).block_length);
        memory.resize(values.size());
        block_scales_[id].resize(values.size());
        for (std::uint64_t matrix = 0; matrix * t.rows * t.cols < values.size(); ++matrix)
            for (std::uint64_t line = 0; line < (run.down ? t.cols : t.rows); ++line) {
                std::vector<std::size_t> block;
                const std::uint64_t length = run.down ? t.rows : t.cols;
                for (std::uint64_t i = 0; i < length; ++i) {
                    const std::uint64_t row = run.down ? i : line, column = run.down ? line : i;
                    block.push_back((matrix * t.rows + row) * t.cols + column);
                    if (i + 1 == length || (i + 1) % run.part == 0 || (i % run.part + 1) % block_length == 0)
                        encode_block(id, values, std::exchange(block, {}));
                }
            }
    }
    void encode_block(TensorId id, const std::vector<double>& values, const std::vector<std::size_t>& where) {
        std::vector<double> block;
        for (const std::size_t i : where) block.push_back(values[i]);
        const double tensor = scaled(id) ? double{scale(id)} : 1;
        if (is_decoded(id)) {  // to numbers; for multipliers of integers they count in the tensor's scale
            if (!scaled(id))
                for (double& x : block) x /= double{scale(id)};
            const Code code = format(id).encode_scale(block, tensor);
            for (std::size_t i = 0; i < where.size(); ++i)
                memory_[id][where[i]] = static_cast<float>(
                    format(id).decode_element(format(id).encode_element(block[i], code, tensor), code));
            return;
        }
        const Code scale_code = storage_.encode_scale(block, tensor);
        for (const std::size_t i : where) {
            memory_[id][i] =
                static_cast<float>(storage_.decode(storage_.encode_element(values[i], scale_code, tensor)));
            block_scales_[id][i] = static_cast<std::uint8_t>(scale_code);
        }
    }
    // INT8 with a scale for each row of a first operand, each column of a second one: largest magnitude /
    // 127.
    void store_lines(TensorId id, const std::vector<double>& values) {
        const Tensor& t = graph_.tensors[id];
        const Run run = runs_of(id);
        memory_[id].assign(values.size(), 0);
        line_scales_[id].assign(values.size(), 0);
        for (std::size_t i = 0; i < values.size(); ++i) {
            double largest = 0;
            for (std::size_t j = 0; j < (run.down ? t.rows : t.cols); ++j)
                largest = std::max(
                    largest, std::fabs(values[run.down ? j * t.cols + i % t.cols : i / t.cols * t.cols + j]));
            line_scales_[id][i] = static_cast<float>(largest / 127);
            if (line_scales_[id][i] == 0) continue;
            const long double code =
                std::nearbyintl(static_cast<long double>(values[i]) / line_scales_[id][i]);
            memory_[id][i] = static_cast<float>(std::clamp(code, -128.0L, 127.0L)) + 0.0F;  // no -0
        }
    }
    bool is_in_lines(TensorId id) const {
        return graph_.tensors[id].use == FormatUse::quantized &&
               machine_.formats[FormatUse::quantized] == "int8_vector";
    }
    bool in_blocks() const { return storage_.block_length > 0; }
    // In which a tensor lies in memory.
    const FormatInfo& format(TensorId id) const {
        FormatUse use = graph_.tensors[id].use;
        if (use == FormatUse::weights && machine_.formats[use].empty()) use = FormatUse::forward;
        if (is_state(id) && machine_.formats[use].empty()) use = FormatUse::update;
        const std::string& name = machine_.formats[use];
        return name.empty() ? storage_ : *find_format(name);
    }
    // Weights with scales of blocks of their own.
    bool is_decoded(TensorId id) const {
        return !in_blocks() && !is_state(id) && !is_in_lines(id) && format(id).block_length > 0;
    }
    bool scaled(TensorId id) const { return format(id).tensor_scale != nullptr || graph_.tensors[id].scaled; }
    bool is_state(TensorId id) const {
        return graph_.tensors[id].use == FormatUse::moment ||
               graph_.tensors[id].use == FormatUse::second_moment;
    }

    // Blocks lie in runs of `part` values, down the columns or along the rows: as the products want that read
    // the tensor.
    struct Run {
        bool down;
        std::uint64_t part;
    };
    Run runs_of(TensorId id) const {
        const Tensor& t = graph_.tensors[id];
        for (const Operation& op : graph_.operations) {
            if (op.kind != Kind::matmul) continue;
            if (op.inputs[0] == id) return {op.transpose_a, op.k};
            if (op.inputs[1] != id) continue;
            if (op.transpose_b || op.b_blocks == 0) return {!op.transpose_b, op.k};
            return {true, t.rows / (op.batch / op.heads)};
        }
        return {false, t.cols};
    }

    // The one operation that follows in the epilogue of the product or the pass of the addition, if there is
    // one.
    std::optional<OperationId> fused_after(OperationId product, OperationId last, bool& has_residual) const {
        const Operation& first = graph_.operations[product];
        const TensorId out = graph_.operations[last].output;
        const auto count = readers_.find(out);
        if ((first.kind != Kind::matmul && first.kind != Kind::softmax_backward &&
             !is_addition(first.kind)) ||
            graph_.tensors[out].role != TensorRole::activation || count == readers_.end() ||
            count->second != 1)
            return std::nullopt;
        for (OperationId id = 0; id < graph_.operations.size(); ++id) {
            const Operation& op = graph_.operations[id];
            if (std::find(op.inputs.begin(), op.inputs.end(), out) == op.inputs.end()) continue;
            const bool kind = is_addition(first.kind) ? op.kind == Kind::nonorm
                              : first.kind == Kind::softmax_backward
                                  ? op.kind == Kind::scale
                                  : op.kind == Kind::scale || op.kind == Kind::mask ||
                                        (op.kind == Kind::add && machine_.vector.residual_port) ||
                                        op.kind == Kind::nonorm ||
                                        (op.kind >= Kind::gelu && op.kind <= Kind::hgelu);
            if (!kind || machine_.fusion < joins_product_at(op.kind)) return std::nullopt;
            if (op.kind == Kind::mask && op.m > 1 && graph_.tensors[op.inputs[1]].rows > 1)
                return std::nullopt;
            if (op.batch * op.m * op.n != first.batch * first.m * first.n) return std::nullopt;
            if (op.kind == Kind::add) {
                const TensorId other = op.inputs[0] == out ? op.inputs[1] : op.inputs[0];
                if (has_residual || other == out || made_after(other, product)) return std::nullopt;
                has_residual = true;
            }
            return id;
        }
        return std::nullopt;
    }
    bool made_after(TensorId tensor, OperationId product) const {
        for (OperationId id = product; id < graph_.operations.size(); ++id)
            if (graph_.operations[id].output == tensor) return true;
        return false;
    }
    bool is_wide(TensorId id) const {
        const FormatUse use = graph_.tensors[id].use;
        const bool of_update = use == FormatUse::wgrad || use == FormatUse::update || is_state(id);
        if (graph_.tensors[id].precise && (graph_.tensors[id].role == TensorRole::activation || !of_update))
            return true;
        if ((use == FormatUse::wgrad || use == FormatUse::update || is_state(id)) &&
            (!machine_.formats[use].empty() ||
             (is_state(id) && !machine_.formats[FormatUse::update].empty())))
            return false;
        if (graph_.tensors[id].precise) return true;
        if (graph_.tensors[id].role == TensorRole::logits && readers_.count(id) == 0)
            return machine_.fusion >= FusionLevel::activation;
        if (graph_.tensors[id].role != TensorRole::activation || readers_.count(id) == 0) return false;
        for (const Operation& op : graph_.operations)
            for (const TensorId input : op.inputs) {
                if (input != id) continue;
                const bool norm = op.kind == Kind::norm_backward || op.kind == Kind::layernorm ||
                                  op.kind == Kind::rmsnorm || op.kind == Kind::nonorm;
                if (op.kind >= Kind::axpy) continue;  // updates
                if (!((is_addition(op.kind) || op.kind == Kind::table_gradient) &&
                      machine_.fusion >= FusionLevel::residual) &&
                    !((op.kind == Kind::softmax || op.kind == Kind::rope ||
                       op.kind == Kind::softmax_backward || op.kind == Kind::activation_backward ||
                       (op.kind >= Kind::gelu && op.kind <= Kind::hgelu)) &&
                      machine_.fusion >= FusionLevel::activation) &&
                    !(norm && machine_.fusion >= FusionLevel::layernorm))
                    return false;
            }
        return true;
    }

    // A value of memory as the vector unit sees it.
    float entered(TensorId id, std::size_t i) const {
        const float x = memory_[id][i];
        if (wide_.count(id) != 0) return x;
        if (is_in_lines(id)) return math_.round(static_cast<float>(double{x} * double{line_scales_[id][i]}));
        const double whole =
            in_blocks() && !is_state(id) ? double{x} * factor(block_scales_[id][i]) : double{x};
        return scaled(id) ? math_.multiply(static_cast<float>(whole), scale(id)) : math_.round(whole);
    }
    // What a scale of a block multiplies by: a power of two or, in two levels, the number itself.
    double factor(std::uint8_t code) const {
        if (storage_.tensor_scale != nullptr) return code;
        return code == 255 ? std::nan("") : std::ldexp(1.0, code - 127);
    }
    // As a multiplier sees it; integers as codes.
    float multiplied(TensorId id, std::size_t i) const {
        const float x = memory_[id][i];
        if (machine_.pe.operand == "lns8") {  // a sign and eighths of the logarithm
            const Code code = operand_.encode(double{x}, operand_.overflow);
            const auto eighths = static_cast<float>(code & 0x7f);
            return code == 0x80 ? std::nanf("") : code > 0x80 ? -eighths : eighths;
        }
        if (!is_decoded(id) && is_integer(accumulator_)) return x;
        if (in_blocks() && operand_.kind == FormatKind::integer) return x;
        return static_cast<float>(operand_.decode(operand_.encode(double{x}, operand_.overflow)));
    }

    std::vector<float> compute(const Operation& op) {
        if (op.kind == Kind::matmul) return product(op);
        if (op.kind == Kind::table_gradient) return table_gradient(op);
        if (op.kind == Kind::windows) return windows(op);
        if (op.kind == Kind::distance_sums) return distance_sums(op);
        if (op.trigram) return trigram(op);
        if (op.kind == Kind::rope) return rope(op);
        if (reduces(op.kind)) return reduced(op);
        std::vector<float> y(op.batch * op.m * op.n);
        const Tensor& x = graph_.tensors[op.inputs[0]];
        if (op.kind == Kind::prepend) {
            for (std::uint64_t row = 0; row < op.batch * op.m; ++row)
                for (std::uint64_t n = 0; n < op.n; ++n)
                    y[row * op.n + n] = row % op.m == 0
                                            ? entered(op.inputs[1], n)
                                            : entered(op.inputs[0], (row - row / op.m - 1) * op.n + n);
            return y;
        }
        if (op.kind == Kind::spread) {
            const std::uint64_t part = x.batch * x.rows / op.batch;
            for (std::uint64_t row = 0; row < x.batch * x.rows; ++row)
                for (std::uint64_t n = 0; n < op.n; ++n)
                    y[(row / part * op.m + op.first + row % part) * op.n + n] =
                        entered(op.inputs[0], row * op.n + n);
            return y;
        }
        for (std::uint64_t row = 0; row < op.batch * op.m; ++row)
            for (std::uint64_t n = 0; n < op.n; ++n) {
                std::uint64_t from = row;
                if (op.kind == Kind::embedding) from = inputs_.tokens.at(first_token_.at(op.output) + row);
                if (op.kind == Kind::copy)
                    from = row / op.m * (x.batch * x.rows / op.batch) + op.first + row % op.m;
                const std::uint64_t column = op.columns.empty() ? n : op.columns[n];
                y[row * op.n + n] =
                    entered(op.inputs[0], from * (op.columns.empty() ? op.n : x.cols) + column);
            }
        return apply(op, std::move(y), op.inputs[0]);
    }

    // One value a row.
    std::vector<float> reduced(const Operation& op) const {
        std::vector<float> sums;
        for (std::uint64_t row = 0; row < op.m; ++row) {
            std::vector<float> x;
            for (std::uint64_t n = 0; n < op.n; ++n) {
                x.push_back(entered(op.inputs[0], row * op.n + n));
                if (op.kind == Kind::row_squares) x.back() = math_.multiply(x.back(), x.back());
            }
            sums.push_back(sum(x));
        }
        return sums;
    }

    // x cos + rotate_half(x) sin, as written in the model's code.
    std::vector<float> rope(const Operation& op) const {
        const Tensor& x = graph_.tensors[op.inputs[0]];
        std::vector<float> y(x.elements());
        const std::uint64_t heads = op.a_blocks == 0 ? 1 : op.a_blocks;
        for (std::uint64_t row = 0; row < x.batch * x.rows; ++row)
            for (std::uint64_t head = 0; head < heads; ++head)
                for (std::uint64_t c = 0; c < op.n; ++c) {
                    const std::uint64_t first = row * x.cols + head * op.n, h = op.n / 2;
                    float turned =
                        c < h ? -entered(op.inputs[0], first + c + h) : entered(op.inputs[0], first + c - h);
                    if (op.inverse) turned = -turned;
                    const std::uint64_t angle = row % op.m * op.n + c % h;
                    y[first + c] = math_.add(
                        math_.multiply(entered(op.inputs[0], first + c), entered(op.inputs[1], angle)),
                        math_.multiply(turned, entered(op.inputs[1], angle + h)));
                }
        return y;
    }

    // Next, own and last word; none beyond the first and the last of a sample.
    std::vector<float> trigram(const Operation& op) const {
        const std::uint64_t size = op.n / 3;
        std::vector<float> y(op.batch * op.m * op.n, 0.0F);
        for (std::uint64_t sample = 0; sample < op.batch; ++sample)
            for (std::uint64_t token = 0; token < op.m; ++token) {
                const std::uint64_t word =
                    inputs_.tokens.at(first_token_.at(op.output) + sample * op.m + token);
                for (std::uint64_t i = 0; i < size; ++i) {
                    const float x = entered(op.inputs[0], word * size + i);
                    const std::uint64_t row = sample * op.m + token;
                    if (token > 0) y[(row - 1) * op.n + i] = x;
                    y[row * op.n + size + i] = x;
                    if (token + 1 < op.m) y[(row + 1) * op.n + 2 * size + i] = x;
                }
            }
        return y;
    }

    // Of every sample with a row of zeros at both ends, three rows beginning with every second.
    std::vector<float> windows(const Operation& op) const {
        const std::uint64_t size = op.n / 3;
        std::vector<float> y;
        for (std::uint64_t sample = 0; sample < op.batch; ++sample) {
            std::vector<float> rows(size, 0.0F);
            for (std::uint64_t i = 0; i < 2 * op.m * size; ++i)
                rows.push_back(entered(op.inputs[0], sample * 2 * op.m * size + i));
            rows.resize(rows.size() + size, 0.0F);
            for (std::uint64_t row = 0; row < op.m; ++row)
                y.insert(y.end(), rows.begin() + std::ptrdiff_t(2 * row * size),
                         rows.begin() + std::ptrdiff_t((2 * row + 3) * size));
        }
        return y;
    }

    // A row at a time, a bucket at a time, what is of other buckets left out as 0.
    std::vector<float> distance_sums(const Operation& op) const {
        const std::uint64_t buckets = graph_.tensors[op.output].cols;
        std::vector<float> y;
        for (std::uint64_t row = 0; row < op.batch * op.m; ++row)
            for (std::uint64_t bucket = 0; bucket < buckets; ++bucket) {
                std::vector<float> x;
                for (std::uint64_t c = 0; c < op.n; ++c)
                    x.push_back(plain_bucket(std::int64_t(c) - std::int64_t(row % op.m), buckets,
                                             op.causal.has_value()) == bucket
                                    ? entered(op.inputs[0], row * op.n + c)
                                    : 0.0F);
                y.push_back(sum(x));
            }
        return y;
    }

    // Rows of the gradient, in the order of tokens, added to the table's row that each of them took.
    std::vector<float> table_gradient(const Operation& op) const {
        std::vector<std::vector<std::size_t>> parts(op.m);  // where their values begin
        const Tensor& dy = graph_.tensors[op.inputs[0]];
        for (std::uint64_t row = 0; row < dy.rows; ++row) {
            const auto note = [&](std::uint64_t token, std::uint64_t column) {
                const std::uint64_t to = op.function == Kind::position  ? op.first + row % op.k
                                         : op.function == Kind::windows ? token
                                                                        : inputs_.tokens.at(op.first + token);
                parts[to].push_back(row * dy.cols + column);
            };
            if (op.function == Kind::windows) {
                if (row % op.k != 0) note(2 * row - 1, 0);
                note(2 * row, op.n);
                note(2 * row + 1, 2 * op.n);
                continue;
            }
            if (op.trigram && (row + 1) % op.k != 0) note(row + 1, 0);
            note(row, op.trigram ? op.n : 0);
            if (op.trigram && row % op.k != 0) note(row - 1, 2 * op.n);
        }
        std::vector<float> y(op.m * op.n, 0.0F);
        for (std::uint64_t row = 0; row < op.m; ++row)
            for (std::uint64_t c = 0; c < op.n; ++c)
                for (std::size_t i = 0; i < parts[row].size(); ++i) {
                    const float x = entered(op.inputs[0], parts[row][i] + c);
                    y[row * op.n + c] = i == 0 ? x : math_.add(y[row * op.n + c], x);
                }
        return y;
    }

    // What the lanes multiply: as the vector unit sees it, but integers as codes.
    float on_lane(TensorId id, std::size_t i) const {
        if (is_in_lines(id)) return math_.round(memory_[id][i]);
        if (!scaled(id)) return entered(id, i);
        const double block = in_blocks() ? factor(block_scales_[id][i]) : 1;
        return math_.round(double{memory_[id][i]} * block);
    }
    // A sum of products on the lanes, before its scale.
    double lane_sum(const std::vector<float>& x, const std::vector<float>& w, bool row_sums) const {
        std::vector<float> terms;
        for (std::size_t k = 0; k < x.size(); ++k) terms.push_back(math_.multiply(x[k], w[k]));
        if (row_sums) {  // trees over the lanes; a new one where a tile of R values begins
            std::vector<float> trees;
            const auto rows = static_cast<std::size_t>(machine_.array.rows),
                       lanes = static_cast<std::size_t>(machine_.vector.lanes);
            for (std::size_t tile = 0; tile < terms.size(); tile += rows)
                for (std::size_t from = tile; from < std::min(tile + rows, terms.size()); from += lanes) {
                    const std::size_t to = std::min({from + lanes, tile + rows, terms.size()});
                    trees.push_back(
                        sum({terms.begin() + std::ptrdiff_t(from), terms.begin() + std::ptrdiff_t(to)}));
                }
            terms = trees;
        }
        if (is_integer(accumulator_)) {
            const double limit = std::ldexp(1.0, buffer_ == Accumulator::int32 ? 31 : 23);
            double held = 0;
            for (const float term : terms) {
                held += std::nearbyint(double{term});
                if (machine_.pe.overflow == IntegerOverflow::saturate)
                    held = std::clamp(held, -limit, limit - 1);
                else
                    held -= 2 * limit * std::floor((held + limit) / (2 * limit));
            }
            return held;
        }
        const VectorMath buffer(buffer_);
        float held = buffer.round(double{terms[0]});
        for (std::size_t i = 1; i < terms.size(); ++i) held = buffer.add(held, terms[i]);
        return double{held};
    }

    std::vector<float> product(const Operation& op) {
        const TensorId a = op.inputs[0], b = op.inputs[1];
        std::vector<float> y(graph_.tensors[op.output].elements());
        const auto place = [&](TensorId id, std::uint64_t item, std::uint64_t blocks, std::uint64_t cols,
                               std::uint64_t r, std::uint64_t c) {
            const Tensor& t = graph_.tensors[id];
            std::uint64_t heads = op.heads;
            if (id != op.output) {  // of the heads that share a block one
                item = item * op.of.share + op.of.member;
                heads *= op.of.share;
            }
            if (blocks == 0) {
                const std::uint64_t share = id == op.output ? 1 : op.of.share;
                const std::uint64_t matrix = t.batch == 1 ? 0 : item * t.batch / (op.batch * share);
                return (matrix * t.rows + r) * t.cols + c;
            }
            const std::uint64_t first = item / heads * (t.rows / (op.batch / op.heads));
            return (first + r) * t.cols + item % heads * blocks / heads * cols + c;
        };
        const auto of_a = [&](std::uint64_t item, std::uint64_t m, std::uint64_t k) {
            return op.transpose_a ? place(a, item, op.a_blocks, op.m, k, m)
                                  : place(a, item, op.a_blocks, op.k, m, k);
        };
        bool as_it_is = false,
             turned = false;  // takers of a static weight: one that has both is not laid out for one
        for (const Operation& o : graph_.operations)
            if (o.kind == Kind::matmul && o.inputs[1] == b) (o.transpose_b ? turned : as_it_is) = true;
        const bool integers = is_integer(accumulator_);
        const float s = scale(a) * scale(b);
        GemmRules rules;
        rules.accumulator = accumulator_;
        rules.rounding = machine_.pe.rounding;
        rules.overflow = machine_.pe.overflow;
        rules.fixed_bits = machine_.pe.fixed_bits;
        rules.fixed_fraction = machine_.pe.fixed_fraction;
        rules.buffer = buffer_;
        rules.chunk = rules.rows = static_cast<std::size_t>(machine_.array.rows);
        if (in_blocks()) rules.chunk = std::min<std::size_t>(rules.chunk, length_);
        rules.logarithms = machine_.pe.operand == "lns8";
        if (machine_.array.dataflow == Dataflow::output_stationary) rules.chunk = 0;
        rules.columns = static_cast<std::size_t>(machine_.array.cols);
        rules.seed = inputs_.seed;
        for (std::uint64_t item = 0; item < op.batch; ++item) {
            std::vector<float> x(op.m * op.k), w(op.k * op.n), sums(op.m * op.n);
            const std::size_t blocks = in_blocks() ? (op.k + length_ - 1) / length_ : 0;
            std::vector<std::uint8_t> x_scales(op.m * blocks), w_scales(blocks * op.n);
            for (std::uint64_t m = 0; m < op.m; ++m)
                for (std::uint64_t k = 0; k < op.k; ++k) {
                    const auto i = of_a(item, m, k);
                    x[m * op.k + k] = multiplied(a, i);
                    if (in_blocks()) x_scales[m * blocks + k / length_] = block_scales_[a][i];
                }
            for (std::uint64_t n = 0; n < op.n; ++n)
                for (std::uint64_t k = 0; k < op.k; ++k) {
                    const auto i = op.transpose_b ? place(b, item, op.b_blocks, op.k, n, k)
                                                  : place(b, item, op.b_blocks, op.n, k, n);
                    w[k * op.n + n] = multiplied(b, i);
                    if (in_blocks()) w_scales[k / length_ * op.n + n] = block_scales_[b][i];
                }
            std::vector<double> exact(op.m * op.n);
            const auto of_lines = [&](std::uint64_t m, std::uint64_t n) {  // both scales, as one float
                const std::size_t i = of_a(item, m, 0), j = op.transpose_b
                                                                ? place(b, item, op.b_blocks, op.k, n, 0)
                                                                : place(b, item, op.b_blocks, op.n, 0, n);
                return (is_in_lines(a) ? line_scales_[a][i] : 1) * (is_in_lines(b) ? line_scales_[b][j] : 1);
            };
            const auto scaled_once = [&](double whole) {
                const double scaled = whole * double{s};
                if (scaled == 0 || !std::isfinite(scaled)) return scaled;  // with its sign
                return add_to_odd(scaled, std::fma(whole, double{s}, -scaled));
            };
            if (op.m == 1 && machine_.matvec == Matvec::vector && !op.transpose_a) {
                const bool row_sums = graph_.tensors[b].role == TensorRole::weight && as_it_is != turned
                                          ? machine_.array.dataflow == Dataflow::input_stationary
                                          : op.transpose_b;
                std::vector<float> in(op.k), column(op.k);
                for (std::uint64_t k = 0; k < op.k; ++k) in[k] = on_lane(a, of_a(item, 0, k));
                for (std::uint64_t n = 0; n < op.n; ++n) {
                    for (std::uint64_t k = 0; k < op.k; ++k)
                        column[k] = on_lane(b, op.transpose_b ? place(b, item, op.b_blocks, op.k, n, k)
                                                              : place(b, item, op.b_blocks, op.n, k, n));
                    const double held = lane_sum(in, column, row_sums);
                    exact[n] = scaled(a) || scaled(b) ? scaled_once(held) : held;
                }
            } else if (integers) {
                const std::vector<IntegerOperand> xi(x.begin(), x.end()), wi(w.begin(), w.end());
                std::vector<std::int32_t> whole(op.m * op.n);
                gemm_stepwise(
                    rules,
                    IntegerGemm{
                        op.m, op.n, op.k, xi.data(), op.k, wi.data(), op.n, whole.data(), op.n, true, {}});
                for (std::size_t i = 0; i < whole.size(); ++i) exact[i] = scaled_once(double(whole[i]));
            } else {
                FloatGemm problem{op.m, op.n,        op.k, x.data(), op.k, w.data(),
                                  op.n, sums.data(), op.n, true,     {}};
                std::vector<double> factors;
                for (int code = 0; code < 256; ++code)
                    factors.push_back(factor(static_cast<std::uint8_t>(code)));
                if (in_blocks())
                    problem.scales = {x_scales.data(), w_scales.data(), blocks, op.n, 0,
                                      length_,         factors.data()};
                gemm_stepwise(rules, problem);
                const double tensors = scaled(a) || scaled(b) ? double{s} : 1;
                for (std::size_t i = 0; i < sums.size(); ++i) exact[i] = double{sums[i]} * tensors;
            }
            for (std::uint64_t m = 0; m < op.m; ++m)
                for (std::uint64_t n = 0; n < op.n; ++n) {
                    float v = math_.round(exact[m * op.n + n] * double{of_lines(m, n)});
                    if (op.has_bias) v = math_.add(v, entered(op.inputs[2], n));
                    y[place(op.output, item, op.out_blocks, op.n, m, n)] = v;
                }
        }
        return y;
    }

    // What an operation makes of v, its operand `stream`; products are done elsewhere.
    std::vector<float> apply(const Operation& op, std::vector<float> v, TensorId stream) {
        const std::uint64_t n = op.n;
        for (std::uint64_t row = 0; row < v.size() / n; ++row) {
            float* x = v.data() + row * n;
            switch (op.kind) {
                case Kind::softmax:
                    op.causal ? causal_softmax(op, x, row % op.m) : softmax(x, n);
                    continue;
                case Kind::layernorm:
                case Kind::rmsnorm:
                    norm(op, x);
                    continue;
                case Kind::softmax_backward:
                case Kind::norm_backward:
                    backward(op, x, row);
                    continue;
                default:
                    break;
            }
            for (std::uint64_t c = 0; c < n; ++c) x[c] = one(op, x[c], row, c, stream);
        }
        return v;
    }

    float one(const Operation& op, float x, std::uint64_t row, std::uint64_t c, TensorId stream) const {
        switch (op.kind) {
            case Kind::embedding:
                if (op.inputs.size() > 1)
                    x = math_.add(x, entered(op.inputs[1], (op.first + row % op.m) * op.n + c));
                if (op.inputs.size() > 2) x = math_.add(x, entered(op.inputs[2], c));
                return x;
            case Kind::position:
                x = math_.add(x, entered(op.inputs[1], (op.first + row % op.m) * op.n + c));
                return op.inputs.size() > 2 ? math_.add(x, entered(op.inputs[2], c)) : x;
            case Kind::copy:
                return x;
            case Kind::activation_backward:
                return plain_slope(math_, op.function, x, entered(op.inputs[1], row * op.n + c));
            case Kind::clip_factor: {
                const float limit = math_.round(op.factor), root = math_.square_root(x);
                return root > limit ? math_.divide(limit, root) : 1;
            }
            case Kind::rescale:
                return math_.multiply(x, entered(op.inputs[1], 0));
            case Kind::axpy:
                if (op.rounding != AxpyRounding::each_step) return axpy_once(op, x, row * op.n + c);
                [[fallthrough]];
            case Kind::moment:
            case Kind::second_moment:
            case Kind::adam: {
                const std::size_t i = row * op.n + c;
                return plain_update(math_, op, x, entered(op.inputs[1], i),
                                    op.inputs.size() > 2 ? entered(op.inputs[2], i) : 0);
            }
            case Kind::scale:
                return math_.multiply(x, math_.round(op.factor));
            case Kind::mask: {
                const Tensor& t = graph_.tensors[op.inputs[1]];
                const std::uint64_t item = row / op.m;
                const std::uint64_t from =
                    item * t.batch / op.batch * t.rows + (t.rows == 1 ? 0 : row % op.m);
                return math_.add(x, entered(op.inputs[1], from * op.n + c));
            }
            case Kind::nonorm:
                return math_.add(math_.multiply(x, entered(op.inputs[1], c)), entered(op.inputs[2], c));
            case Kind::add:
            case Kind::multiply: {
                const TensorId other = op.inputs[0] == stream ? op.inputs[1] : op.inputs[0];
                const bool one_row = op.kind == Kind::multiply && graph_.tensors[other].elements() == op.n;
                const float y = entered(other, (one_row ? 0 : row * op.n) + c);
                return op.kind == Kind::add ? math_.add(x, y) : math_.multiply(x, y);
            }
            case Kind::relu:
                return x < 0 ? 0 : x;
            case Kind::gelu:
                if (machine_.vector.gelu == VectorFunctionUnit::ibert) {
                    if (x != x) return x;
                    const double steps = std::clamp(double{x} * 4096, -2147483648.0, 2147483647.0);
                    const auto y = ibert::gelu({std::llrint(steps), 1.0 / 4096});
                    return math_.round(multiply_to_odd(static_cast<double>(y.value), y.scale));
                }
                return math_.gelu(x);
            case Kind::silu:
                return math_.silu(x);
            case Kind::tanh:
                return math_.tanh(x);
            case Kind::gelu_tanh:
                return math_.gelu_tanh(x);
            case Kind::gelu_sigmoid:
                return math_.gelu_sigmoid(x);
            case Kind::hgelu:
                return math_.hgelu(x);
            default:
                return math_.sigmoid(x);
        }
    }

    // Between two numbers of the format, the larger one with a chance of where the sum lies between them.
    float axpy_once(const Operation& op, float x, std::size_t i) const {
        const FormatInfo& kept = is_wide(op.output) ? vector_ : format(op.output);
        const auto id = static_cast<std::uint64_t>(&op - graph_.operations.data());
        const auto pes = static_cast<std::uint64_t>(machine_.array.rows * machine_.array.cols);
        const FloatMac mac = float_mac(*find_accumulator(kept.name), op.rounding == AxpyRounding::stochastic
                                                                         ? Rounding::stochastic
                                                                         : Rounding::nearest_even);
        return mac(entered(op.inputs[1], i), math_.round(op.factor), x, draw(inputs_.seed, pes + id, i));
    }

    float sum(const std::vector<float>& row) const {
        const auto lanes = static_cast<std::size_t>(machine_.vector.lanes);
        std::size_t leaves = 1;
        while (leaves < lanes) leaves *= 2;
        float total = 0;
        for (std::size_t from = 0; from < row.size(); from += lanes) {
            std::vector<float> tree(leaves, 0.0F);
            for (std::size_t i = 0; i < lanes && from + i < row.size(); ++i) tree[i] = row[from + i];
            while (tree.size() > 1) {
                std::vector<float> above;
                for (std::size_t i = 0; i < tree.size(); i += 2)
                    above.push_back(math_.add(tree[i], tree[i + 1]));
                tree = above;
            }
            total = math_.add(total, tree[0]);
        }
        return total;
    }

    static bool sees(const CausalMask& mask, std::uint64_t row, std::uint64_t column) {
        return column <= row + mask.offset && (mask.window == 0 || column + mask.window > row + mask.offset);
    }
    // A column that is not seen is far below all others, and in the end 0.
    void causal_softmax(const Operation& op, float* x, std::uint64_t row) const {
        if (machine_.softmax.unit == SoftmaxUnitKind::ibert) {  // integers add up in any order
            std::vector<float> seen;
            for (std::uint64_t c = 0; c < op.n; ++c)
                if (sees(*op.causal, row, c)) seen.push_back(x[c]);
            softmax(seen.data(), seen.size());
            std::size_t next = 0;
            for (std::uint64_t c = 0; c < op.n; ++c) x[c] = sees(*op.causal, row, c) ? seen[next++] : 0;
            return;
        }
        for (std::uint64_t c = 0; c < op.n; ++c)
            if (!sees(*op.causal, row, c)) x[c] = -HUGE_VALF;
        softmax(x, op.n);
        for (std::uint64_t c = 0; c < op.n; ++c)
            if (!sees(*op.causal, row, c)) x[c] = 0;
    }

    void softmax(float* x, std::uint64_t n) const {
        const SoftmaxConfig& unit = machine_.softmax;
        const float largest = *std::max_element(x, x + n);
        std::vector<float> e;
        if (unit.unit == SoftmaxUnitKind::ibert) {
            std::vector<std::int64_t> row, out(n);
            for (std::uint64_t i = 0; i < n; ++i)
                row.push_back(std::llrint(std::max(-128.0, double{math_.add(x[i], -largest)}) * 256));
            ibert::softmax(row, 1.0 / 256, 16, out);
            for (std::uint64_t i = 0; i < n; ++i) x[i] = math_.round(static_cast<double>(out[i]) / 65536);
            return;
        }
        const bool posits = unit.unit == SoftmaxUnitKind::posit_approximate;
        const ApproximateExponential approximate(unit.theta);
        for (std::uint64_t i = 0; i < n; ++i) {
            const float z = math_.add(x[i], -largest);
            e.push_back(posits && unit.exp == Approximation::approximate ? math_.round(approximate(double{z}))
                                                                         : math_.exponential(z));
        }
        const float s = sum(e);
        const float t = posits && unit.reciprocal == Approximation::approximate
                            ? math_.round(approximate_reciprocal(double{s}))
                            : math_.divide(1, s);
        for (std::uint64_t i = 0; i < n; ++i) x[i] = math_.multiply(e[i], t);
    }

    void integer_norm(const Operation& op, float* x) const {
        if (std::any_of(x, x + op.n, [](float v) { return v != v; }))
            return std::fill_n(x, op.n, NAN), void();
        std::vector<std::int64_t> steps, result(op.n);
        for (std::uint64_t c = 0; c < op.n; ++c)
            steps.push_back(std::llrint(std::clamp(double{x[c]} * 4096, -1048576.0, 1048575.0)));
        const double unit = ibert::layernorm(steps, result);
        for (std::uint64_t c = 0; c < op.n; ++c) {
            x[c] = math_.round(multiply_to_odd(static_cast<double>(result[c]), unit));
            if (op.inputs.size() == 1) continue;
            x[c] = math_.add(math_.multiply(x[c], entered(op.inputs[1], c)), entered(op.inputs[2], c));
        }
    }

    void norm(const Operation& op, float* x) const {
        const auto n = static_cast<std::size_t>(op.n);
        if (op.kind == Kind::layernorm && machine_.vector.layernorm == VectorFunctionUnit::ibert)
            return integer_norm(op, x);
        std::vector<float> d(x, x + n);
        const float count = math_.round(static_cast<double>(n));
        if (op.kind == Kind::layernorm) {
            const float mean = math_.divide(sum(d), count);
            for (float& v : d) v = math_.add(v, -mean);
        }
        std::vector<float> squares;
        for (const float v : d) squares.push_back(math_.multiply(v, v));
        const float variance = math_.divide(sum(squares), count);
        const float epsilon = math_.round(op.epsilon);
        const float r = math_.reciprocal_square_root(math_.add(variance, epsilon));
        for (std::size_t c = 0; c < n; ++c) {
            x[c] = math_.multiply(d[c], r);
            if (op.inputs.size() == 1) continue;
            x[c] = math_.multiply(x[c], entered(op.inputs[1], c));
            if (op.kind == Kind::layernorm) x[c] = math_.add(x[c], entered(op.inputs[2], c));
        }
    }

    // x holds the gradient of the result, and then that of the input.
    void backward(const Operation& op, float* x, std::uint64_t row) const {
        const PlainUnit unit{math_, [this](const Row& values) { return sum(values); }};
        Row input, gamma, result;
        std::vector<bool> seen;
        for (std::uint64_t c = 0; c < op.n; ++c) {
            input.push_back(entered(op.inputs[1], row * op.n + c));
            if (op.kind == Kind::norm_backward) gamma.push_back(entered(op.inputs[2], c));
            seen.push_back(!op.causal || sees(*op.causal, row % op.m, c));
        }
        const Row dy(x, x + op.n);
        result = op.kind == Kind::norm_backward
                     ? plain_norm_backward(unit, op.function == Kind::layernorm, op.epsilon, dy, input, gamma)
                     : plain_softmax_backward(unit, machine_.softmax, dy, input, seen);
        std::copy(result.begin(), result.end(), x);
    }

    const Graph& graph_;
    const AcceleratorConfig& machine_;
    const PlainInputs& inputs_;
    const FormatInfo &storage_, &operand_, &vector_;
    Accumulator accumulator_, buffer_;
    VectorMath math_;
    std::size_t length_;                           // of blocks, 0: there are none
    std::vector<std::vector<float>> memory_;       // decoded; integers and blocks at scale 1
    std::vector<std::vector<float>> line_scales_;  // of values in lines
    std::vector<std::vector<std::uint8_t>> block_scales_;
    std::map<TensorId, bool> wide_;
    std::map<TensorId, int> readers_;
    std::map<TensorId, std::uint64_t> first_token_;  // of a look-up, by its output
};

}  // namespace

std::vector<std::vector<float>> plain_results(const Graph& graph, const AcceleratorConfig& machine,
                                              const PlainInputs& inputs) {
    return Plain(graph, machine, inputs).run();
}

}  // namespace octet::test
