#include "models/array/array_values.h"

#include <stdexcept>

namespace octet {
namespace {

template <class T>
std::vector<T> transpose(const std::vector<T>& matrix, std::size_t rows, std::size_t columns) {
    std::vector<T> turned(matrix.size());
    if (matrix.empty()) return turned;
    for (std::size_t r = 0; r < rows; ++r)
        for (std::size_t c = 0; c < columns; ++c) turned[c * rows + r] = matrix[r * columns + c];
    return turned;
}

// In each reduction step a vector of `a` meets a row of `b`: what is not zero meets what is not.
template <class Operand>
std::uint64_t zeros(const std::vector<Operand>& a, const std::vector<Operand>& b, std::size_t m,
                    std::size_t k, std::size_t n, const ProductPart& part) {
    const auto is_something = [](Operand value) { return value != 0; };
    std::vector<std::uint64_t> of_a(part.k_end - part.k);
    for (std::size_t i = 0; i < m; ++i)
        for (std::size_t l = part.k; l < part.k_end; ++l) of_a[l - part.k] += is_something(a[i * k + l]);
    std::uint64_t something = 0;
    for (std::size_t l = part.k; l < part.k_end; ++l) {
        std::uint64_t of_b = 0;
        for (std::size_t j = part.n; j < part.n_end; ++j) of_b += is_something(b[l * n + j]);
        something += of_a[l - part.k] * of_b;
    }
    return std::uint64_t{m} * (part.k_end - part.k) * (part.n_end - part.n) - something;
}

// Numbers in units of their tensor's scale as operands.
std::vector<IntegerOperand> integers_of(const std::vector<float>& numbers, const FormatInfo& operand) {
    std::vector<IntegerOperand> integers;
    integers.reserve(numbers.size());
    for (const float x : numbers)
        integers.push_back(
            static_cast<IntegerOperand>(operand.decode(operand.encode(double{x}, operand.overflow))));
    return integers;
}

}  // namespace

std::uint64_t zero_products(const ArrayValues::Operands& a, const ArrayValues::Operands& b,
                            const ProductPart& part) {
    return a.numbers.empty() ? zeros(a.integers, b.integers, a.rows, a.columns, b.columns, part)
                             : zeros(a.numbers, b.numbers, a.rows, a.columns, b.columns, part);
}

ArrayValues::Operands ArrayValues::read(const FillCommand& c) const {
    const ValueConfig::Stored& format = values_.config.formats.at(c.format);
    CodedMatrix place{c.sram, c.rows, c.columns, c.piece_columns, c.pitch};
    if (format.scales_operands) place.scales = c.scales;
    place.zero = c.zero;
    Operands operands;
    operands.rows = c.rows;
    operands.columns = c.columns;
    if (integers()) {
        operands.integers =
            format.scales_operands
                ? integers_of(read_numbers(values_.sram, place, *format.info), *format.operand)
                : read_integers(values_.sram, place, *format.info);
        if (c.transposed) operands.integers = transpose(operands.integers, c.rows, c.columns);
    } else {
        operands.numbers = read_numbers(values_.sram, place, *format.info);
        if (format.operand != nullptr) {  // an operand format that does not hold all of it
            std::vector<std::byte> codes(operands.numbers.size() *
                                         static_cast<std::size_t>(code_bytes(*format.operand)));
            format.operand->encode_floats(operands.numbers, codes.data(), format.operand->overflow);
            format.operand->decode_floats(codes.data(), operands.numbers);
        }
        if (values_.config.rules.logarithms)
            for (float& x : operands.numbers) x = lns_operand(double{x});
        if (c.transposed) operands.numbers = transpose(operands.numbers, c.rows, c.columns);
    }
    if (c.transposed) std::swap(operands.rows, operands.columns);
    return operands;
}

void ArrayValues::read_scales(const FillCommand& c, bool input, Operands& operands) const {
    if (!c.scales || values_.config.formats.at(c.format).scales_operands) return;
    const BlockGrid& grid = c.scales.grid;
    if (grid.along_rows != (input == c.transposed))
        throw std::logic_error("an operand has blocks across the reduction");
    ScaleCodes scales =
        octet::read_scales(values_.sram, {c.sram, c.rows, c.columns, c.piece_columns, c.pitch, c.scales},
                           *values_.config.storage().info);
    if (c.transposed) {
        scales.codes = transpose(scales.codes, scales.rows, scales.columns);
        std::swap(scales.rows, scales.columns);
    }
    operands.scales.assign(scales.codes.begin(), scales.codes.end());
    operands.scales_stride = scales.columns;
    operands.phase = grid.phase();
}

BlockScales ArrayValues::scales_of(const Operands& a, const Operands& b) const {
    const FormatInfo& storage = *values_.config.storage().info;
    return {a.scales.data(),     b.scales.data(), a.scales_stride,
            b.scales_stride,     a.phase,         static_cast<std::size_t>(storage.block_length),
            storage.scale_values};
}

void ArrayValues::fill(Engine engine, const FillCommand& command, Cycle start, std::vector<Cycle> complete) {
    values_.effects.settle(start);
    const bool input = engine == Engine::input_fill;
    auto& buffer = input ? inputs_ : weights_;
    FillCommand as_rows = command;
    // Where sums stay, columns of inputs enter: what the transposer turns is as it lies in memory.
    if (input && values_.config.dataflow == Dataflow::output_stationary)
        as_rows.transposed = !command.transposed;
    Operands operands = read(as_rows);
    read_scales(as_rows, input, operands);
    const Cycle first = complete.front();
    operands.complete = std::move(complete);
    values_.effects.at(first, Effects::Kind::deliver,
                       [&buffer, address = command.buffer,
                        filled = std::make_shared<const Operands>(std::move(operands))]() mutable {
                           buffer[address] = std::move(filled);
                       });
}

void ArrayValues::passes(const MatmulCommand& command, OperationId operation, Cycle last_start) {
    values_.effects.at(last_start, Effects::Kind::use,
                       [this, command, operation, last_start] { multiply(command, operation, last_start); });
}

ArrayValues::OperandPointer ArrayValues::find(const Buffer& buffer, Address address, std::uint32_t index,
                                              Cycle cycle) {
    values_.effects.settle(cycle);
    const auto found = buffer.find(address);
    if (found == buffer.end() || found->second->complete.at(index) > cycle)
        throw std::logic_error("a matmul command names what is not in the buffers");
    return found->second;
}

ArrayValues::OperandPointer ArrayValues::inputs(const MatmulCommand& c, std::uint32_t slab, Cycle cycle) {
    OperandPointer found = find(inputs_, c.input, slab, cycle);
    if (c.slab0 != 0 || found->rows != c.m || found->columns != c.k(values_.config.rules.rows))
        throw std::logic_error("a matmul command and the inputs in the buffer differ in shape");
    return found;
}

ArrayValues::OperandPointer ArrayValues::weights(const MatmulCommand& c, std::uint32_t tile, Cycle cycle) {
    OperandPointer found = find(weights_, c.weight, tile, cycle);
    const GemmRules& rules = values_.config.rules;
    if (c.tile0 != 0 || found->rows != c.k(rules.rows) || found->columns != c.n(rules.columns))
        throw std::logic_error("a matmul command and the weights in the buffer differ in shape");
    return found;
}

MachineValues::Sums turned_back(const MachineValues::Sums& sums) {
    return {sums.columns, sums.rows, transpose(sums.numbers, sums.rows, sums.columns),
            transpose(sums.integers, sums.rows, sums.columns)};
}

void ArrayValues::multiply(const MatmulCommand& c, OperationId operation, Cycle start) {
    const OperandPointer held_inputs = inputs(c, c.k_tiles - 1, start),
                         held_weights = weights(c, c.n_tiles * c.k_tiles - 1, start);
    if (values_.config.dataflow != Dataflow::output_stationary || (c.first_k && c.last_k))
        return multiply(c, operation, *held_inputs, *held_weights);
    if (c.first_k) parts_.clear();
    parts_.emplace_back(held_inputs, held_weights);
    if (c.last_k) multiply_parts(c, operation);
}

// One chain of additions goes on through all commands of a reduction.
void ArrayValues::multiply_parts(const MatmulCommand& last, OperationId operation) {
    const auto [a, b] = joined();
    MatmulCommand whole = last;
    whole.first_k = true;
    const auto rows = static_cast<std::uint32_t>(values_.config.rules.rows);
    whole.k_tiles = ceil_div(a.columns, rows);
    whole.k_last = a.columns - (whole.k_tiles - 1) * rows;
    multiply(whole, operation, a, b);
}

std::pair<ArrayValues::Operands, ArrayValues::Operands> ArrayValues::joined() const {
    Operands a, b;
    a.rows = parts_.front().first->rows;
    b.columns = parts_.front().second->columns;
    const auto append = [](auto& to, const auto& from) { to.insert(to.end(), from.begin(), from.end()); };
    for (const auto& [inputs, weights] : parts_) {
        if (inputs->rows != a.rows || weights->columns != b.columns)
            throw std::logic_error("the parts of a reduction differ in shape");
        a.columns += inputs->columns;
        b.rows += weights->rows;
        append(b.numbers, weights->numbers);
        append(b.integers, weights->integers);
    }
    for (std::uint32_t row = 0; row < a.rows; ++row)
        for (const auto& part : parts_) {
            append(a.numbers,
                   integers() ? std::span<const float>() : part.first->part<float>(row, 0, a.columns));
            append(a.integers, integers() ? part.first->part<IntegerOperand>(row, 0, a.columns)
                                          : std::span<const IntegerOperand>());
        }
    return {std::move(a), std::move(b)};
}

void ArrayValues::multiply(const MatmulCommand& c, OperationId operation, const Operands& a,
                           const Operands& b) {
    GemmRules& rules = values_.config.rules;
    const std::uint32_t k = a.columns, n = b.columns;
    if (a.phase != b.phase) throw std::logic_error("operands have other blocks along the reduction");
    values_.counts[operation].zero_products += zero_products(a, b, {0, k, 0, n});
    const std::size_t size = std::size_t{c.m} * n;
    const auto problem = [&]<class Operand, class Sum>(const std::vector<Operand>& x,
                                                       const std::vector<Operand>& y,
                                                       std::vector<Sum>& sums) {
        if (c.first_k) sums.assign(size, 0);
        if (sums.size() != size) throw std::logic_error("the accumulation buffer holds another product");
        GemmProblem<Operand, Sum> p;
        p.m = c.m, p.n = n, p.k = k;
        p.a = x.data(), p.a_stride = k;
        p.b = y.data(), p.b_stride = n;
        p.sums = sums.data(), p.sums_stride = n;
        p.first = c.first_k;
        if (!a.scales.empty()) p.scales = scales_of(a, b);
        return p;
    };
    MachineValues::Sums result{c.m, n, {}, {}};
    if (integers()) {
        values_.counts[operation].saturated +=
            gemm_parallel(rules, problem(a.integers, b.integers, held_integers_), values_.config.threads);
        if (c.last_k) result.integers = std::move(held_integers_);
    } else {
        values_.counts[operation].saturated +=
            gemm_parallel(rules, problem(a.numbers, b.numbers, held_), values_.config.threads);
        if (c.last_k) result.numbers = std::move(held_);
    }
    const bool sums_stay = values_.config.dataflow == Dataflow::output_stationary;
    rules.first_draw += std::uint64_t{c.n_tiles} * (sums_stay ? k : std::uint64_t{c.m} * c.k_tiles);
    if (!c.last_k) return;
    const bool turned = values_.config.dataflow == Dataflow::input_stationary;
    values_.sums[c.epilogue] = turned ? turned_back(result) : std::move(result);
}

}  // namespace octet
