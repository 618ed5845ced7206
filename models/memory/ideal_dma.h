// DMA engine on an ideal DRAM: the whole course of a command is known when it starts.
#pragma once
#include "models/memory/dma.h"
#include "models/memory/ideal_dram.h"

namespace octet {

class IdealDma : public DmaEngine {
  public:
    IdealDma(DramPort port, const DmaConfig& config, Sram& sram, IdealDram& dram, Ledger& ledger,
             Scoreboard& scoreboard, IdealDram* host = nullptr)
        : DmaEngine(port, config, sram, ledger, scoreboard),
          dram_(dram),
          host_(host),
          window_(static_cast<std::size_t>(config.outstanding)) {}

    Cycle free_from() override { return free_from_; }
    void start(const DmaCommand& command, OperationId operation) override;

  private:
    struct Burst {  // one of the last `outstanding` ones
        Cycle complete = 0;
        StallCause held_by = StallCause::dram;  // what set `complete`
    };
    Cycle load(Address address, std::uint32_t bytes, StripWalker& sram);
    Cycle store(Address address, std::uint32_t bytes, StripWalker& sram);

    IdealDram& dram_;
    IdealDram* host_;              // none: no command asks for it
    IdealDram* memory_ = nullptr;  // of the present command
    OperationId operation_ = 0;
    Cycle started_ = 0;
    std::vector<Burst> window_;  // a ring
    std::size_t slot_ = 0;
    Cycle free_from_ = 0, port_free_ = 0;
};

}  // namespace octet
