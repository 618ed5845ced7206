#include "models/vector/vector_values.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "models/arithmetic/distances.h"
#include "models/arithmetic/integer_rows.h"
#include "models/codec/block_scales.h"

namespace octet {
namespace {

SoftmaxUnit softmax_unit(const SoftmaxConfig& config) {
    SoftmaxUnit unit;
    if (config.unit != SoftmaxUnitKind::posit_approximate) return unit;
    if (config.exp == Approximation::approximate) unit.exponential.emplace(config.theta);
    unit.approximate_reciprocal = config.reciprocal == Approximation::approximate;
    return unit;
}

}  // namespace

VectorValues::VectorValues(MachineValues& values, const std::vector<VectorProgram>& programs,
                           std::uint32_t result_columns)
    : values_(values),
      programs_(programs),
      result_columns_(result_columns),
      unit_{VectorMath(values.config.vector_accumulator), values.config.lanes},
      softmax_(softmax_unit(values.config.softmax)) {
    if (values.config.vector_accumulator == Accumulator::bf16) softmax_.tabulate(unit_.math);
}

std::vector<float> VectorValues::read(const VectorOperand& operand, std::uint32_t rows,
                                      std::uint32_t columns) const {
    const ValueConfig& config = values_.config;
    const ValueConfig::Stored& stored = config.formats.at(operand.format);
    const FormatInfo& format = operand.codec ? *stored.info : *config.vector;
    auto v = read_numbers(values_.sram,
                          {operand.sram, rows, columns, operand.piece_columns, operand.pitch,
                           operand.block_scales, operand.codec ? operand.scale().zero : 0},
                          format);
    if (!operand.codec) return v;
    const float scale = operand.scale().scale;
    if (stored.scaled() || scale != 1)
        for (float& x : v) x = unit_.math.multiply(x, scale);
    else if (stored.rounds_on_entry)
        for (float& x : v) x = unit_.math.round(double{x});
    return v;
}

std::vector<std::vector<float>> VectorValues::read_parameters(const VectorOperand& operand,
                                                              std::uint32_t columns) const {
    std::vector<std::vector<float>> vectors;
    for (std::uint32_t i = 0; i < operand.sram.count; ++i) {
        VectorOperand one = operand;
        // A factor of all columns is one value.
        const std::uint64_t values = std::uint64_t{operand.sram.size(i)} * 8 / operand.stride_bits();
        const auto there = static_cast<std::uint32_t>(std::min<std::uint64_t>(columns, values));
        one.sram = {operand.sram.address(i), 1, operand.sram.size(i), operand.sram.size(i), 0, 0};
        one.scales.assign(1, operand.scale(i));
        if (one.block_scales) {
            const Strips& all = operand.block_scales.strips;
            one.block_scales.strips = {all.address(i), 1, all.size(i), all.size(i), 0, 0};
        }
        vectors.push_back(read(one, 1, there));
    }
    return vectors;
}

void VectorValues::accept(std::uint32_t sequence, const EpilogueCommand& c, Cycle at) {
    values_.effects.settle(at);
    Work work;
    work.program = c.program;
    work.rows = c.m;
    work.columns = (c.n_tiles - 1) * result_columns_ + c.n_last;
    work.operands.emplace_back();
    if (c.residual.sram.count > 0) work.operands[0] = read(c.residual, work.rows, work.columns);
    work.parameters = read_parameters(c.parameters, work.columns);
    work.output = c.output;
    work.sum_scale = c.sum_scale;
    read_line_scales(c.line_scales, work);
    work.part = c.part;
    work.by_column = c.by_column;
    epilogues_[sequence] = std::move(work);
}

void VectorValues::finish(std::uint32_t sequence, Cycle done) {
    values_.effects.at(done, Effects::Kind::deliver, [this, sequence] {
        const auto work = epilogues_.extract(sequence);
        auto sums = values_.sums.extract(sequence);
        if (work.empty() || sums.empty() || sums.mapped().rows != work.mapped().rows ||
            sums.mapped().columns != work.mapped().columns)
            throw std::logic_error("an epilogue and the results of its passes do not fit");
        compute(work.mapped(), entering(sums.mapped(), work.mapped()));
    });
}

void VectorValues::run(const VectorCommand& c, Cycle start, Cycle done) {
    values_.effects.settle(start);
    Work work;
    work.program = c.program;
    work.rows = c.rows;
    work.columns = c.columns;
    std::uint32_t inputs = 0, written = 0;  // what no pass before has written
    for (const VectorPass& pass : programs_.at(c.program).passes) {
        inputs |= pass.reads & ~written;
        if (pass.writes_operand >= 0) written |= 1U << static_cast<unsigned>(pass.writes_operand);
    }
    for (std::size_t i = 0; i < c.operands.size(); ++i) {
        const bool input = (inputs >> i & 1) != 0;
        work.operands.push_back(input ? read(c.operands[i], c.rows, c.columns) : std::vector<float>{});
    }
    work.parameters = read_parameters(c.parameters, c.columns);
    work.output = c.output;
    work.part = c.part;
    work.result = programs_.at(c.program).result(c.rows, c.columns);
    values_.effects.at(done, Effects::Kind::deliver, [this, work = std::move(work)]() mutable {
        std::vector<float> v = std::move(work.operands[0]);
        compute(work, std::move(v));
    });
}

void VectorValues::tile_written(std::uint32_t sequence, std::uint32_t tile, std::uint32_t columns,
                                std::span<const GrantRun> runs, std::uint32_t interval, Cycle delay) {
    const Work& work = epilogues_.at(sequence);
    ResultPart part = work.part;
    part.first_column += tile * result_columns_;
    if (!work.by_column) return rows_written(work.program, part, columns, runs, interval, delay);
    // A vector is a column: one value of each of `columns` rows.
    for (const GrantRun& run : runs)
        for (std::uint64_t i = 0; i < run.slots; ++i) {
            ResultPart column = part;
            column.first_column += static_cast<std::uint32_t>(run.slot + i);
            const GrantRun all{0, columns, run.at + i * interval, 0};
            rows_written(work.program, column, 1, {&all, 1}, 0, delay);
        }
}

void VectorValues::tile_written(const VectorCommand& command, std::uint32_t tile, std::uint32_t columns,
                                std::span<const GrantRun> runs, std::uint32_t interval, Cycle delay) {
    ResultPart part = command.part;
    part.first_column += tile * result_columns_;
    rows_written(command.program, part, columns, runs, interval, delay);
}

void VectorValues::rows_written(std::uint32_t program, ResultPart part, std::uint32_t columns,
                                std::span<const GrantRun> runs, std::uint32_t interval, Cycle delay) {
    if (values_.observer == nullptr || !values_.observer->wants_cycles()) return;
    for (const GrantRun& run : runs)
        for (std::uint64_t i = 0; i < run.slots; ++i) {
            ResultPart row = part;
            row.first_row += static_cast<std::uint32_t>(run.slot + i);
            values_.observer->written(programs_.at(program).steps.back().operation, row, columns,
                                      run.at + i * interval + delay);
        }
}

void VectorValues::pass_written(const VectorCommand& c, std::uint64_t first_value,
                                std::span<const GrantRun> runs, std::uint32_t interval, Cycle delay) {
    if (values_.observer == nullptr || !values_.observer->wants_cycles()) return;
    const auto [rows, columns] = programs_.at(c.program).result(c.rows, c.columns);
    const std::uint64_t lanes = c.by_value ? 1 : unit_.lanes, values = std::uint64_t{rows} * columns;
    for (const GrantRun& run : runs)
        for (std::uint64_t i = 0; i < run.slots; ++i) {
            // A vector may reach over the end of a row.
            std::uint64_t at = first_value + (run.slot + i) * lanes;
            for (const std::uint64_t end = std::min(at + lanes, values); at < end;) {
                ResultPart part = c.part;
                part.first_row += static_cast<std::uint32_t>(at / columns);
                part.first_column += static_cast<std::uint32_t>(at % columns);
                const std::uint64_t count = std::min<std::uint64_t>(end - at, columns - at % columns);
                values_.observer->written(programs_.at(c.program).steps.back().operation, part, count,
                                          run.at + i * interval + delay);
                at += count;
            }
        }
}

void VectorValues::read_line_scales(const LineScales& scales, Work& work) const {
    const auto read_all = [&](const Strips& place, std::uint32_t lines) {
        if (place.count == 0) return std::vector<float>{};
        return read_numbers(values_.sram, {place, 1, lines, 0, 0, {}}, *find_format("fp32"));
    };
    work.row_scales = read_all(scales.rows, work.rows);
    work.column_scales = read_all(scales.columns, work.columns);
}

// Sums as the unit takes them in.
std::vector<float> VectorValues::entering(MachineValues::Sums& sums, const Work& work) const {
    std::vector<float> v;
    const float scale = work.sum_scale;
    if (!work.row_scales.empty()) {
        v = std::move(sums.numbers);
        for (std::size_t row = 0; row < work.rows; ++row)
            for (std::size_t c = 0; c < work.columns; ++c) {
                float& sum = v[row * work.columns + c];
                const float both = work.row_scales[row] * work.column_scales[c];
                sum = unit_.math.round(double{sum} * double{both});
            }
        return v;
    }
    const bool scaled = values_.config.scaled() || scale != 1;
    if (is_integer(values_.config.rules.accumulator)) {
        v.reserve(sums.integers.size());
        for (const std::int32_t sum : sums.integers)
            v.push_back(unit_.math.round(multiply_to_odd(sum, double{scale})));
    } else {
        v = std::move(sums.numbers);
        if (scaled)
            for (float& sum : v) sum = unit_.math.round(double{sum} * double{scale});
        else if (values_.config.rounds_sums)
            for (float& sum : v) sum = unit_.math.round(double{sum});
    }
    return v;
}

void VectorValues::compute(const Work& work, std::vector<float> v) {
    const auto& steps = programs_.at(work.program).steps;
    for (std::size_t i = 0; i < steps.size(); ++i) {
        step(steps[i], work, v);
        const bool last = i + 1 == steps.size();
        if (last && values_.observer != nullptr)
            values_.observer->unencoded(steps[i].operation, work.part, work.result_rows(),
                                        work.result_columns(), v);
        if (last) write(work, steps[i].operation, v);
        if (last ? !programs_.at(work.program).encoded_later : steps[i + 1].operation != steps[i].operation)
            observe(steps[i].operation, work, v);
    }
}

void VectorValues::step(const VectorStep& s, const Work& work, std::vector<float>& v) const {
    const VectorMath& math = unit_.math;
    const std::size_t columns = work.columns;
    const auto each = [&](auto&& f) {
        for (float& x : v) x = f(x);
    };
    const auto by_column = [&](const std::vector<float>& parameter, auto&& f) {
        for (std::size_t row = 0; row < work.rows; ++row)
            for (std::size_t c = 0; c < columns; ++c)
                v[row * columns + c] = f(v[row * columns + c], parameter[parameter.size() == 1 ? 0 : c]);
    };
    const auto with_operand = [&](auto&& f) {
        const std::vector<float>& other = work.operands.at(s.index);
        for (std::size_t i = 0; i < v.size(); ++i) v[i] = f(v[i], other.at(i));
    };
    const auto add = [&](float a, float b) { return math.add(a, b); };
    const auto multiply = [&](float a, float b) { return math.multiply(a, b); };
    switch (s.function) {
        case VectorFunction::take:
            return;
        case VectorFunction::add_parameter:
            return by_column(work.parameters.at(s.index), add);
        case VectorFunction::add_operand:
            return with_operand(add);
        case VectorFunction::subtract_operand:
            return with_operand([&](float a, float b) { return math.subtract(a, b); });
        case VectorFunction::multiply_operand:
            return with_operand(multiply);
        case VectorFunction::scale:
            return each([&, factor = math.round(s.constant)](float x) { return math.multiply(x, factor); });
        case VectorFunction::relu:
            return each([](float x) { return x < 0 ? 0.0F : x; });
        case VectorFunction::gelu:
            return each(
                [&](float x) { return values_.config.integer_gelu ? integer_gelu(math, x) : math.gelu(x); });
        case VectorFunction::silu:
            return each([&](float x) { return math.silu(x); });
        case VectorFunction::tanh:
            return each([&](float x) { return math.tanh(x); });
        case VectorFunction::sigmoid:
            return each([&](float x) { return math.sigmoid(x); });
        case VectorFunction::gelu_tanh:
            return each([&](float x) { return math.gelu_tanh(x); });
        case VectorFunction::gelu_sigmoid:
            return each([&](float x) { return math.gelu_sigmoid(x); });
        case VectorFunction::hgelu:
            return each([&](float x) { return math.hgelu(x); });
        case VectorFunction::zero:
            return v.assign(std::size_t{work.rows} * columns, 0.0F);
        case VectorFunction::multiply_parameter:
            return by_column(work.parameters.at(s.index), multiply);
        case VectorFunction::slope:
            return with_operand([&](float dy, float x) { return backward(s.of, dy, x); });
        case VectorFunction::axpy:
            if (s.rounding != AxpyRounding::each_step) return axpy_once(s, work, v);
            return with_operand([&, a = math.round(s.constant)](float x, float y) {
                return math.add(math.multiply(x, a), y);
            });
        case VectorFunction::moment:
            return with_operand(
                [&, a = math.round(s.constant), b = math.round(1 - s.constant)](float x, float y) {
                    return math.add(math.multiply(x, a), math.multiply(y, b));
                });
        case VectorFunction::second_moment:
            return with_operand(
                [&, a = math.round(s.constant), b = math.round(std::sqrt(1 - s.constant))](float x, float y) {
                    const float root = math.multiply(y, b);
                    return math.add(math.multiply(x, a), math.multiply(root, root));
                });
        case VectorFunction::adam:
            return adam_step(s, work, v);
        case VectorFunction::row_squares:
        case VectorFunction::row_sums: {
            if (s.function == VectorFunction::row_squares) each([&](float x) { return math.multiply(x, x); });
            std::vector<float> sums(work.rows);
            for (std::size_t row = 0; row < work.rows; ++row)
                sums[row] = math.sum(std::span(v).subspan(row * columns, columns), unit_.lanes);
            v = std::move(sums);
            return;
        }
        case VectorFunction::distance_sums:
            v = sums_by_distance(s, work, v);
            return;
        case VectorFunction::clip_factor:
            return each([&, limit = math.round(s.constant)](float x) {
                const float root = math.square_root(x);
                return math.divide(limit, root <= limit ? limit : root);
            });
        case VectorFunction::nonorm:
            by_column(work.parameters.at(s.index), multiply);
            return by_column(work.parameters.at(s.index + 1U), add);
        default: {
            std::vector<float> result(columns);
            for (std::size_t row = 0; row < work.rows; ++row) {
                const std::span<float> x(v.data() + row * columns, columns);
                row_step(s, work, row, x, result);
                std::copy(result.begin(), result.end(), x.begin());
            }
        }
    }
}

float VectorValues::backward(VectorFunction of, float dy, float x) const {
    const VectorMath& math = unit_.math;
    switch (of) {
        case VectorFunction::relu:
            return x > 0 ? dy : 0.0F;
        case VectorFunction::gelu:
            return math.multiply(dy, math.gelu_slope(x));
        case VectorFunction::silu:
            return math.multiply(dy, math.silu_slope(x));
        case VectorFunction::tanh:
            return math.multiply(dy, math.tanh_slope(x));
        case VectorFunction::sigmoid:
            return math.multiply(dy, math.sigmoid_slope(x));
        case VectorFunction::gelu_tanh:
            return math.multiply(dy, math.gelu_tanh_slope(x));
        case VectorFunction::gelu_sigmoid:
            return math.multiply(dy, math.gelu_sigmoid_slope(x));
        case VectorFunction::hgelu:
            return math.multiply(dy, math.hgelu_slope(x));
        default:
            throw std::logic_error("the slope of a function that has none");
    }
}

void VectorValues::row_step(const VectorStep& s, const Work& work, std::size_t row, std::span<const float> x,
                            std::span<float> y) const {
    const float epsilon = unit_.math.round(s.constant);
    switch (s.function) {
        case VectorFunction::softmax:
            return softmax_of(s, work, row, x, y);
        case VectorFunction::layernorm:
            return layernorm_of(x, work.parameters.at(0), work.parameters.at(1), epsilon, y);
        case VectorFunction::rmsnorm:
            rmsnorm(unit_, x, work.parameters.at(0), epsilon, y);
            return;
        case VectorFunction::normalise:
            return s.of == VectorFunction::rmsnorm ? rmsnorm(unit_, x, {}, epsilon, y)
                                                   : layernorm_of(x, {}, {}, epsilon, y);
        case VectorFunction::softmax_backward:
            return softmax_gradient(s, work, row, x, y);
        case VectorFunction::norm_backward: {
            const std::span<const float> input(work.operands.at(1).data() + row * x.size(), x.size());
            const auto& f = s.of == VectorFunction::rmsnorm ? rmsnorm_backward : layernorm_backward;
            return f(unit_, x, input, work.parameters.at(0), epsilon, y);
        }
        default:
            throw std::logic_error("a step of the vector unit that is not known");
    }
}

void VectorValues::layernorm_of(std::span<const float> x, std::span<const float> gamma,
                                std::span<const float> beta, float epsilon, std::span<float> y) const {
    if (values_.config.integer_layernorm) return integer_layernorm(unit_.math, x, gamma, beta, y);
    layernorm(unit_, x, gamma, beta, epsilon, y);
}

// What a row sees: from the first column to before the last.
std::pair<std::size_t, std::size_t> VectorValues::seen_by(const VectorStep& s, const Work& work,
                                                          std::size_t row) {
    if (s.mask.rows == 0) return {0, work.columns};
    const std::size_t end = (work.part.first_row + row) % s.mask.rows + s.mask.offset + 1;
    return {s.mask.window == 0 || s.mask.window > end ? 0 : end - s.mask.window, end};
}

// Lanes whose columns are of another bucket hold 0.
std::vector<float> VectorValues::sums_by_distance(const VectorStep& s, const Work& work,
                                                  std::span<const float> v) const {
    const std::size_t columns = work.columns, lanes = unit_.lanes;
    const DistanceBuckets bucket_of(std::max<std::size_t>(s.mask.rows, columns), s.buckets, s.one_way);
    std::vector<float> sums(work.rows * std::size_t{s.buckets}), held(columns);
    for (std::size_t row = 0; row < work.rows; ++row) {
        const std::size_t query = (work.part.first_row + row) % s.mask.rows;
        for (std::size_t first = 0, end = 0; first < columns; first = end) {
            const std::uint32_t bucket = bucket_of(query, first);
            for (end = first; end < columns && bucket_of(query, end) == bucket; ++end)
                held[end] = v[row * columns + end];
            const std::size_t begin = first / lanes * lanes;  // of the vector that it begins in
            sums[row * s.buckets + bucket] =
                unit_.math.sum(std::span(held).subspan(begin, end - begin), lanes);
            std::fill(held.begin() + static_cast<std::ptrdiff_t>(begin),
                      held.begin() + static_cast<std::ptrdiff_t>(end), 0.0F);
        }
    }
    return sums;
}

// dy is the gradient of the softmax of operand 1, which is raised and summed once more.
void VectorValues::softmax_gradient(const VectorStep& s, const Work& work, std::size_t row,
                                    std::span<const float> dy, std::span<float> dx) const {
    const std::size_t n = dy.size();
    const std::span<const float> x(work.operands.at(1).data() + row * n, n);
    std::vector<float> y(n), raised(n);
    const auto [begin, end] = seen_by(s, work, row);
    float slope = -1;
    if (values_.config.softmax.unit == SoftmaxUnitKind::ibert) {  // raised, and divided already
        integer_softmax(unit_.math, x.subspan(begin, end - begin), std::span(y).subspan(begin, end - begin));
        raised = y;
    } else {
        std::vector<float> lanes(n, -std::numeric_limits<float>::infinity());
        std::copy(x.begin() + static_cast<std::ptrdiff_t>(begin),
                  x.begin() + static_cast<std::ptrdiff_t>(end),
                  lanes.begin() + static_cast<std::ptrdiff_t>(begin));
        slope = softmax_slope(unit_, softmax_, softmax(unit_, softmax_, lanes, y, raised));
    }
    softmax_backward(unit_, y, raised, slope, dy, dx);
    std::fill(dx.begin(), dx.begin() + static_cast<std::ptrdiff_t>(begin), 0.0F);
    std::fill(dx.begin() + static_cast<std::ptrdiff_t>(end), dx.end(), 0.0F);
}

// Lanes whose columns are not seen add nothing, and their results are 0.
void VectorValues::softmax_of(const VectorStep& s, const Work& work, std::size_t row,
                              std::span<const float> x, std::span<float> y) const {
    const bool integers = values_.config.softmax.unit == SoftmaxUnitKind::ibert;
    if (s.mask.rows == 0)
        return integers ? integer_softmax(unit_.math, x, y) : void(softmax(unit_, softmax_, x, y));
    const auto [begin, end] = seen_by(s, work, row);
    const std::span<const float> seen = x.subspan(begin, end - begin);
    const std::span<float> results = y.subspan(begin, end - begin);
    std::fill(y.begin(), y.end(), 0.0F);
    if (integers) return integer_softmax(unit_.math, seen, results);
    std::vector<float> lanes(x.size(), -std::numeric_limits<float>::infinity()), all(x.size());
    std::copy(seen.begin(), seen.end(), lanes.begin() + static_cast<std::ptrdiff_t>(begin));
    softmax(unit_, softmax_, lanes, all);
    std::copy_n(all.begin() + static_cast<std::ptrdiff_t>(begin), seen.size(), results.begin());
}

void VectorValues::observe(OperationId operation, const Work& work, std::span<const float> v) {
    std::uint64_t nar = 0;
    for (const float x : v) nar += x != x;
    values_.counts[operation].nar += nar;
    if (values_.observer != nullptr)
        values_.observer->produced(operation, work.part, work.result_rows(), work.result_columns(), v);
}

// Values that do not fit the format they are encoded to, at the scale of each.
void VectorValues::count_misfits(OperationId operation, const CodedMatrix& place, const CodedFormat& format,
                                 std::span<const float> v) {
    ValueCounts& counts = values_.counts[operation];
    const double max = format.info->max, min = format.info->min;
    const auto count = [&](float x, double largest, double smallest) {
        const double magnitude = std::fabs(double{x});
        counts.saturated += magnitude > largest;
        counts.underflowed += magnitude < smallest && magnitude > 0;
    };
    if (format.info->zero_point != nullptr) {
        const double scale{format.scale}, largest = (max - place.zero) * scale,
                                          least = (-max - 1 - place.zero) * scale;
        for (const float x : v) {
            counts.saturated += double{x} > largest || double{x} < least;
            counts.underflowed += std::fabs(double{x}) < scale && x != 0;
        }
        return;
    }
    if (!place.scales) {
        const double largest = max * double{format.scale}, smallest = min * double{format.scale};
        for (const float x : v) count(x, largest, smallest);
        return;
    }
    if (format.info->scale_values == nullptr) {  // the scale is the largest magnitude
        const auto kept = read_numbers(values_.sram, place, *format.info);
        for (std::size_t i = 0; i < v.size(); ++i) counts.underflowed += kept[i] == 0 && v[i] != 0;
        return;
    }
    const BlockScaling scaling(place, *format.info, read_scales(values_.sram, place, *format.info));
    for (std::size_t row = 0; row < place.rows; ++row)
        for (std::size_t c = 0; c < place.columns; ++c) {
            const double scale = scaling.value_of(row, c) * double{format.scale};
            count(v[row * place.columns + c], max * scale, min * scale);
        }
}

// Leaves in v what is in memory.
void VectorValues::write(const Work& work, OperationId operation, std::vector<float>& v) {
    const ValueConfig& config = values_.config;
    const VectorOperand& out = work.output;
    const CodedFormat format{out.codec ? config.formats.at(out.format).info : config.vector,
                             out.scale().scale};
    const CodedMatrix place{out.sram,  work.result_rows(), work.result_columns(), out.piece_columns,
                            out.pitch, out.block_scales,   out.scale().zero};
    write_numbers(values_.sram, place, format, std::span<const float>(v));
    count_misfits(operation, place, format, v);
    const bool encoded = !programs_.at(work.program).encoded_later;
    if (encoded && values_.observer != nullptr && values_.observer->wants_codes())
        values_.observer->stored(operation, *format.info, read_codes(values_.sram, place, *format.info));
    if (!out.codec) return;
    v = read(out, work.result_rows(), work.result_columns());
}

}  // namespace octet
