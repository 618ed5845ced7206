#include "models/memory/ideal_dma.h"

#include <stdexcept>

#include "models/clock.h"

namespace octet {

void IdealDma::start(const DmaCommand& command, OperationId operation) {
    operation_ = operation;
    memory_ = command.host ? host_ : &dram_;
    if (memory_ == nullptr) throw std::logic_error("a command reaches for a host that is not there");
    started_ = free_from_ = now();
    auto values = begin(command, operation, started_);
    StripWalker dram(command.dram), sram(command.sram);
    Cycle completed = started_ + 1;
    for (std::uint64_t left = command.dram.total(); left > 0;) {
        const std::uint32_t bytes = burst_at(dram);
        completed = loads() ? load(dram.address(), bytes, sram) : store(dram.address(), bytes, sram);
        dram.advance(bytes);
        left -= bytes;
    }
    end(command, operation, started_, free_from_, completed, std::move(values));
}

Cycle IdealDma::load(Address address, std::uint32_t bytes, StripWalker& sram) {
    Burst& burst = window_[slot_];
    slot_ = slot_ + 1 == window_.size() ? 0 : slot_ + 1;
    const StallCause cause = burst.complete > free_from_ ? burst.held_by : StallCause::dram;
    const Cycle request = std::max(free_from_, burst.complete);
    free_from_ = request + 1;
    const DramBurst moved = memory_->transfer(port_, request, address, bytes, operation_);
    timeline_.stall(started_, moved.bus_from, cause, operation_);
    timeline_.busy(moved.bus_from, moved.bus_to, operation_);

    const bool port_busy = port_free_ > moved.complete;
    const Words words = move_words(started_, std::max(moved.complete, port_free_), bytes, sram);
    burst.complete = port_free_ = words.last + 1;
    burst.held_by = words.conflict ? StallCause::bank_conflict
                    : port_busy    ? StallCause::sram_port
                                   : StallCause::dram;
    timeline_.tail_stall(burst.complete, words.conflict ? StallCause::bank_conflict : StallCause::sram_port,
                         operation_);
    return burst.complete;
}

Cycle IdealDma::store(Address address, std::uint32_t bytes, StripWalker& sram) {
    Burst& burst = window_[slot_];
    slot_ = slot_ + 1 == window_.size() ? 0 : slot_ + 1;
    const bool held = burst.complete > std::max(started_, port_free_);
    const Words words = move_words(started_, std::max({started_, port_free_, burst.complete}), bytes, sram);
    port_free_ = words.last + 1;
    const Cycle request = std::max(free_from_, words.last + sram_.latency());
    free_from_ = request + 1;
    const DramBurst moved = memory_->transfer(port_, request, address, bytes, operation_);
    const StallCause cause = words.conflict ? StallCause::bank_conflict
                             : held         ? StallCause::dram
                                            : StallCause::sram_port;
    timeline_.stall(started_, std::min(request, moved.bus_from), cause, operation_);
    timeline_.stall(started_, moved.bus_from, StallCause::dram, operation_);
    timeline_.busy(moved.bus_from, moved.bus_to, operation_);
    return burst.complete = moved.complete;
}

}  // namespace octet
