#include "models/array/systolic_array.h"

#include <algorithm>

#include "models/clock.h"

namespace octet {

SystolicArray::SystolicArray(const sc_core::sc_module_name& name, const ArrayConfig& config,
                             const ArrayFormats& formats, const ArraySurroundings& around)
    : ArrayUnit(name, config, formats, around), schedule_(config), timing_(config) {
    SC_THREAD(serve);
}

void SystolicArray::serve() {
    for (;;) {
        while (idle()) wait(arrived_);
        run();
    }
}

void SystolicArray::run() {
    const MatmulCommand& c = command_;
    const ArrayClock& clock = schedule_.clock();
    for (std::uint32_t n = 0; n < c.n_tiles; ++n)
        for (std::uint32_t k = 0; k < c.k_tiles; ++k) {
            const Cycle input_ready = await_tile(around_.inputs, c.input_fill, c.slab0 + k, "input fill");
            const Cycle weights_ready =
                await_tile(around_.weights, c.weight_fill, c.tile0 + n * c.k_tiles + k, "weight fill");
            pass(input_ready, weights_ready, k, n);
            if (n == 0 && k == 0 && (c.first_k || !timing_.sums_stay)) first_ = begun_;
        }
    const bool ends_reduction = c.last_k || !timing_.sums_stay;
    if (ends_reduction) close_span(end_ + timing_.drain());
    if (values_ != nullptr) values_->passes(c, operation_, clock.real(start_));
    const Cycle free_from = clock.real(start_), complete = clock.real(end_ - 1) + 1;
    around_.ledger.executed(Engine::array, operation_, &command_, taken_, free_from, complete);
    around_.scoreboard.publish(Engine::array, complete);
    // Operands that enter next may have begun to be decoded so much earlier.
    if (ends_reduction) schedule_.clock().forget(begun_ - std::min(begun_, decode_latency()));
    const Cycle margin = timing_.weight_load() + around_.codec.latency();
    if (now() > margin) around_.codec.settle(now() - margin);
    release(free_from);
}

void SystolicArray::close_span(Cycle last_sum) {
    const ArrayClock& clock = schedule_.clock();
    clock.frozen(span_.close(operation_, first_, last_sum), last_sum,
                 [&](const ArrayClock::Freeze& freeze, Cycle cycles) {
                     around_.ledger.held_array(operation_, freeze.cause, cycles);
                 });
    around_.ledger.used_array(operation_, clock.real(first_), clock.real(last_sum));
}

Cycle SystolicArray::await_tile(const FillEngine& engine, std::uint32_t fill, std::uint32_t index,
                                const char* what) {
    for (;;) {
        if (const auto at = engine.complete(fill, index)) return *at;
        waits(what, fill);
        wait(engine.started());
    }
}

Cycle SystolicArray::await_acceptance() {
    for (;;) {
        if (const auto at = results->accepted(command_.epilogue)) return *at;
        waits("acceptance of epilogue", command_.epilogue);
        wait(results->acceptance());
    }
}

void SystolicArray::pass(Cycle input_ready, Cycle weights_ready, std::uint32_t k, std::uint32_t n) {
    const Cycle load = timing_.weight_load(), decode = decode_latency();
    const bool last = k + 1 == command_.k_tiles, streams_on = last && command_.last_k;
    const Cycle issue = timing_.issue(command_.m, last ? command_.k_last : rows_);
    const ArrayClock& clock = schedule_.clock();
    const Cycle possible = schedule_.earliest(0, taken_);  // if everything were there
    Cycle t = possible;
    StallCause cause = StallCause::dependency;
    const auto not_before = [&](Cycle cycle, StallCause why) {
        if (cycle > t) t = cycle, cause = why;
    };
    not_before(clock.first_at(weights_ready) + decode + load, StallCause::waiting_for_weights);
    not_before(clock.first_at(input_ready) + decode, StallCause::waiting_for_input);
    const auto accepted = [&] { not_before(clock.first_at(await_acceptance()), StallCause::vector_unit); };
    if (streams_on && timing_.sums_stay) accepted();  // nothing enters before
    begun_ = t - load;
    if (streams_on) {
        if (!timing_.sums_stay) accepted();
        // Results are reserved in the cycle in which the first operands enter, or in that of acceptance.
        wait_until(clock.real(begun_), Phase::array);
    }
    const Cycle from = std::max(clock.first_at(timeline_.cursor()), clock.first_at(taken_));
    Cycle drained = from;
    if (timing_.sums_stay)
        drained = std::max(from, possible);
    else if (!timing_.overlap && end_ != 0)
        drained = std::clamp(end_ + timing_.drain(), from, possible);
    const bool hidden = possible == schedule_.next();  // the weights of a pass that finds all it needs
    if (!hidden) enter(from, from + (t - possible), cause, operation_);
    const Cycle waited = hidden ? 0 : t - possible;
    enter(from + waited, drained + waited, BusyWith::drain, operation_);
    enter(drained + waited, possible + waited, BusyWith::weights, operation_);
    if (hidden) enter(possible, t, cause, operation_);

    const bool ends_reduction = streams_on || !timing_.sums_stay;
    span_.started(operation_, t, timing_.spacing(issue, ends_reduction), t - possible, cause);
    schedule_.start(t, issue, ends_reduction);
    start_ = t;
    end_ = t + issue;
    if (streams_on)
        results_of(issue, n);
    else if (ends_reduction)
        pass_sums_on({operation_, 0, command_.m, 0}, t + timing_.result(issue), {});
    enter(t, end_, BusyWith::work, operation_);
    if (ends_reduction) {
        empty_ = end_ + timing_.empty();
        leaving_ = operation_;
    }
    // The last sum is read in this array cycle; its result may be held before the next one.
    timeline_.tail_busy(empty_ > end_ ? clock.real(empty_ + 1) - 1 : 0, leaving_);
    const Cycle first = timing_.sums_stay ? t : begun_, last_in = timing_.sums_stay ? end_ : begun_ + load;
    decodes(CodecLane::weight, clock.real(first), clock.real(last_in - 1) + 1);
    decodes(CodecLane::input, clock.real(t), clock.real(end_ - 1) + 1);
}

void SystolicArray::results_of(Cycle issue, std::uint32_t n) {
    each_result_tile(command_, n, [&](std::uint32_t vector, ResultTile tile) {
        const Cycle due = start_ + timing_.result(issue) + vector;
        tile.operation = operation_;
        tile.first = write_back_.leaves(schedule_.clock().real(due));
        tile.interval = write_back_.interval();
        pass_sums_on(tile, due, results->take(command_.epilogue, tile));
    });
}

void SystolicArray::pass_sums_on(const ResultTile& tile, Cycle due, const ResultHold& hold) {
    const auto rooms = write_back_.rooms(schedule_.clock().real(due), tile.vectors, hold.rooms);
    schedule_.hold(due, rooms, hold.conflicts, hold.late, hold.pace, operation_);
}

void SystolicArray::enter(Cycle from, Cycle to, std::variant<BusyWith, StallCause> state,
                          OperationId operation) {
    const ArrayClock& clock = schedule_.clock();
    const Cycle entered = clock.first_at(timeline_.cursor());
    from = std::max(from, entered);
    if (to <= from) return;
    enter_frozen(entered, from);
    const Cycle begin = clock.real(from);
    timeline_.stall(begin, begin, StallCause::dependency, operation);  // what came before is what it was
    enter_frozen(from, to);
    if (const auto* cause = std::get_if<StallCause>(&state))
        timeline_.stall(timeline_.cursor(), clock.real(to), *cause, operation);
    else
        timeline_.busy(timeline_.cursor(), clock.real(to), operation, std::get<BusyWith>(state));
}

void SystolicArray::enter_frozen(Cycle from, Cycle to) {
    schedule_.clock().frozen(from, to, [&](const ArrayClock::Freeze& freeze, Cycle cycles) {
        const Cycle at = timeline_.cursor();
        timeline_.stall(at, at + cycles, freeze.cause, freeze.operation);
    });
}

void SystolicArray::starved(Cycle from, Cycle until, StallCause cause, OperationId operation) {
    const ArrayClock& clock = schedule_.clock();
    enter(clock.first_at(from), clock.first_at(until), cause, operation);
}

void SystolicArray::close() {
    const ArrayClock& clock = schedule_.clock();
    enter_frozen(clock.first_at(timeline_.cursor()), clock.last_freeze());
}

}  // namespace octet
