// DMA engine, one direction: load (DRAM to SRAM) or store (SRAM to DRAM). Rules: docs/hardware/dma.md.
//
// Timing: one request a cycle, at most `outstanding` bursts between request and completion; a burst of a load
// is complete when its words are in SRAM, one of a store when the DRAM has it. A burst goes
// through the SRAM port in one cycle, or in as many as its words need of all banks and ports. The next command starts in the cycle after the last request. Counts: dma_bytes.
#pragma once
#include <vector>

#include "models/memory/dram.h"
#include "models/memory/sram.h"
#include "models/scoreboard.h"
#include "models/machine_values.h"

namespace octet {

class DmaEngine : public sc_core::sc_module {
  public:
    DmaEngine(const sc_core::sc_module_name& name, DramPort port, const DmaConfig& config, Sram& sram,
              Dram& dram, Ledger& ledger, Scoreboard& scoreboard);

    // The first cycle in which the next command can start.
    Cycle free_from() const { return free_from_; }
    // Starts a command in the present cycle.
    void start(const DmaCommand& command, OperationId operation);
    // The engine is free, and the command at the head of its queue had to wait until `until`.
    void waited(Cycle from, Cycle until, OperationId operation) {
        timeline_.stall(from, until, StallCause::dependency, operation);
    }
    std::uint64_t bytes() const { return bytes_; }
    // From now on bytes move as well.
    void attach(MachineValues* values) { values_ = values; }

  private:
    struct Burst {  // one of the last `outstanding` ones
        Cycle complete = 0;
        StallCause held_by = StallCause::dram;  // what set `complete`
    };
    struct Words {  // what moving a burst's words through the SRAM port came to
        Cycle last = 0;
        bool conflict = false;
    };
    Cycle load(Address address, std::uint32_t bytes, class StripWalker& sram);
    Cycle store(Address address, std::uint32_t bytes, class StripWalker& sram);
    void move_bytes(const DmaCommand& command, Cycle completed);
    Words move_words(Cycle from, std::uint32_t bytes, class StripWalker& sram);

    DramPort port_;
    SramClient client_;
    std::uint32_t burst_bytes_;
    Sram& sram_;
    Dram& dram_;
    Ledger& ledger_;
    Scoreboard& scoreboard_;
    Timeline& timeline_;

    OperationId operation_ = 0;
    Cycle started_ = 0;
    std::vector<Burst> window_;  // a ring
    std::size_t slot_ = 0;
    Cycle free_from_ = 0, port_free_ = 0;
    std::uint64_t bytes_ = 0;
    std::vector<AccessStream> streams_;
    MachineValues* values_ = nullptr;
};

}  // namespace octet
