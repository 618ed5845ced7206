#include "models/memory/ideal_dram.h"

#include "models/clock.h"

namespace octet {

IdealDram::IdealDram(const sc_core::sc_module_name& name, const IdealDramConfig& config, Ledger& ledger)
    : sc_module(name),
      rate_(to_fraction(config.bytes_per_cycle)),
      latency_(static_cast<std::uint64_t>(config.latency)),
      ledger_(ledger),
      used_(2, ledger.observer(), Unit::dram) {}

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
    const DramBurst burst{from / rate_.numerator, ceil_div(own.free_from, rate_.numerator),
                          ceil_div(own.free_from, rate_.numerator)};
    bytes_[own_index] += bytes;
    ledger_.count(operation, port == DramPort::load ? Action::dram_read_bits : Action::dram_write_bits,
                  std::uint64_t{bytes} * 8);
    used_.add(own_index, burst.bus_from, burst.bus_to);
    const Cycle present = now();
    used_.settle_if_many(present);
    while (own.head < own.reserved.size() && own.reserved[own.head].to <= present * rate_.numerator)
        ++own.head;
    if (own.head > 1024 && own.head * 2 > own.reserved.size()) {
        own.reserved.erase(own.reserved.begin(),
                           own.reserved.begin() + static_cast<std::ptrdiff_t>(own.head));
        own.head = 0;
    }
    return burst;
}

void IdealDram::close(Cycle total) {
    used_.settle(total);
    ledger_.report().dram_read_bytes = bytes_[0];
    ledger_.report().dram_write_bytes = bytes_[1];
    ledger_.unit(Unit::dram).add_busy(used_.covered());
}

}  // namespace octet
