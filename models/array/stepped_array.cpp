#include "models/array/stepped_array.h"

#include <stdexcept>

#include "models/clock.h"

namespace octet {

SteppedArray::SteppedArray(const sc_core::sc_module_name& name, const ArrayConfig& config,
                           const ArrayFormats& formats, const ArraySurroundings& around)
    : ArrayUnit(name, config, formats, around),
      config_(config),
      timing_(config),
      depth_(depth_of_array(config)),
      datapath_(make_datapath(config, nullptr)),
      sequencer_(make_sequencer(config)),
      lead_(sequencer_->lead()),
      books_(timeline_),
      history_(decode_latency() + 1) {
    SC_THREAD(serve);
}

void SteppedArray::watch(RegisterWatcher& watcher, bool values) {
    if (!probe_) probe_ = std::make_unique<ArrayProbe>(rows_ * cols_);
    watchers_.push_back(&watcher);
    watcher.begins(probe_->pes, cols_, values);
}

void SteppedArray::serve() {
    const sc_core::sc_event_or_list anything =
        arrived_ | results->acceptance() | around_.inputs.started() | around_.weights.started();
    for (;;) {
        sleep(anything);
        run_until(now());
        reserve();  // an epilogue accepted just now, or later in this cycle
        const std::uint64_t registers = time_of(now(), Phase::registers);
        while (kernel_time() < registers) {
            wait(sc_core::sc_time::from_value(registers - kernel_time()), results->acceptance());
            reserve();
        }
        run_until(now() + 1);
    }
}

void SteppedArray::sleep(const sc_core::sc_event_or_list& anything) {
    std::optional<Cycle> quiet = quiet_clocks();
    if (clock_ < moving_until_) quiet = 0;
    if (!quiet) return wait(anything);
    const std::uint64_t target = time_of(clock_ + *quiet, Phase::registers);
    if (target > kernel_time()) wait(sc_core::sc_time::from_value(target - kernel_time()), anything);
}

std::optional<Cycle> SteppedArray::quiet_clocks() {
    std::optional<Cycle> quiet;
    const auto at_most = [&](Cycle clocks) { quiet = std::min(quiet.value_or(clocks), clocks); };
    const PassPointer &loading = sequencer_->loading(), &issuing = sequencer_->issuing();
    const bool waits_for_acceptance = loading != nullptr && loading->streams_on && !reserved_;
    // The last vector of a command.
    if (sequencer_->left() > 0 && issuing->ends_command) at_most(sequencer_->left() - 1);
    if (loading != nullptr && loading->ends_command && !waits_for_acceptance)
        at_most(std::max(sequencer_->tile_in(), step_) - step_ + loading->vectors() - 1);
    // The last result of an epilogue.
    for (const LeavingTile& tile : leaving_)
        if (tile.ends_epilogue() != 0) at_most(tile.last_due() - step_);
    // The next tile.
    if (next_ && next_->weights_ready && next_->input_ready && !waits_for_acceptance && epilogue_is_there()) {
        Cycle clocks = sequencer_->steps_until_tile(step_);
        const auto not_before = [&](Cycle cycle) {
            if (cycle > clock_ + clocks) clocks = cycle - clock_;
        };
        not_before(*next_->weights_ready);
        if (leaving_.empty() && *next_->input_ready > lead_) not_before(*next_->input_ready - lead_);
        at_most(clocks);
    }
    return quiet;
}

void SteppedArray::taken() {
    run_until(now());
    if (clock_ > decode_latency()) around_.codec.settle(std::min(clock_, now()) - decode_latency());
    course_ = std::make_shared<ArrayCourse>(ArrayCourse{command_, operation_, taken_, 0, 0, {}});
    prepare(0, 0);
}

void SteppedArray::prepare(std::uint32_t n, std::uint32_t k) {
    const MatmulCommand& c = course_->command;
    const bool last = k + 1 == c.k_tiles, streams_on = last && c.last_k;
    const auto rows = static_cast<std::uint32_t>(rows_);
    next_.emplace().pass = std::make_shared<const ArrayPass>(
        ArrayPass{course_, k, n, streams_on, last && n + 1 == c.n_tiles,
                  timing_.issue(c.m, last ? c.k_last : rows), timing_.sums_stay ? rows : c.m});
    look_for_operands();
}

void SteppedArray::look_for_operands() {
    const MatmulCommand& c = course_->command;
    const ArrayPass& pass = *next_->pass;
    if (!next_->weights_ready)
        next_->weights_ready = around_.weights.complete(c.weight_fill, c.tile0 + pass.n * c.k_tiles + pass.k);
    if (!next_->input_ready) next_->input_ready = around_.inputs.complete(c.input_fill, c.slab0 + pass.k);
    if (!next_->weights_ready)
        waits("weight fill", c.weight_fill);
    else if (!next_->input_ready)
        waits("input fill", c.input_fill);
}

void SteppedArray::run_until(Cycle cycle) {
    while (clock_ < cycle) clock();
}

void SteppedArray::clock() {
    if (complete_ && leaving_.front().room() > clock_) return hold();
    history_[step_ % history_.size()] = clock_;
    if (complete_) leave();
    if (span_end_ && span_end_->step == step_) {
        close_span(*span_end_->course);
        span_end_.reset();
    }
    read();
    ArrayDatapath::Edge edge;
    if (lead_ == 0) begin_tile();
    const bool issued = issue(edge);
    if (lead_ > 0) begin_tile();
    edge.drain = sequencer_->drains(step_);
    if (const auto row = sequencer_->row(step_)) {
        edge.weights = &sequencer_->loading();
        edge.row = *row;
        decodes(CodecLane::weight, clock_, clock_ + 1);
    }
    enter_into_books(issued);
    datapath_->clock(edge, clock_);
    if (probe_) {
        datapath_->show(*probe_);
        for (RegisterWatcher* watcher : watchers_) watcher->clocked(clock_);
        if (edge.vectors != nullptr || edge.weights != nullptr)
            moving_until_ = clock_ + depth_ + rows_ + 2 * cols_ + 1;
    }
    ++step_;
    ++clock_;
}

void SteppedArray::enter_into_books(bool issued) {
    const bool drains = !draining_.empty();
    if (issued)
        books_.issues(clock_, sequencer_->issuing()->course->operation);
    else if (next_ || sequencer_->loading() != nullptr)
        books_.waits(clock_,
                     lead_ == 0 || (drains && !config_.overlap_passes) ? BusyWith::drain : BusyWith::weights);
    else if (drains)
        books_.drains(clock_, draining_.back()->course->operation);
    else
        books_.stands_idle(clock_);
}

void SteppedArray::hold() {
    LeavingTile& tile = leaving_.front();
    const StallCause cause = tile.hold();
    books_.held(clock_, cause, tile.operation());
    ++held_[static_cast<std::size_t>(cause)];
    if (probe_) ++moving_until_;
    // Decoders hold what they have begun.
    if (sequencer_->row(step_).value_or(0) > 0) decodes(CodecLane::weight, clock_, clock_ + 1);
    if (sequencer_->left() > 0) {
        decodes(CodecLane::input, clock_, clock_ + 1);
        if (lead_ == 0) decodes(CodecLane::weight, clock_, clock_ + 1);
    }
    ++clock_;
}

void SteppedArray::leave() {
    LeavingTile& tile = leaving_.front();
    complete_ = false;
    tile.leave();
    if (!tile.empty()) return;
    if (tile.ends_epilogue() != 0) datapath_->deliver(tile.ends_epilogue());
    leaving_.pop_front();
}

void SteppedArray::read() {
    if (!datapath_->readable()) return;
    const ArrayPass& pass = *draining_.front();
    // Rows that the matrix does not have come last.
    if ((pass.streams_on || write_back_.paces()) && read_ < pass.vectors()) {
        complete_ = true;
        if (leaving_.front().due() != step_ + 1)
            throw std::logic_error("a result leaves the array in another step than was foreseen");
    }
    if (++read_ < pass.sums) return;
    if (pass.ends_command && (lead_ > 0 || config_.overlap_passes)) close_span(*pass.course);
    read_ = 0;
    draining_.pop_front();
}

// A reduction whose sums stay is one, however many commands do it.
void SteppedArray::begin_span() {
    if (lead_ > 0 || course_->command.first_k) first_weight_ = clock_, held_before_ = held_;
    course_->first_weight = first_weight_;
    course_->held_before = held_before_;
}

void SteppedArray::close_span(const ArrayCourse& course) {
    around_.ledger.used_array(course.operation, course.first_weight, clock_);
    const Cycle from = span_.close(course.operation, course.first_weight, clock_);
    const HeldClocks& before = from == course.first_weight ? course.held_before : held_at_close_;
    for (std::size_t cause = 0; cause < stall_cause_count; ++cause)
        around_.ledger.held_array(course.operation, static_cast<StallCause>(cause),
                                  held_[cause] - before[cause]);
    held_at_close_ = held_;
}

bool SteppedArray::issue(ArrayDatapath::Edge& edge) {
    if (sequencer_->left() == 0) {
        const PassPointer& loading = sequencer_->loading();
        if (loading == nullptr || step_ < sequencer_->tile_in()) return false;
        if (loading->streams_on && !reserved_) {
            wait_.on(StallCause::vector_unit);
            return false;
        }
        books_.started(wait_.steps, wait_.cause, loading->course->operation);
        const bool ends_reduction = loading->streams_on || lead_ > 0;
        span_.started(loading->course->operation, step_, timing_.spacing(loading->issue, ends_reduction),
                      wait_.steps, wait_.cause);
        if (ends_reduction) draining_.push_back(loading);
    }
    edge.vector = sequencer_->issue(step_);
    edge.vectors = &sequencer_->issuing();
    decodes(CodecLane::input, clock_, clock_ + 1);
    if (lead_ == 0) decodes(CodecLane::weight, clock_, clock_ + 1);
    if (sequencer_->left() == 0 && (*edge.vectors)->ends_command) issued_last(**edge.vectors);
    return true;
}

void SteppedArray::issued_last(const ArrayPass& pass) {
    const ArrayCourse& c = *pass.course;
    around_.ledger.executed(Engine::array, c.operation, &c.command, c.taken, c.free_from, clock_ + 1);
    around_.scoreboard.publish(Engine::array, clock_ + 1);
    if (const auto end = sequencer_->span_end(step_)) span_end_ = {*end, pass.course};
}

void SteppedArray::begin_tile() {
    if (!next_ || !sequencer_->tile_may_enter(step_, draining_.empty()) || !tile_is_in_time()) return;
    const PassPointer pass = next_->pass;
    wait_ = next_->wait;
    reserved_ = false;
    sequencer_->begin(pass, step_);
    if (pass->n == 0 && pass->k == 0) begin_span();
    next_.reset();
    if (!pass->ends_command) {
        const bool down = pass->k + 1 < course_->command.k_tiles;
        prepare(down ? pass->n : pass->n + 1, down ? pass->k + 1 : 0);
    }
    if (pass->streams_on) return reserve();
    const Cycle start = sequencer_->tile_in();
    if (write_back_.paces() && lead_ > 0) {  // where sums stay, none leave before the last part
        const ResultTile tile{pass->course->operation, cycle_of(start + depth_), pass->vectors(), 0};
        will_leave({}, tile, start + depth_, 0);
    }
    if (pass->ends_command) next_can_be_taken(*course_, cycle_of(start));
}

// `tile.first`: when result vector 0 comes to the write-back FIFO, in step `due`.
void SteppedArray::will_leave(ResultHold hold, const ResultTile& tile, Cycle due,
                              std::uint32_t ends_epilogue) {
    hold.rooms = write_back_.rooms(tile.first, tile.vectors, hold.rooms);
    leaving_.emplace_back(hold, tile, due, ends_epilogue);
}

// Operands are complete before they are decoded, and decoded before they enter; vectors when the tile is in.
bool SteppedArray::tile_is_in_time() {
    look_for_operands();
    const auto missing = [&](std::optional<Cycle> ready, Cycle entry) {
        return !ready || entry < decode_latency() || cycle_of(entry - decode_latency()) < *ready;
    };
    if (missing(next_->weights_ready, step_))
        next_->wait.on(StallCause::waiting_for_weights);
    else if (missing(next_->input_ready, step_ + lead_))
        next_->wait.on(StallCause::waiting_for_input);
    else if (!epilogue_is_there())
        next_->wait.on(StallCause::vector_unit);
    else
        return true;
    return false;
}

// Weights enter before their epilogue is accepted; where there are none, nothing does.
bool SteppedArray::epilogue_is_there() {
    if (lead_ > 0 || !next_->pass->streams_on) return true;
    const std::uint32_t epilogue = next_->pass->course->command.epilogue;
    if (const auto at = results->accepted(epilogue)) return *at <= clock_;  // of a clock stepped later
    waits("acceptance of epilogue", epilogue);
    return false;
}

void SteppedArray::reserve() {
    const PassPointer& pass = sequencer_->loading();
    if (pass == nullptr || !pass->streams_on || reserved_) return;
    const MatmulCommand& c = pass->course->command;
    if (!results->accepted(c.epilogue)) return waits("acceptance of epilogue", c.epilogue);
    reserved_ = true;
    const Cycle start = std::max(sequencer_->tile_in(), step_);
    const Cycle first = start + depth_ + (lead_ == 0 ? pass->issue : 0);
    each_result_tile(c, pass->n, [&](std::uint32_t vector, ResultTile tile) {
        const Cycle due = first + vector, result = cycle_of(due);
        const bool last = pass->n + 1 == c.n_tiles && vector + tile.vectors == c.m;
        tile.operation = pass->course->operation;
        tile.first = write_back_.leaves(result);
        tile.interval = write_back_.interval();
        const ResultHold hold = results->take(c.epilogue, tile);
        tile.first = result;
        will_leave(hold, tile, due, last ? c.epilogue : 0);
    });
    if (pass->ends_command) next_can_be_taken(*pass->course, cycle_of(start));
}

void SteppedArray::next_can_be_taken(ArrayCourse& course, Cycle from) {
    course.free_from = from;
    release(from);
}

Cycle SteppedArray::cycle_of(Cycle step) const {
    if (step < step_) return history_[step % history_.size()];
    Cycle cycle = clock_, at = step_;
    const auto leaves = [&](Cycle due, Cycle room) {
        cycle = std::max(cycle + (due - at), room);
        at = due;
    };
    for (const LeavingTile& tile : leaving_)
        if (!tile.foresee(step, leaves)) break;
    return cycle + (step - at);
}

void SteppedArray::starved(Cycle from, Cycle until, StallCause cause, OperationId operation) {
    run_until(now());
    books_.starved(from, until, cause, operation);
}

void SteppedArray::close() {
    while (sequencer_->loading() != nullptr || sequencer_->left() > 0 || !draining_.empty() || complete_ ||
           span_end_)
        clock();
    books_.close();
}

}  // namespace octet
