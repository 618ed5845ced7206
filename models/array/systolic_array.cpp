#include "models/array/systolic_array.h"

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
    Cycle first_weight = 0;
    for (std::uint32_t n = 0; n < c.n_tiles; ++n)
        for (std::uint32_t k = 0; k < c.k_tiles; ++k) {
            const Cycle input_ready = await_tile(around_.inputs, c.input_fill, c.slab0 + k, "input fill");
            const Cycle weights_ready =
                await_tile(around_.weights, c.weight_fill, c.tile0 + n * c.k_tiles + k, "weight fill");
            const bool last = c.last_k && k + 1 == c.k_tiles;
            const auto columns = n + 1 == c.n_tiles ? c.n_last : static_cast<std::uint32_t>(cols_);
            pass(input_ready, weights_ready, last, columns);
            if (n == 0 && k == 0) first_weight = begun_;
        }
    const Cycle last_sum = end_ + timing_.drain();
    clock.frozen(span_.close(operation_, first_weight, last_sum), last_sum,
                 [&](const ArrayClock::Freeze& freeze, Cycle cycles) {
                     around_.ledger.held_array(operation_, freeze.cause, cycles);
                 });
    around_.ledger.used_array(operation_, clock.real(first_weight), clock.real(last_sum));
    if (values_ != nullptr) values_->passes(c, operation_, clock.real(start_));
    const Cycle free_from = clock.real(start_), complete = clock.real(end_ - 1) + 1;
    around_.ledger.executed(Engine::array, operation_, &command_, taken_, free_from, complete);
    around_.scoreboard.publish(Engine::array, complete);
    schedule_.clock().forget(begun_);
    const Cycle margin = timing_.weight_load() + around_.codec.latency();
    if (now() > margin) around_.codec.settle(now() - margin);
    release(free_from);
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

void SystolicArray::pass(Cycle input_ready, Cycle weights_ready, bool last, std::uint32_t columns) {
    const Cycle load = timing_.weight_load(), decode = decode_latency();
    const ArrayClock& clock = schedule_.clock();
    const Cycle possible = schedule_.earliest(0, taken_);  // if everything were there
    Cycle t = possible;
    StallCause cause = StallCause::dependency;
    const auto not_before = [&](Cycle cycle, StallCause why) {
        if (cycle > t) t = cycle, cause = why;
    };
    not_before(clock.first_at(weights_ready) + decode + load, StallCause::waiting_for_weights);
    not_before(clock.first_at(input_ready) + decode, StallCause::waiting_for_input);
    begun_ = t - load;
    if (last) {
        not_before(clock.first_at(await_acceptance()), StallCause::vector_unit);
        // Results are reserved in the cycle in which the weights begin to enter, or in that of acceptance.
        wait_until(clock.real(begun_), Phase::array);
    }
    const Cycle from = std::max(clock.first_at(timeline_.cursor()), clock.first_at(taken_));
    const Cycle drained =
        timing_.overlap || end_ == 0 ? from : std::clamp(end_ + timing_.drain(), from, possible);
    const bool hidden = possible == schedule_.next();  // the weights of a pass that finds all it needs
    if (!hidden) enter(from, from + (t - possible), cause, operation_);
    const Cycle waited = hidden ? 0 : t - possible;
    enter(from + waited, drained + waited, BusyWith::drain, operation_);
    enter(drained + waited, possible + waited, BusyWith::weights, operation_);
    if (hidden) enter(possible, t, cause, operation_);

    span_.started(operation_, t, command_.m, t - possible, cause);
    const Cycle vectors = command_.m;
    schedule_.start(t, vectors);
    start_ = t;
    end_ = t + vectors;
    const Cycle result = clock.real(t + timing_.result());
    ResultHold hold;
    if (last)
        hold = results->take(command_.epilogue, {operation_, write_back_.leaves(result), command_.m, columns,
                                                 write_back_.interval()});
    const auto rooms = write_back_.rooms(result, vectors, hold.rooms);
    schedule_.hold(t, rooms, hold.conflicts, hold.late, hold.pace, operation_);
    enter(t, end_, BusyWith::work, operation_);
    // The last sum is read in this array cycle; its result may be held before the next one.
    timeline_.tail_busy(clock.real(end_ + timing_.drain() + 1) - 1, operation_);
    decodes(CodecLane::weight, clock.real(begun_), clock.real(begun_ + load - 1) + 1);
    decodes(CodecLane::input, clock.real(t), clock.real(end_ - 1) + 1);
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
