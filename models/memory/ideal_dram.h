// DRAM as latency and bandwidth, nothing else; or the link to the host's memory, counted apart.
//
// Timing: a burst requested in cycle t moves from t + latency on, as soon as the bus is free for as long as
// it takes (bytes / bytes_per_cycle, an exact fraction). A burst never delays one that was reserved before
// it; it takes the first gap that is long enough, not before the bursts of its own port.
#pragma once
#include <array>
#include <systemc>
#include <vector>

#include "models/divider.h"
#include "models/fraction.h"
#include "models/interval_union.h"
#include "models/ledger.h"
#include "models/memory/config.h"
#include "models/memory/dram.h"

namespace octet {

struct DramBurst {
    Cycle bus_from = 0, bus_to = 0;  // cycles in which its bytes move
    Cycle complete = 0;              // the first cycle in which all of it has arrived
};

class IdealDram : public Dram, public sc_core::sc_module {
  public:
    // `host`: it stands for the link to the host, which has no unit of its own in a report.
    IdealDram(const sc_core::sc_module_name& name, const IdealDramConfig& config, Ledger& ledger,
              bool host = false);
    // A burst that `port` requests in cycle `at` for `operation`; load reads, store writes. Requests of one
    // port come in order of time.
    DramBurst transfer(DramPort port, Cycle at, Address address, std::uint32_t bytes, OperationId operation);
    Cycle finish() override { return 0; }  // a store completes when it is written
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
    void settle();

    Fraction rate_;
    Divider ticks_;  // of a cycle
    std::uint64_t transfers_ = 0;
    std::uint64_t latency_;
    Ledger& ledger_;
    bool host_;
    std::array<Lane, 2> lanes_;
    IntervalUnion used_;
    std::array<std::uint64_t, 2> bytes_{};
};

}  // namespace octet
