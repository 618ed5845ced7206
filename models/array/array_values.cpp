#include "models/array/array_values.h"

#include <stdexcept>

namespace octet {
namespace {

template <class T>
std::vector<T> transpose(const std::vector<T>& matrix, std::size_t rows, std::size_t columns) {
    std::vector<T> turned(matrix.size());
    for (std::size_t r = 0; r < rows; ++r)
        for (std::size_t c = 0; c < columns; ++c) turned[c * rows + r] = matrix[r * columns + c];
    return turned;
}

}  // namespace

ArrayValues::Operands ArrayValues::read(const FillCommand& c) const {
    const ValueConfig& config = values_.config;
    const CodedMatrix place{c.sram, c.rows, c.columns, c.piece_columns, c.pitch};
    Operands operands;
    operands.rows = c.rows;
    operands.columns = c.columns;
    if (integers()) {
        operands.integers = read_integers(values_.sram, place, *config.storage.info);
        if (c.transposed) operands.integers = transpose(operands.integers, c.rows, c.columns);
    } else {
        operands.numbers = read_numbers(values_.sram, place, *config.storage.info);
        if (config.operand != nullptr) {  // an operand format that does not hold all of the storage format
            std::vector<std::byte> codes(operands.numbers.size() *
                                         static_cast<std::size_t>(code_bytes(*config.operand)));
            config.operand->encode_floats(operands.numbers, codes.data(), config.operand->overflow);
            config.operand->decode_floats(codes.data(), operands.numbers);
        }
        if (c.transposed) operands.numbers = transpose(operands.numbers, c.rows, c.columns);
    }
    if (c.transposed) std::swap(operands.rows, operands.columns);
    return operands;
}

void ArrayValues::read_scales(const FillCommand& c, bool input, Operands& operands) const {
    if (!c.scales) return;
    const BlockGrid& grid = c.scales.grid;
    if (grid.along_rows != (!input && !c.transposed))
        throw std::logic_error("an operand has blocks across the reduction");
    ScaleCodes scales =
        octet::read_scales(values_.sram, {c.sram, c.rows, c.columns, c.piece_columns, c.pitch, c.scales});
    if (c.transposed) {
        scales.codes = transpose(scales.codes, scales.rows, scales.columns);
        std::swap(scales.rows, scales.columns);
    }
    operands.scales = std::move(scales.codes);
    operands.scales_stride = scales.columns;
    operands.phase = grid.phase();
}

void ArrayValues::fill(Engine engine, const FillCommand& command, Cycle start, std::vector<Cycle> complete) {
    values_.effects.settle(start);
    auto& buffer = engine == Engine::input_fill ? inputs_ : weights_;
    Operands operands = read(command);
    read_scales(command, engine == Engine::input_fill, operands);
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

void ArrayValues::multiply(const MatmulCommand& c, OperationId operation, Cycle start) {
    const OperandPointer held_inputs = inputs(c, c.k_tiles - 1, start),
                         held_weights = weights(c, c.n_tiles * c.k_tiles - 1, start);
    const Operands &a = *held_inputs, &b = *held_weights;
    GemmRules& rules = values_.config.rules;
    const std::uint32_t k = a.columns, n = b.columns;
    if (a.phase != b.phase) throw std::logic_error("operands have other blocks along the reduction");
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
        if (!a.scales.empty())
            p.scales = {a.scales.data(), b.scales.data(), a.scales_stride, b.scales_stride, a.phase};
        return p;
    };
    MachineValues::Sums result{c.m, n, {}, {}};
    if (integers()) {
        values_.counts[operation].saturated +=
            gemm_parallel(rules, problem(a.integers, b.integers, held_integers_), values_.config.threads);
        if (c.last_k) result.integers = std::move(held_integers_);
    } else {
        gemm_parallel(rules, problem(a.numbers, b.numbers, held_), values_.config.threads);
        if (c.last_k) result.numbers = std::move(held_);
    }
    rules.first_draw += std::uint64_t{c.m} * c.k_tiles * c.n_tiles;
    if (c.last_k) values_.sums[c.epilogue] = std::move(result);
}

}  // namespace octet
