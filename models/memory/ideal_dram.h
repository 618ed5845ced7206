// DRAM as latency and bandwidth, nothing else.
//
// Timing: a burst requested in cycle t moves from t + latency on, as soon as the bus is free for as long as
// it takes (bytes / bytes_per_cycle, an exact fraction). A burst never delays one that was reserved before
// it; it takes the first gap that is long enough, not before the bursts of its own port.
#pragma once
#include <array>
#include <systemc>
#include <vector>

#include "models/interval_union.h"
#include "models/memory/dram.h"

namespace octet {

// A positive fraction: the simplest one that stands for `value`.
struct Fraction {
    std::uint64_t numerator = 1, denominator = 1;
};
Fraction to_fraction(double value);

class IdealDram : public Dram, public sc_core::sc_module {
  public:
    IdealDram(const sc_core::sc_module_name& name, const IdealDramConfig& config, Ledger& ledger);
    DramBurst transfer(DramPort port, Cycle at, Address address, std::uint32_t bytes,
                       OperationId operation) override;
    void close(Cycle total) override;

  private:
    // Times on the bus are in ticks: one byte takes rate_.denominator ticks, one cycle has rate_.numerator of
    // them.
    struct Interval {
        std::uint64_t from, to;
    };
    struct Lane {
        std::vector<Interval> reserved;
        std::size_t head = 0;
        std::uint64_t free_from = 0;
    };
    Fraction rate_;
    std::uint64_t latency_;
    Ledger& ledger_;
    std::array<Lane, 2> lanes_;
    IntervalUnion used_;
    std::array<std::uint64_t, 2> bytes_{};
};

}  // namespace octet
