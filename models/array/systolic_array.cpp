#include "models/array/systolic_array.h"

#include <fmt/format.h>

#include <stdexcept>

#include "models/clock.h"

namespace octet {

SystolicArray::SystolicArray(const sc_core::sc_module_name& name, const ArrayConfig& config,
                             const ArrayFormats& formats, FillEngine& inputs, FillEngine& weights,
                             CodecBank& codec, Ledger& ledger, Scoreboard& scoreboard)
    : sc_module(name),
      schedule_(config),
      timing_(config),
      formats_(formats),
      inputs_(inputs),
      weights_(weights),
      codec_(codec),
      ledger_(ledger),
      scoreboard_(scoreboard),
      timeline_(ledger.unit(Unit::array)) {
    SC_THREAD(serve);
}

void SystolicArray::take(const MatmulCommand& command, OperationId operation) {
    if (command.m == 0 || command.k_tiles == 0 || command.n_tiles == 0)
        throw std::logic_error("a matmul command has no passes");
    command_ = command;
    operation_ = operation;
    taken_ = now();
    occupied_ = true;
    ledger_.started(operation, taken_);
    arrived_.notify();
}

void SystolicArray::serve() {
    for (;;) {
        while (!occupied_) wait(arrived_);
        run();
        occupied_ = false;
        settled_.notify();
    }
}

void SystolicArray::run() {
    const MatmulCommand& c = command_;
    count();
    Cycle first_weight = 0;
    for (std::uint32_t n = 0; n < c.n_tiles; ++n)
        for (std::uint32_t k = 0; k < c.k_tiles; ++k) {
            const Cycle input_ready = await_tile(inputs_, c.input_fill, c.slab0 + k, "input fill");
            const Cycle weights_ready =
                await_tile(weights_, c.weight_fill, c.tile0 + n * c.k_tiles + k, "weight fill");
            const bool last = c.last_k && k + 1 == c.k_tiles;
            const auto columns = n + 1 == c.n_tiles ? c.n_last : static_cast<std::uint32_t>(timing_.cols);
            pass(input_ready, weights_ready, last, columns);
            if (n == 0 && k == 0) first_weight = schedule_.clock().real(start_ - timing_.weight_load());
        }
    const ArrayClock& clock = schedule_.clock();
    ledger_.used_array(operation_, first_weight, clock.real(end_ + timing_.drain()));
    ledger_.report().array_passes += std::uint64_t{c.n_tiles} * c.k_tiles;
    free_from_ = clock.real(start_);
    if (values_ != nullptr) values_->passes(c, operation_, free_from_);
    ledger_.executed(Engine::array, operation_, &command_, taken_, free_from_, clock.real(end_));
    scoreboard_.publish(Engine::array, clock.real(end_));
    schedule_.clock().forget(start_ > timing_.weight_load() ? start_ - timing_.weight_load() : 0);
    const Cycle margin = timing_.weight_load() + codec_.latency();
    if (now() > margin) codec_.settle(now() - margin);
}

Cycle SystolicArray::await_tile(const FillEngine& engine, std::uint32_t fill, std::uint32_t index,
                                const char* what) {
    for (;;) {
        if (const auto at = engine.complete(fill, index)) return *at;
        waits_for_ = what;
        waits_for_sequence_ = fill;
        wait(engine.started());
        waits_for_ = nullptr;
    }
}

void SystolicArray::pass(Cycle input_ready, Cycle weights_ready, bool last, std::uint32_t columns) {
    const Cycle load = timing_.weight_load();
    const Cycle decode = codec_.at_array_edge() ? codec_.latency() : 0;
    const ArrayClock& clock = schedule_.clock();
    const Cycle next = schedule_.next();
    const Cycle possible = schedule_.earliest(0, taken_);  // if everything were there
    Cycle t = possible;
    StallCause cause = StallCause::dependency;
    const auto not_before = [&](Cycle cycle, StallCause why) {
        if (cycle > t) t = cycle, cause = why;
    };
    not_before(clock.first_at(weights_ready) + decode + load, StallCause::waiting_for_weights);
    not_before(clock.first_at(input_ready) + decode, StallCause::waiting_for_input);
    if (last) {
        std::optional<Cycle> accepted;
        while (!(accepted = results->accepted(command_.epilogue))) {
            waits_for_ = "acceptance of epilogue";
            waits_for_sequence_ = command_.epilogue;
            wait(results->acceptance());
            waits_for_ = nullptr;
        }
        not_before(clock.first_at(*accepted), StallCause::vector_unit);
        // Results are reserved in the cycle in which the pass starts.
        wait_until(clock.real(t - load), Phase::array);
    }

    if (clock.first_at(taken_) + load > next) {  // weights that nothing hides
        const Cycle begin = std::max(clock.first_at(timeline_.cursor()), clock.first_at(taken_));
        enter(begin, begin + (t - possible), cause);
        enter(begin + (t - possible), t, BusyWith::weights);
    } else {
        const Cycle begin = clock.first_at(timeline_.cursor());
        const Cycle drained =
            timing_.overlap || end_ == 0 ? begin : std::clamp(end_ + timing_.drain(), begin, next);
        enter(begin, drained, BusyWith::drain);
        enter(drained, next, BusyWith::weights);
        enter(next, t, cause);
    }
    const Cycle vectors = command_.m;
    schedule_.start(t, vectors);
    start_ = t;
    end_ = t + vectors;
    if (last) {
        const ResultHold hold = results->take(
            command_.epilogue, {operation_, clock.real(t + timing_.result()), command_.m, columns});
        schedule_.hold(t, hold.rooms, hold.conflicts, hold.late, hold.pace, operation_);
    }
    enter(t, end_, BusyWith::work);
    if (clock.last_freeze() >= end_)
        enter(end_, clock.last_freeze(), BusyWith::drain);  // held while it drains
    timeline_.tail_busy(clock.real(end_ + timing_.drain()), operation_);
    if (codec_.at_array_edge() || codec_.in_every_pe()) {
        codec_.occupy(CodecLane::weight, clock.real(t - load) - decode, clock.real(t) - decode);
        codec_.occupy(CodecLane::input, clock.real(t) - decode, clock.real(end_) - decode);
    }
}

void SystolicArray::enter(Cycle from, Cycle to, std::variant<BusyWith, StallCause> state) {
    if (to <= from) return;
    const ArrayClock& clock = schedule_.clock();
    Cycle at = std::max(timeline_.cursor(), clock.real(from));
    const Cycle end = clock.real(to);
    from = std::max(from, clock.first_at(timeline_.cursor()));  // what came before is in the books
    clock.frozen(std::min(from, to), to, [&](const ArrayClock::Freeze& freeze, Cycle cycles) {
        cycles = std::min(cycles, end > at ? end - at : 0);
        timeline_.stall(at, at + cycles, freeze.cause, freeze.operation);
        at += cycles;
    });
    if (const auto* cause = std::get_if<StallCause>(&state))
        timeline_.stall(at, end, *cause, operation_);
    else
        timeline_.busy(at, end, operation_, std::get<BusyWith>(state));
}

void SystolicArray::count() const {
    const MatmulCommand& c = command_;
    const std::uint64_t m = c.m, k = c.k_tiles, n = c.n_tiles;
    const std::uint64_t rows = (k - 1) * timing_.rows + c.k_last;  // used, over all k tiles
    const std::uint64_t columns = (n - 1) * timing_.cols + c.n_last;
    const std::uint64_t macs = m * rows * columns, weights = rows * columns;
    const std::uint64_t handed_on =
        (k - 1) * timing_.rows * (timing_.rows - 1) / 2 + std::uint64_t{c.k_last} * (c.k_last - 1) / 2;
    const auto add = [&](Action action, std::uint64_t count) { ledger_.count(operation_, action, count); };
    add(Action::mac, macs);
    add(Action::pe_pass, m * k * n * timing_.rows * timing_.cols - macs);
    add(Action::weight_load, weights);
    add(Action::weight_pass, columns * handed_on);
    const std::uint64_t read_back = m * columns * (k - (c.first_k ? 1 : 0));
    add(Action::accumulate, read_back);
    add(Action::accumulation_buffer_read_bits, read_back * formats_.accumulation_bits);
    add(Action::accumulation_buffer_write_bits,
        m * columns * (k - (c.last_k ? 1 : 0)) * formats_.accumulation_bits);
    add(Action::input_buffer_read_bits, m * rows * n * formats_.buffer_bits);
    add(Action::weight_buffer_read_bits, weights * formats_.buffer_bits);
    if (codec_.at_array_edge()) codec_.count_decodes(operation_, m * rows * n + weights);
    if (codec_.in_every_pe()) codec_.count_decodes(operation_, macs + weights);
}

std::string SystolicArray::waits_for() const {
    if (!occupied_) return {};
    return fmt::format("the array waits for {} {}", waits_for_ != nullptr ? waits_for_ : "command",
                       waits_for_sequence_);
}

}  // namespace octet
