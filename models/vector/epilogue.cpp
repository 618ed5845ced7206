// The epilogue of matrix products: the array's side of the vector unit.
#include <stdexcept>

#include "models/vector/vector_unit.h"

namespace octet {

void VectorUnit::accept(const EpilogueCommand& command, OperationId operation) {
    if (command.m == 0 || command.n_tiles == 0) throw std::logic_error("an epilogue command has no results");
    epilogue_ = {};
    epilogue_.command = command;
    epilogue_.pass = &programs_.at(command.program).passes.at(0);
    epilogue_.operation = operation;
    epilogue_.sequence = sequence_;
    epilogue_.accepted = now();
    epilogue_.open = true;
    ledger_.started(operation, now());
    if (values_ != nullptr) values_->accept(sequence_, command, now());
    epilogue_.scales_there = move_scales(SramClient::scale_read, command.residual.block_scales.strips, now());
    epilogue_.scales_there =
        move_scales(SramClient::scale_read, command.parameters.block_scales.strips, epilogue_.scales_there);
    for (const Strips* scales : {&command.line_scales.rows, &command.line_scales.columns})
        epilogue_.scales_there = move_scales(SramClient::scale_read, *scales, epilogue_.scales_there);
    timeline_.busy(now(), epilogue_.scales_there, operation);

    const std::uint64_t full = command.n_tiles - 1, rows = command.m;
    const std::uint64_t columns = full * result_columns_ + command.n_last, values = rows * columns;
    const std::uint64_t slots = command.by_column ? columns * ceil_div(command.m, rates_.lanes())
                                                  : rows * (full * ceil_div(result_columns_, rates_.lanes()) +
                                                            ceil_div(command.n_last, rates_.lanes()));
    count_pass(*epilogue_.pass, rows, values, slots * rates_.lanes(), operation);
    if (command.residual.sram.count > 0) count_fetch(command.residual, values, operation);
    count_scales(command.residual.block_scales.strips, true, operation);
    count_line_scales(command.line_scales, command.by_column ? columns : rows * command.n_tiles, values,
                      command.by_column, operation);
    if (command.parameters.sram.count > 0) count_parameters(command.parameters, rows, operation);
    if (command.output.sram.count > 0) count_result(command.output, values, operation);
    acceptance_.notify();
}

std::optional<Cycle> VectorUnit::accepted(std::uint32_t sequence) const {
    if (sequence == epilogue_.sequence && epilogue_.open) return epilogue_.accepted;
    if (sequence <= sequence_)
        throw std::logic_error(
            "a matmul command names a command of the vector unit that is no open epilogue");
    return std::nullopt;
}

std::uint64_t VectorUnit::vector_bytes(const VectorOperand& operand, std::uint32_t tile) const {
    if (tile >= operand.sram.count) throw std::logic_error("an epilogue has fewer pieces than tiles");
    const EpilogueCommand& c = epilogue_.command;
    // A block that is turned takes as many beats as it has columns, where its rows lie side by side.
    const bool turned = c.by_column && operand.sram.step == 0;
    const std::uint32_t vectors = turned ? tile + 1 == c.n_tiles ? c.n_last : result_columns_ : c.m;
    return std::max(1U, ceil_div(operand.sram.size(tile), vectors));
}

std::vector<VectorUnit::TileGroups> VectorUnit::groups_of(const ResultTile& tile, std::uint32_t index) const {
    const EpilogueCommand& c = epilogue_.command;
    std::uint32_t group = tile.vectors;
    bool apart = false;
    for (const VectorOperand* operand : {&c.output, &c.residual}) {
        if (operand->sram.count == 0) continue;
        group =
            std::min(group, sram_.vectors_at_once(vector_bytes(*operand, index), operand->sram.step != 0));
        apart = apart || operand->sram.step != 0;
    }
    std::vector<TileGroups> groups;
    const auto add = [&](std::uint32_t first, std::uint32_t size, std::uint32_t count,
                         std::uint32_t first_row, std::uint32_t rows) {
        if (count > 0) groups.push_back({index, tile.columns, first, size, count, first_row, rows});
    };
    if (c.by_column && apart) {  // rows in turn, as many a vector as it takes
        const std::uint32_t each = ceil_div(c.m, tile.vectors), full = c.m / each, rest = c.m % each;
        add(0, 1, full, 0, each);
        add(full, 1, rest > 0 ? 1 : 0, full * each, rest);
        const std::uint32_t moved = full + (rest > 0 ? 1 : 0);
        add(moved, 1, tile.vectors - moved, 0, 0);
        return groups;
    }
    const std::uint32_t whole = tile.vectors / group;
    add(0, group, whole, 0, 1);
    add(whole * group, tile.vectors % group, tile.vectors % group > 0 ? 1 : 0, whole * group, 1);
    return groups;
}

// The groups of a tensor of results (one piece a tile): f(bytes of each, where they lie).
template <class F>
void VectorUnit::each_group(const VectorOperand& operand, const TileGroups& groups, F&& f) const {
    const Strips& sram = operand.sram;
    const std::uint64_t width = vector_bytes(operand, groups.tile);
    const Address tile = sram.address(groups.tile);
    if (sram.step == 0) {
        const std::uint64_t together = groups.size * width;
        f(together, BeatCursor::linear(tile + groups.first * width, together, together));
        return;
    }
    const std::uint64_t rows = std::uint64_t{groups.size} * groups.rows;
    for (std::uint64_t i = 0; i < rows; ++i)
        f(width, BeatCursor::linear(tile + (groups.first_row + i) * sram.step, rows * sram.step, width));
}

void VectorUnit::read_groups(const VectorOperand& operand, const TileGroups& groups) {
    const std::uint32_t cycles = groups.size > 1 ? 1 : rates_.port_cycles(operand, groups.columns);
    each_group(operand, groups, [&](std::uint64_t bytes, const BeatCursor& beats) {
        sram_.add_streams(streams_, SramClient::operand0, beats, bytes, cycles, 0);
    });
}

// The last values of a group are there `through` cycles after it was taken.
void VectorUnit::write_groups(const VectorOperand& operand, const TileGroups& groups, std::uint32_t through,
                              Cycle slack) {
    each_group(operand, groups, [&](std::uint64_t bytes, const BeatCursor& beats) {
        const std::uint32_t cycles = sram_.beat_cycles(bytes);
        sram_.add_words(streams_, SramClient::output, beats, bytes, cycles, through - (cycles - 1), slack);
    });
}

Cycle VectorUnit::fetch_bias(const ResultTile& tile, std::uint32_t index, Cycle from) {
    const VectorOperand& bias = epilogue_.command.parameters;
    if (bias.sram.count == 0) return from;
    std::vector<AccessStream> fetch;
    const std::uint32_t values = epilogue_.command.by_column ? tile.vectors : tile.columns;
    const std::uint64_t width = VectorRates::bytes(bias, values);
    const std::uint64_t first = std::uint64_t{index} * result_columns_ * bias.stride_bits() / 8;
    const std::uint32_t cycles = rates_.port_cycles(bias, values);
    sram_.add_streams(fetch, SramClient::parameters, BeatCursor::vectors(bias.sram, width, first), width,
                      cycles, 0);
    return from + sram_.reserve(from, cycles, 1, fetch).conflicts;
}

ResultHold VectorUnit::take(std::uint32_t sequence, const ResultTile& tile) {
    Epilogue& e = epilogue_;
    const EpilogueCommand& c = e.command;
    const std::uint32_t index = e.tiles++;
    const std::uint32_t columns = index + 1 == c.n_tiles ? c.n_last : result_columns_;
    if (!e.open || sequence != e.sequence || tile.vectors != (c.by_column ? columns : c.m) ||
        tile.columns != (c.by_column ? c.m : columns))
        throw std::logic_error("a matmul command and its epilogue do not fit");

    // The slowest of lanes, result port and residual port sets the pace.
    const std::uint32_t lane_parts = ceil_div(tile.columns, rates_.lanes());
    const std::uint32_t lane_cycles = lane_parts * rates_.interval();
    const bool writes = c.output.sram.count > 0, reads = c.residual.sram.count > 0;
    std::uint32_t port_cycles = 1;
    if (writes) port_cycles = std::max(port_cycles, rates_.port_cycles(c.output, tile.columns));
    if (reads) port_cycles = std::max(port_cycles, rates_.port_cycles(c.residual, tile.columns));
    const std::uint32_t interval =
        std::max({lane_cycles, port_cycles, static_cast<std::uint32_t>(tile.interval)});

    const bool decodes = (reads && c.residual.codec) || (c.parameters.sram.count > 0 && c.parameters.codec);
    std::uint32_t latency = rates_.latency();
    if (decodes) latency += static_cast<std::uint32_t>(codec_.latency());
    Cycle block = 0;  // a result waits for the last value of its block
    if (writes && c.output.codec) {
        latency += static_cast<std::uint32_t>(codec_.latency());
        block = wait_for_block(c.output, tile.columns, rates_.interval());
    }
    // The last values of a vector follow the first ones.
    const std::uint32_t output_cycles = writes ? rates_.port_cycles(c.output, tile.columns) : 1;
    const auto through = static_cast<std::uint32_t>(
        latency + std::max({(lane_parts - 1) * rates_.interval(), output_cycles - 1,
                            static_cast<std::uint32_t>(block)}));

    // A block is turned once all of it is there: read so much ahead, and written so much later.
    const std::uint32_t turning = c.by_column ? result_columns_ * interval : 0, ahead = reads ? turning : 0;
    const Cycle possible = std::max({tile.first, free_from_, e.scales_there, now() + ahead});
    const Cycle first = fetch_bias(tile, index, possible);
    Cycle at = first - ahead, conflicts = first - possible, last_write = 0;
    taken_runs_.clear();
    for (const TileGroups& groups : groups_of(tile, index)) {
        // The last of a group.
        const std::uint32_t written = (groups.size - 1) * interval + through + ahead + turning;
        streams_.clear();
        if (reads) read_groups(c.residual, groups);
        if (writes) write_groups(c.output, groups, written, rates_.write_slack(groups.size * interval));
        const FlowGrant grant = sram_.reserve(at, groups.size * interval, groups.count, streams_, &runs_);
        for (const GrantRun& run : runs_)
            taken_runs_.push_back(
                {groups.first + run.slot * groups.size, run.slots * groups.size, run.at + ahead, 0});
        at = grant.last + groups.size * interval;
        conflicts += grant.conflicts;
        last_write = std::max(last_write, grant.last + (streams_.empty() || !writes
                                                            ? written
                                                            : streams_.back().offset + runs_.back().late));
    }
    at += ahead;
    if (values_ != nullptr && writes)
        values_->tile_written(sequence, index, tile.columns, taken_runs_, interval, through + turning);
    timeline_.stall(e.accepted, tile.first, StallCause::array_result, e.operation);
    enter_runs(taken_runs_, std::max(possible, timeline_.cursor()), interval, StallCause::bank_conflict,
               e.operation);
    const Cycle late = possible - tile.first;  // the unit was not free for the first vector
    free_from_ = at;
    if (decodes) codec_.occupy(CodecLane::vector_fetch, taken_runs_.front().at, free_from_);
    if (writes && c.output.codec)
        codec_.occupy(CodecLane::vector_output, taken_runs_.front().at + latency, free_from_ + latency);
    e.done = std::max(e.done, last_write + 1);
    if (e.tiles == c.n_tiles)
        e.done = move_scales(SramClient::scale_write, c.output.block_scales.strips, e.done);
    timeline_.tail_busy(e.done, e.operation);

    remember(tile.vectors, interval);
    const ResultHold hold = hold_of(tile, conflicts, late, lane_cycles >= port_cycles);
    if (e.tiles == c.n_tiles) {
        e.open = false;
        if (values_ != nullptr) values_->finish(sequence, e.done);
        const Cycle end = std::max(e.done, free_from_);  // the last vector keeps the unit for its interval
        ledger_.ended(e.operation, end);
        ledger_.executed(Engine::vector, e.operation, &e.command, e.accepted, free_from_, e.done);
        scoreboard_.publish(Engine::vector, e.done);
        finished_.notify();
    }
    return hold;
}

void VectorUnit::remember(std::uint32_t vectors, std::uint32_t interval) {
    // What stands in the storage when the tile comes has been taken after the vector `drain_depth` before it.
    const auto depth = static_cast<std::uint64_t>(config_.drain_depth);
    while (history_.size() > 1 && history_[1].first + depth <= taken_) history_.pop_front();
    for (const GrantRun& run : taken_runs_) history_.push_back({taken_ + run.slot, run.at, interval});
    taken_ += vectors;
}

// Vector v enters the storage in the last cycle in which vector v - drain_depth is taken, or later.
ResultHold VectorUnit::hold_of(const ResultTile& tile, Cycle conflicts, Cycle late, bool lanes_set_pace) {
    ResultHold hold{{}, conflicts, late, lanes_set_pace ? StallCause::vector_unit : StallCause::write_port};
    const auto depth = static_cast<std::uint64_t>(config_.drain_depth);
    const auto room_of = [](const TakenRun& run, std::uint64_t v) {
        return run.at + (v - run.first) * run.interval + run.interval - 1;
    };
    rooms_.clear();
    if (taken_ <= depth) return hold;
    const std::uint64_t before = taken_ - tile.vectors,
                        end = taken_ - depth;  // vectors that leave room: below `end`
    // Rooms come no faster than vectors: if the last one has not to wait, none has.
    auto last = history_.end() - 1;
    while (last->first >= end) --last;
    if (room_of(*last, end - 1) <= tile.first + (tile.vectors - 1) * tile.interval) return hold;
    for (auto run = history_.begin(); run != history_.end() && run->first < end; ++run) {
        const std::uint64_t next = run + 1 == history_.end() ? taken_ : (run + 1)->first;
        const std::uint64_t from = std::max(run->first, before > depth ? before - depth : 0);
        const std::uint64_t to = std::min(next, end);
        if (from < to)
            rooms_.push_back({from + depth - before, to - from, room_of(*run, from), run->interval});
    }
    hold.rooms = rooms_;
    return hold;
}

}  // namespace octet
