// What the vector unit counts.
#include <algorithm>

#include "models/vector/vector_unit.h"

namespace octet {

void VectorUnit::count_pass(const VectorPass& pass, std::uint64_t rows, std::uint64_t values,
                            std::uint64_t lane_slots, OperationId operation) {
    for (const VectorStage& stage : pass.stages) {
        ledger_.count(stage.operation, stage.action, stage.per_row ? rows : values);
        if (stage.action == Action::vector_reduce) {  // results a row, written here and read by a later pass
            const std::uint64_t results = rows * std::max<std::uint64_t>(pass.results, 1);
            ledger_.count(stage.operation, Action::vector_scratch_write_bits, results * format_bits_);
            ledger_.count(stage.operation, Action::vector_scratch_read_bits, results * format_bits_);
        }
    }
    ledger_.count(operation, Action::vector_idle, lane_slots - values);
}

void VectorUnit::count_fetch(const VectorOperand& operand, std::uint64_t values, OperationId operation) {
    sram_.count_read(operation, values * operand.bits);
    if (operand.codec) codec_.count_decodes(operation, operand.format, values);
    if (operand.scaled) ledger_.count(operation, Action::vector_multiply, values);
}

void VectorUnit::count_result(const VectorOperand& operand, std::uint64_t values, OperationId operation) {
    sram_.count_write(operation, values * operand.bits);
    if (operand.codec) codec_.count_encodes(operation, operand.format, values);
    if (operand.scaled) {  // and its largest magnitude goes to the scratch
        ledger_.count(operation, Action::vector_multiply, values);
        ledger_.count(operation, Action::vector_reduce, values);
        ledger_.count(operation, Action::vector_scratch_read_bits, format_bits_);
        ledger_.count(operation, Action::vector_scratch_write_bits, format_bits_);
    }
    if (!operand.block_scales) return;
    count_scales(operand.block_scales.strips, false, operation);
    // Values wait for their block in the scratch.
    ledger_.count(operation, Action::vector_scratch_write_bits, values * format_bits_);
    ledger_.count(operation, Action::vector_scratch_read_bits, values * format_bits_);
}

void VectorUnit::count_scales(const Strips& scales, bool read, OperationId operation) {
    const std::uint64_t bits = scales.total() * 8;
    if (bits == 0) return;
    if (read)
        sram_.count_read(operation, bits);
    else
        sram_.count_write(operation, bits);
    ledger_.count(operation, Action::vector_scratch_write_bits, bits);
    ledger_.count(operation, Action::vector_scratch_read_bits, bits);
}

void VectorUnit::count_line_scales(const LineScales& scales, std::uint64_t vectors, std::uint64_t values,
                                   bool by_column, OperationId operation) {
    constexpr std::uint64_t bits = 32;
    const auto count = [&](const Strips& of, std::uint64_t uses) {
        if (of.count == 0) return;
        sram_.count_read(operation, of.total() * 8);
        ledger_.count(operation, Action::vector_scratch_write_bits, of.total() * 8);
        ledger_.count(operation, Action::vector_scratch_read_bits, uses * bits);
    };
    count(scales.rows, by_column ? values : vectors);
    count(scales.columns, by_column ? vectors : values);
}

void VectorUnit::count_parameters(const VectorOperand& parameters, std::uint64_t rows,
                                  OperationId operation) {
    if (parameters.bits == 0) return;
    const std::uint64_t values = parameters.sram.total() * 8 / parameters.stride_bits();
    sram_.count_read(operation, values * parameters.bits);
    if (parameters.codec) codec_.count_decodes(operation, parameters.format, values);
    ledger_.count(operation, Action::vector_scratch_write_bits, values * format_bits_);
    ledger_.count(operation, Action::vector_scratch_read_bits, rows * values * format_bits_);
    count_scales(parameters.block_scales.strips, true, operation);
}

}  // namespace octet
