// What every kind of DRAM is to the machine (docs/hardware/dram.md).
//
// Counts: dram_read_bits, dram_write_bits; with banks also dram_read_padding_bits, dram_write_padding_bits
// and dram_activate. Bytes, refreshes and the time with rows open stand in the report.
#pragma once
#include "models/types.h"

namespace octet {

enum class DramPort : std::uint8_t { load, store, count };

class Dram {
  public:
    virtual ~Dram() = default;
    // No request will follow: the cycle from which on everything is written.
    virtual Cycle finish() = 0;
    // The run has ended after `total` cycles: enter the state of the unit into the ledger.
    virtual void close(Cycle total) = 0;
};

}  // namespace octet
