// One vector times a matrix on the lanes (docs/hardware/vector.md).
#include <algorithm>
#include <stdexcept>

#include "models/vector/vector_unit.h"

namespace octet {

void VectorUnit::multiply(const MatvecCommand& c, OperationId operation) {
    if (c.rows == 0 || c.columns == 0 || c.matrix.piece_columns == 0)
        throw std::logic_error("a product on the lanes has no values");
    const Cycle at = now();
    ledger_.started(operation, at);
    Cycle done = at;
    for (const VectorOperand* operand : {&c.input, &c.matrix, &c.residual, &c.parameters})
        done = move_scales(SramClient::scale_read, operand->block_scales.strips, done);
    for (const Strips* scales : {&c.line_scales.rows, &c.line_scales.columns})
        done = move_scales(SramClient::scale_read, *scales, done);
    timeline_.busy(at, done, operation);
    done = stream_matrix(c, done, operation);
    if (c.last_k) {
        done = pass_results(c, done, operation);
        done = move_scales(SramClient::scale_write, c.output.block_scales.strips, done);
    }
    count_products(c, operation);
    if (values_ != nullptr) values_->multiply(c, operation, at, done);
    timeline_.tail_busy(done, operation);
    ledger_.ended(operation, done);
    ledger_.executed(Engine::vector, operation, &c, at, free_from_, done);
    scoreboard_.publish(Engine::vector, done);
}

// A row of a piece takes as many vectors as it fills. Returns when the last sum is there.
Cycle VectorUnit::stream_matrix(const MatvecCommand& c, Cycle from, OperationId operation) {
    const bool decodes = c.input.codec || c.matrix.codec;
    Cycle next = fetch_parameters(c.input, from);
    const Cycle first = next;
    for (std::uint32_t piece = 0; piece < c.matrix.sram.count; ++piece) {
        const std::uint32_t columns = columns_of_piece(c, piece);
        const std::uint32_t vectors = ceil_div(columns, rates_.lanes());
        const std::uint32_t port = rates_.port_cycles(c.matrix, columns);
        const std::uint32_t each =
            std::max(rates_.interval(), static_cast<std::uint32_t>(config_.write_back()));
        const std::uint32_t interval = std::max(vectors * each, port);
        const Strips& sram = c.matrix.sram;
        const std::uint64_t width = VectorRates::bytes(c.matrix, columns);
        const std::uint64_t step = sram.step != 0 ? sram.step : sram.size(piece) / c.rows;
        streams_.clear();
        sram_.add_streams(streams_, SramClient::operand1,
                          BeatCursor::linear(sram.address(piece), step, width), width, port, 0);
        const FlowGrant grant = sram_.reserve(next, interval, c.rows, streams_, &runs_);
        enter_runs(runs_, next, interval, StallCause::bank_conflict, operation);
        next = grant.last + interval;
    }
    free_from_ = next;
    if (decodes) codec_.occupy(CodecLane::vector_fetch, first, next);
    const Cycle there = next + rates_.latency() + (decodes ? static_cast<Cycle>(codec_.latency()) : 0) +
                        (c.row_sums ? static_cast<Cycle>(config_.reduce_latency) : 0);
    timeline_.tail_busy(there, operation);
    return there;
}

// The sums pass the pipeline: bias, activation and the like. Returns when the last result is written.
Cycle VectorUnit::pass_results(const MatvecCommand& c, Cycle from, OperationId operation) {
    VectorCommand results;
    results.program = c.program;
    results.rows = 1;
    results.columns = c.results();
    results.operands[0] = c.residual;
    results.parameters = c.parameters;
    results.output = c.output;
    results.part = c.part;
    return pass(results, programs_.at(c.program).passes.at(0), 0, c.results(), from, operation);
}

std::uint32_t VectorUnit::columns_of_piece(const MatvecCommand& c, std::uint32_t piece) {
    return std::min(c.matrix.piece_columns, c.columns - piece * c.matrix.piece_columns);
}

void VectorUnit::count_products(const MatvecCommand& c, OperationId operation) {
    const std::uint64_t products = std::uint64_t{c.rows} * c.columns;
    std::uint64_t vectors = 0;  // of a row
    for (std::uint32_t piece = 0; piece < c.matrix.sram.count; ++piece)
        vectors += ceil_div(columns_of_piece(c, piece), rates_.lanes());
    // A product each, or a tree's result, is added to a sum; nothing is read for the first of a result.
    const std::uint64_t sums = c.row_sums ? c.rows * vectors : products;
    ledger_.count(operation, Action::vector_multiply, products);
    if (c.row_sums) ledger_.count(operation, Action::vector_reduce, products);
    ledger_.count(operation, Action::vector_idle, c.rows * vectors * rates_.lanes() - products);
    ledger_.count(operation, Action::accumulate, sums - (c.first_k ? c.results() : 0));
    ledger_.count(operation, Action::accumulation_buffer_write_bits, sums * sum_bits_);
    const std::uint64_t leaving = c.last_k ? c.results() : 0, starting = c.first_k ? c.results() : 0;
    ledger_.count(operation, Action::accumulation_buffer_read_bits, (sums - starting + leaving) * sum_bits_);
    count_fetch(c.matrix, products, operation);
    count_scales(c.matrix.block_scales.strips, true, operation);
    count_fetch(c.input, c.k(), operation);
    count_scales(c.input.block_scales.strips, true, operation);
    ledger_.count(operation, Action::vector_scratch_write_bits, std::uint64_t{c.k()} * format_bits_);
    ledger_.count(operation, Action::vector_scratch_read_bits,
                  std::uint64_t{c.k()} * (c.row_sums ? 1 : c.matrix.sram.count) * format_bits_);
    if (!c.last_k) return;
    const std::uint64_t slots = ceil_div(c.results(), rates_.lanes());
    count_pass(programs_.at(c.program).passes.at(0), 1, c.results(), slots * rates_.lanes(), operation);
    if (c.residual.sram.count > 0) {
        count_fetch(c.residual, c.results(), operation);
        count_scales(c.residual.block_scales.strips, true, operation);
    }
    count_line_scales(c.line_scales, slots, c.results(), false, operation);
    if (c.parameters.sram.count > 0) count_parameters(c.parameters, 1, operation);
    count_result(c.output, c.results(), operation);
}

}  // namespace octet
