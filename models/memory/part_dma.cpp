#include "models/memory/part_dma.h"

#include "models/clock.h"

namespace octet {

PartDma::PartDma(DramPort port, const DmaConfig& config, Sram& sram, const ClockCrossing& crossing,
                 MemoryProcess& memory, Ledger& ledger, Scoreboard& scoreboard)
    : DmaEngine(port, config, sram, ledger, scoreboard),
      crossing_(crossing),
      memory_(memory),
      window_(static_cast<std::size_t>(config.outstanding)),
      requests_(static_cast<std::size_t>(config.outstanding)) {}

Cycle PartDma::free_from() {
    while (unrequested_ > 0) sc_core::wait(freed_);
    return free_from_;
}

void PartDma::start(const DmaCommand& command, OperationId operation) {
    enter_bus_times();
    const Cycle present = present_ = now();
    Job& job = jobs_.emplace_back();
    job.command = command;
    job.operation = operation;
    job.started = free_from_ = present;
    job.sram = StripWalker(command.sram);
    job.incomplete = unrequested_ = command.dram.total();
    job.values = begin(command, operation, present);
    dram_ = StripWalker(command.dram);
    request_more();
    memory_.command_started();
}

void PartDma::waited(Cycle from, Cycle until, OperationId operation) {
    enter_bus_times();
    DmaEngine::waited(from, until, operation);
}

// As far as the window has places whose last burst is known to be complete.
void PartDma::request_more() {
    while (unrequested_ > 0 && in_flight_ < window_.size()) {
        Job& job = jobs_.back();
        Burst& burst = window_[next_];
        burst.bytes = burst_at(dram_);
        burst.operation = job.operation;
        burst.started = job.started;
        burst.arrived = 0;
        Cycle request = std::max(free_from_, burst.complete);
        burst.waits_for = burst.complete > free_from_ ? burst.held_by : StallCause::dram;
        if (!loads()) {
            const bool held = burst.complete > std::max(job.started, port_free_);
            const Words words = move_words(present_, std::max({job.started, port_free_, burst.complete}),
                                           burst.bytes, job.sram);
            port_free_ = words.last + 1;
            request = std::max(free_from_, words.last + sram_.latency());
            burst.waits_for = words.conflict ? StallCause::bank_conflict
                              : held         ? StallCause::dram
                                             : StallCause::sram_port;
        }
        requests_[next_] = {crossing_.clock_from(request), dram_.address(), burst.bytes, next_, dram_never};
        next_ = after(next_);
        ++in_flight_;
        ++untaken_;
        free_from_ = request + 1;
        dram_.advance(burst.bytes);
        unrequested_ -= burst.bytes;
        if (unrequested_ == 0) {
            job.free = free_from_;
            freed_.notify();
            memory_.act_by(free_from_);
        }
    }
}

// The last part of a store's burst has been taken in clock `last`.
void PartDma::stored(std::uint32_t place, DramClock last) {
    Burst& burst = window_[place];
    const Request& request = requests_[place];
    // Posted: complete for who stores.
    const Cycle first = crossing_.cycle_of(request.taken);
    timeline_.stall(burst.started, crossing_.cycle_of(request.from), burst.waits_for, burst.operation);
    timeline_.stall(burst.started, first, StallCause::dram, burst.operation);
    timeline_.busy(first, crossing_.cycle_from(last + 1), burst.operation);
    burst.held_by = StallCause::dram;
    complete(burst, crossing_.cycle_from(last + 1));
    request_more();
}

void PartDma::begin_bus_times(std::uint32_t place, DramClock from) {
    enter_bus_times();
    const Burst& burst = window_[place];
    bus_ = {from, from, burst.operation, burst.started, burst.waits_for};
}

void PartDma::enter_bus_times() {
    if (bus_.to == bus_.from) return;
    const Cycle from = crossing_.cycle_of(bus_.from);
    timeline_.stall(bus_.started, from, bus_.cause, bus_.operation);
    timeline_.busy(from, crossing_.cycle_from(bus_.to), bus_.operation);
    bus_.from = bus_.to;
}

// Writes what has arrived to SRAM, up to the first burst that has not.
void PartDma::write_in_order() {
    while (in_flight_ > untaken_ && window_[oldest_].arrived > 0) {
        Burst& burst = window_[oldest_];
        const Cycle there = crossing_.cycle_from(burst.arrived);
        const bool port_busy = port_free_ > there;
        const Words words =
            move_words(present_, std::max(there, port_free_), burst.bytes, jobs_.front().sram);
        port_free_ = words.last + 1;
        burst.held_by = words.conflict ? StallCause::bank_conflict
                        : port_busy    ? StallCause::sram_port
                                       : StallCause::dram;
        timeline_.tail_stall(port_free_, words.conflict ? StallCause::bank_conflict : StallCause::sram_port,
                             burst.operation);
        complete(burst, port_free_);
    }
    request_more();
}

// The oldest burst in flight.
void PartDma::complete(Burst& burst, Cycle at) {
    burst.complete = at;
    oldest_ = after(oldest_);
    --in_flight_;
    Job& job = jobs_.front();
    if ((job.incomplete -= burst.bytes) > 0) return;
    end(job.command, job.operation, job.started, job.free, at, std::move(job.values));
    jobs_.pop_front();
    memory_.act_by(at);
}

}  // namespace octet
