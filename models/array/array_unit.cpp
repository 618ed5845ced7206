#include "models/array/array_unit.h"

#include <fmt/format.h>

#include <stdexcept>

#include "models/clock.h"

namespace octet {

void ArrayUnit::take(const MatmulCommand& command, OperationId operation) {
    if (command.m == 0 || command.k_tiles == 0 || command.n_tiles == 0)
        throw std::logic_error("a matmul command has no passes");
    command_ = command;
    operation_ = operation;
    taken_ = now();
    occupied_ = true;
    around_.ledger.started(operation, taken_);
    around_.ledger.report().array_passes += std::uint64_t{command.n_tiles} * command.k_tiles;
    count();
    taken();
    arrived_.notify();
}

void ArrayUnit::count() const {
    const MatmulCommand& c = command_;
    const std::uint64_t m = c.m, k = c.k_tiles, n = c.n_tiles;
    const std::uint64_t rows = c.k(rows_), columns = c.n(cols_);  // used, over all tiles
    const std::uint64_t macs = m * rows * columns, weights = rows * columns;
    const std::uint64_t handed_on =
        (k - 1) * rows_ * (rows_ - 1) / 2 + std::uint64_t{c.k_last} * (c.k_last - 1) / 2;
    const auto add = [&](Action action, std::uint64_t count) {
        around_.ledger.count(operation_, action, count);
    };
    const std::uint64_t scale_bits = chains() * formats_.scale_bits;
    // Two operands that have multipliers of their own are not decoded.
    const bool narrow = formats_.quantized != 0 && c.input_format == formats_.quantized &&
                        c.weight_format == formats_.quantized;
    if (narrow)
        add(Action::mac_quantized, macs);
    else
        for (const MacActions& part : mac_actions(formats_.fixed_point)) add(part.action, macs);
    add(Action::input_buffer_read_bits,
        m * n * (rows * formats_.buffer_bits.at(c.input_format) + scale_bits) +
            n * c.input_scales * formats_.weight_scale_bits.at(c.input_format));
    add(Action::weight_buffer_read_bits,
        weights * formats_.buffer_bits.at(c.weight_format) + columns * scale_bits +
            std::uint64_t{c.weight_scales} * formats_.weight_scale_bits.at(c.weight_format));
    CodecBank& codec = around_.codec;
    const auto decode = [&](std::uint64_t inputs_decoded, std::uint64_t weights_decoded) {
        if (narrow) return;
        codec.count_operands(operation_, c.input_format, inputs_decoded);
        codec.count_operands(operation_, c.weight_format, weights_decoded);
    };
    if (codec.at_array_edge()) decode(m * rows * n, weights);
    if (dataflow_ == Dataflow::output_stationary) {  // both operands pass by, sums are handed down
        add(Action::pe_pass, rows * n * rows_ * cols_ - macs + (c.last_k ? columns * m * (m - 1) / 2 : 0));
        add(Action::weight_pass, weights * (rows_ - 1));
        if (formats_.fixed_point && c.last_k) add(Action::normalise, m * columns);
        if (codec.in_every_pe()) decode(macs, macs);
        return;
    }
    if (codec.in_every_pe()) decode(macs, weights);
    add(Action::pe_pass, m * k * n * rows_ * cols_ - macs);
    add(Action::weight_load, weights);
    add(Action::weight_pass, columns * handed_on);
    const std::uint64_t read_back = m * columns * (k - (c.first_k ? 1 : 0));
    add(Action::accumulate, read_back + m * columns * (chains() - k));
    if (formats_.fixed_point) add(Action::normalise, m * columns * chains());
    if (formats_.block_rows > 0) add(Action::scale_sum, m * columns * chains());
    add(Action::accumulation_buffer_read_bits, read_back * formats_.accumulation_bits);
    add(Action::accumulation_buffer_write_bits,
        m * columns * (k - (c.last_k ? 1 : 0)) * formats_.accumulation_bits);
}

// Sums that leave a column for each vector, over all k tiles: one a tile, or one a block.
std::uint64_t ArrayUnit::chains() const {
    const MatmulCommand& c = command_;
    const auto of_tile = [&](std::uint64_t rows) {
        return formats_.block_rows == 0 ? 1 : ceil_div<std::uint64_t>(rows, formats_.block_rows);
    };
    return std::uint64_t{c.k_tiles - 1} * of_tile(rows_) + of_tile(c.k_last);
}

std::string ArrayUnit::waits_for() const {
    if (!occupied_) return {};
    return fmt::format("the array waits for {} {}", waits_for_ != nullptr ? waits_for_ : "command",
                       waits_for_sequence_);
}

}  // namespace octet
