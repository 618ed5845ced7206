// Blocks that share a scale, at the ports of the vector unit (docs/hardware/codec.md).
#include "models/vector/vector_unit.h"

namespace octet {

Cycle VectorUnit::move_scales(SramClient client, const Strips& scales, Cycle from) {
    if (scales.count == 0) return from;
    const VectorStrips runs = VectorStrips::of_bytes(scales, rates_.lanes());
    const std::uint32_t cycles = sram_.beat_cycles(runs.widest());
    std::vector<AccessStream> streams;
    sram_.add_streams(streams, client, BeatCursor::groups(runs, 1), runs.widest(), cycles, 0);
    return sram_.reserve(from, cycles, runs.beats(1), streams).last + cycles;
}

Cycle VectorUnit::fetch_scales(const VectorCommand& command, Cycle from) {
    for (const VectorOperand& operand : command.operands)
        from = move_scales(SramClient::scale_read, operand.block_scales.strips, from);
    return move_scales(SramClient::scale_read, command.parameters.block_scales.strips, from);
}

Cycle VectorUnit::wait_for_block(const VectorOperand& result, std::uint64_t columns,
                                 std::uint32_t interval) const {
    if (!result.block_scales) return 0;
    const std::uint64_t values = std::min(result.block_scales.grid.length, columns);
    return (ceil_div<std::uint64_t>(values, rates_.lanes()) - 1) * interval;
}

std::uint64_t VectorUnit::tile_vectors(std::uint64_t columns) const {
    return columns / result_columns_ * ceil_div(result_columns_, rates_.lanes()) +
           ceil_div<std::uint64_t>(columns % result_columns_, rates_.lanes());
}

Cycle VectorUnit::encode_columns(const VectorCommand& command, Cycle from, OperationId operation) {
    const VectorOperand &input = command.operands[0], &output = command.output;
    const std::uint64_t rows = command.rows, wait = std::min(output.block_scales.grid.length, rows) - 1;
    const bool decodes = input.codec, encodes = output.codec;
    Cycle done = from;
    for (std::uint32_t tile = 0; tile < output.sram.count; ++tile) {
        const std::uint32_t columns = std::min(result_columns_, command.columns - tile * result_columns_);
        const std::uint32_t interval =
            std::max({ceil_div(columns, rates_.lanes()) * rates_.interval(),
                      rates_.port_cycles(input, columns), rates_.port_cycles(output, columns)});
        const auto latency = static_cast<std::uint32_t>(
            rates_.latency() + (decodes + encodes) * codec_.latency() + wait * interval);
        streams_.clear();
        const auto stream = [&](SramClient client, const VectorOperand& operand, std::uint32_t offset) {
            const std::uint64_t width = VectorRates::bytes(operand, columns);
            const std::uint64_t step =
                operand.sram.step != 0 ? operand.sram.step : operand.sram.size(tile) / rows;
            sram_.add_streams(streams_, client, BeatCursor::linear(operand.sram.address(tile), step, width),
                              width, rates_.port_cycles(operand, columns), offset);
        };
        stream(SramClient::operand0, input, 0);
        stream(SramClient::output, output, latency);
        const FlowGrant grant = sram_.reserve(from, interval, rows, streams_, &runs_);
        if (values_ != nullptr)
            values_->tile_written(command, tile, columns, runs_, interval, streams_.back().offset);
        enter_runs(runs_, from, interval, StallCause::bank_conflict, operation);
        free_from_ = from = grant.last + interval;
        if (decodes) codec_.occupy(CodecLane::vector_fetch, grant.first, free_from_);
        if (encodes) codec_.occupy(CodecLane::vector_output, grant.first + latency, free_from_ + latency);
        done = grant.last + streams_.back().offset + 1;
        timeline_.tail_busy(done, operation);
    }
    return done;
}

}  // namespace octet
