// The one interface to every kind of DRAM (docs/hardware/dram.md).
//
// Timing: the model's own. Requests of one port come in order of time and are served in that order.
// Counts: dram_read_bits, dram_write_bits (and, with banks, dram_activate and dram_refresh).
#pragma once
#include <memory>

#include "models/ledger.h"
#include "models/memory/config.h"

namespace octet {

enum class DramPort : std::uint8_t { load, store, count };

struct DramBurst {
    Cycle bus_from = 0, bus_to = 0;  // cycles in which its bytes move
    Cycle complete = 0;              // the first cycle in which all of it has arrived
};

class Dram {
  public:
    virtual ~Dram() = default;
    // A burst that `port` requests in cycle `at` for `operation`; load reads, store writes.
    virtual DramBurst transfer(DramPort port, Cycle at, Address address, std::uint32_t bytes,
                               OperationId operation) = 0;
    // The run has ended after `total` cycles: enter the state of the unit into the ledger.
    virtual void close(Cycle total) = 0;
};

// Throws std::logic_error for a kind that this version does not have.
std::unique_ptr<Dram> make_dram(const DramConfig& config, Ledger& ledger);

}  // namespace octet
