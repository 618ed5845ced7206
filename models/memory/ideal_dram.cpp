#include "models/memory/ideal_dram.h"

#include "models/clock.h"

namespace octet {

IdealDram::IdealDram(const sc_core::sc_module_name& name, const IdealDramConfig& config, Ledger& ledger,
                     bool host)
    : sc_module(name),
      rate_(to_fraction(config.bytes_per_cycle)),
      ticks_(rate_.numerator),
      latency_(static_cast<std::uint64_t>(config.latency)),
      ledger_(ledger),
      host_(host),
      used_(2, host ? nullptr : ledger.observer(), Unit::dram) {}

DramBurst IdealDram::transfer(DramPort port, Cycle at, Address, std::uint32_t bytes, OperationId operation) {
    const auto own_index = static_cast<std::size_t>(port);
    Lane& own = lanes_[own_index];
    Lane& other = lanes_[1 - own_index];
    const std::uint64_t length = bytes * rate_.denominator;
    std::uint64_t from = std::max((at + latency_) * rate_.numerator, own.free_from);
    if (other.free_from > from) {
        auto it = std::partition_point(other.reserved.begin() + static_cast<std::ptrdiff_t>(other.head),
                                       other.reserved.end(), [&](const Interval& i) { return i.to <= from; });
        for (; it != other.reserved.end() && it->from < from + length; ++it) from = it->to;
    }
    own.free_from = from + length;
    if (!own.reserved.empty() && own.reserved.back().to == from)
        own.reserved.back().to = own.free_from;
    else
        own.reserved.push_back({from, own.free_from});
    const Cycle end = ticks_.quotient_up(own.free_from);
    const DramBurst burst{ticks_.quotient(from), end, end};
    bytes_[own_index] += bytes;
    const Action action = port == DramPort::load
                              ? (host_ ? Action::host_read_bits : Action::dram_read_bits)
                              : (host_ ? Action::host_write_bits : Action::dram_write_bits);
    ledger_.count(operation, action, std::uint64_t{bytes} * 8);
    used_.add(own_index, burst.bus_from, burst.bus_to);
    if (++transfers_ % 64 == 0) settle();
    return burst;
}

// What is past need not be kept.
void IdealDram::settle() {
    const Cycle present = now();
    used_.settle_if_many(present);
    for (Lane& lane : lanes_) {
        while (lane.head < lane.reserved.size() && lane.reserved[lane.head].to <= present * rate_.numerator)
            ++lane.head;
        if (lane.head > 1024 && lane.head * 2 > lane.reserved.size()) {
            lane.reserved.erase(lane.reserved.begin(),
                                lane.reserved.begin() + static_cast<std::ptrdiff_t>(lane.head));
            lane.head = 0;
        }
    }
}

void IdealDram::close(Cycle total) {
    used_.settle(total);
    if (host_) {
        ledger_.report().host_read_bytes = bytes_[0];
        ledger_.report().host_write_bytes = bytes_[1];
        return;
    }
    ledger_.report().dram_read_bytes = bytes_[0];
    ledger_.report().dram_write_bytes = bytes_[1];
    ledger_.unit(Unit::dram).add_busy(used_.covered());
}

}  // namespace octet
