#include "models/vector/vector_unit.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <stdexcept>

namespace octet {

VectorUnit::VectorUnit(const sc_core::sc_module_name& name, const VectorConfig& config,
                       std::uint32_t format_bits, std::uint32_t sum_bits, std::uint32_t result_columns,
                       const std::vector<VectorProgram>& programs, CommandQueue& queue, Sram& sram,
                       CodecBank& codec, SoftmaxStages& softmax, Ledger& ledger, Scoreboard& scoreboard)
    : sc_module(name),
      config_(config),
      format_bits_(format_bits),
      sum_bits_(sum_bits),
      result_columns_(result_columns),
      programs_(programs),
      queue_(queue),
      sram_(sram),
      codec_(codec),
      softmax_(softmax),
      ledger_(ledger),
      scoreboard_(scoreboard),
      timeline_(ledger.unit(Unit::vector)),
      rates_(config, sram) {
    SC_THREAD(serve);
}

namespace {

// There are three operand ports; what is read from slot 3 comes through one that is free.
std::size_t port_of(std::size_t slot, unsigned reads) {
    return slot < 3 ? slot : static_cast<std::size_t>(std::countr_one(reads));
}

// That a row leaves in the scratch.
std::uint64_t results_of(const VectorPass& pass) {
    return std::max<std::uint64_t>(pass.results, 1);
}

}  // namespace

void VectorUnit::serve() {
    for (;;) {
        const CommandQueue::Entry& head = queue_.head();
        const OperationId operation = head.command.operation;
        const auto* epilogue = std::get_if<EpilogueCommand>(&head.command.body);
        const Cycle turn = std::max(now(), epilogue == nullptr ? free_from_ : 0);
        const Cycle ready = scoreboard_.await(head.command.needs);
        Cycle at = std::max(head.visible, ready);
        if (epilogue == nullptr)
            at = std::max(at, free_from_);  // an epilogue only needs the schedule before it
        timeline_.stall(std::max(head.visible, free_from_), ready, StallCause::dependency, operation);
        wait_until(at, Phase::vector);
        ledger_.issued(Queue::vector, head.command, {queue_.head_from(), turn, ready, now()});
        ++sequence_;
        if (epilogue != nullptr) {
            accept(*epilogue, operation);
            queue_.pop();
            while (epilogue_.open) wait(finished_);
        } else {
            if (const auto* product = std::get_if<MatvecCommand>(&head.command.body))
                multiply(*product, operation);
            else
                run(std::get<VectorCommand>(head.command.body), operation);
            queue_.pop();
        }
    }
}

void VectorUnit::run(const VectorCommand& command, OperationId operation) {
    if (command.rows == 0 || command.columns == 0) throw std::logic_error("a vector command has no values");
    const Cycle at = now();
    ledger_.started(operation, at);
    const VectorProgram& program = programs_.at(command.program);
    const std::uint64_t rows = command.rows, columns = command.columns, values = rows * columns;
    Cycle done = fetch_scales(command, at);
    timeline_.busy(at, done, operation);
    const bool by_columns = command.output.block_scales && command.output.block_scales.grid.along_rows;
    if (by_columns) {
        done = encode_columns(command, done, operation);
    } else if (config_.row_at_a_time) {
        for (std::uint64_t row = 0; row < rows; ++row)
            for (const VectorPass& p : program.passes)
                done = p.row_results ? pass(command, p, row * results_of(p), results_of(p), done, operation)
                                     : pass(command, p, row * columns, columns, done, operation);
    } else {
        for (const VectorPass& p : program.passes)
            done = pass(command, p, 0, p.row_results ? rows * results_of(p) : values, done, operation);
    }

    done = move_scales(SramClient::scale_write, command.output.block_scales.strips, done);

    const std::uint64_t trains = config_.row_at_a_time ? rows : 1;
    const auto slots_of = [&](std::uint64_t count) {
        return by_columns         ? rows * tile_vectors(columns)
               : command.by_value ? count
                                  : trains * ceil_div<std::uint64_t>(count / trains, rates_.lanes());
    };
    bool softmax = false;
    for (const VectorPass& p : program.passes) {
        const std::uint64_t through = p.row_results ? rows * results_of(p) : values;
        count_pass(p, rows, through, slots_of(through) * rates_.lanes(), operation);
        for (std::size_t i = 0; i < command.operands.size(); ++i)
            if ((p.reads >> i & 1) != 0) count_fetch(command.operands[i], values, operation);
        if (p.writes)
            count_result(p.writes_operand < 0 ? command.output : command.operands.at(p.writes_operand),
                         through, operation);
        if (p.reads_parameters) count_parameters(command.parameters, rows, operation);
        softmax |= p.uses_softmax;
    }
    for (const VectorOperand& operand : command.operands)
        count_scales(operand.block_scales.strips, true, operation);
    if (softmax) softmax_.occupy(at, done, operation);
    if (values_ != nullptr) values_->run(command, at, done);
    timeline_.tail_busy(done, operation);
    ledger_.ended(operation, done);
    ledger_.executed(Engine::vector, operation, &command, at, free_from_, done);
    scoreboard_.publish(Engine::vector, done);
}

Cycle VectorUnit::pass(const VectorCommand& command, const VectorPass& pass, std::uint64_t first_value,
                       std::uint64_t values, Cycle from, OperationId operation) {
    streams_.clear();
    const std::uint32_t lanes = command.by_value ? 1 : rates_.lanes();
    const VectorOperand* written = !pass.writes              ? nullptr
                                   : pass.writes_operand < 0 ? &command.output
                                                             : &command.operands.at(pass.writes_operand);
    std::uint32_t beat = rates_.interval();
    if (written != nullptr) beat = std::max(beat, rates_.port_cycles(*written, lanes));
    for (std::size_t i = 0; i < command.operands.size(); ++i)
        if ((pass.reads >> i & 1) != 0) beat = std::max(beat, rates_.port_cycles(command.operands[i], lanes));

    const auto cursor = [&](const VectorOperand& operand) {
        return BeatCursor::vectors(operand.sram, VectorRates::bytes(operand, lanes),
                                   first_value * operand.stride_bits() / 8);
    };
    bool decodes = pass.reads_parameters && command.parameters.codec;
    for (std::size_t i = 0; i < command.operands.size(); ++i) {
        if ((pass.reads >> i & 1) == 0) continue;
        const VectorOperand& operand = command.operands[i];
        const auto client =
            static_cast<SramClient>(static_cast<std::size_t>(SramClient::operand0) + port_of(i, pass.reads));
        sram_.add_streams(streams_, client, cursor(operand), VectorRates::bytes(operand, lanes),
                          rates_.port_cycles(operand, lanes), 0);
        decodes |= operand.codec;
    }
    const bool encodes = written != nullptr && written->codec;
    auto latency = static_cast<std::uint32_t>(rates_.latency() + (decodes + encodes) * codec_.latency());
    if (encodes) latency += static_cast<std::uint32_t>(wait_for_block(*written, command.columns, beat));
    if (written != nullptr)
        sram_.add_streams(streams_, SramClient::output, cursor(*written), VectorRates::bytes(*written, lanes),
                          rates_.port_cycles(*written, lanes), latency);

    const Cycle first = pass.reads_parameters ? fetch_parameters(command.parameters, from) : from;
    const std::uint32_t planned = streams_.empty() ? 0 : streams_.back().offset;
    const FlowGrant grant =
        sram_.reserve(first, beat, ceil_div<std::uint64_t>(values, lanes), streams_, &runs_);
    if (!streams_.empty()) latency += streams_.back().offset - planned;  // operands in each other's way
    if (values_ != nullptr && written == &command.output)
        values_->pass_written(command, first_value, runs_, beat, streams_.back().offset);
    enter_runs(runs_, from, beat, StallCause::bank_conflict, operation);
    free_from_ = grant.last + beat;
    if (decodes) codec_.occupy(CodecLane::vector_fetch, grant.first, free_from_);
    if (encodes) codec_.occupy(CodecLane::vector_output, grant.first + latency, free_from_ + latency);
    if (std::any_of(pass.stages.begin(), pass.stages.end(),
                    [](const VectorStage& s) { return s.action == Action::vector_reduce; }))
        latency += static_cast<std::uint32_t>(config_.reduce_latency) + pass.row_latency;
    timeline_.tail_busy(free_from_ + latency, operation);
    return free_from_ + latency;
}

// Into the scratch, while the first vectors pass. Conflicts delay the pass.
Cycle VectorUnit::fetch_parameters(const VectorOperand& parameters, Cycle from) {
    if (parameters.sram.count == 0) return from;
    std::vector<AccessStream> fetch;
    const std::uint64_t width = VectorRates::bytes(parameters, rates_.lanes());
    const std::uint32_t cycles = rates_.port_cycles(parameters, rates_.lanes());
    sram_.add_streams(fetch, SramClient::parameters, BeatCursor::vectors(parameters.sram, width), width,
                      cycles, 0);
    return from + sram_.reserve(from, cycles, ceil_div(parameters.sram.total(), width), fetch).conflicts;
}

void VectorUnit::enter_runs(std::span<const GrantRun> runs, Cycle from, std::uint32_t interval,
                            StallCause before, OperationId operation) {
    timeline_.stall(from, runs.front().at, before, operation);
    for (const GrantRun& run : runs) {
        timeline_.stall(timeline_.cursor(), run.at, StallCause::bank_conflict, operation);
        timeline_.busy(run.at, run.at + run.slots * interval, operation);
    }
}

std::string VectorUnit::waits_for() const {
    if (!epilogue_.open) return {};
    return fmt::format("epilogue {} waits for tile {} of {} from the array", epilogue_.sequence,
                       epilogue_.tiles, epilogue_.command.n_tiles);
}

}  // namespace octet
