// DMA engine, one direction: load (DRAM to SRAM) or store (SRAM to DRAM). Rules: docs/hardware/dma.md.
//
// Timing: one request a cycle, at most `outstanding` bursts between request and completion; a burst of a load
// is complete when its words are in SRAM, one of a store when the DRAM has it. A burst goes through the SRAM
// port in one cycle, or in as many as its words need of all banks and ports. The next command starts in the
// cycle after the last request. Counts: dma_bytes.
#pragma once
#include <vector>

#include "models/machine_values.h"
#include "models/memory/dram.h"
#include "models/memory/sram.h"
#include "models/memory/strip_walker.h"
#include "models/scoreboard.h"

namespace octet {

class DmaEngine {
  public:
    DmaEngine(DramPort port, const DmaConfig& config, Sram& sram, Ledger& ledger, Scoreboard& scoreboard);
    DmaEngine(const DmaEngine&) = delete;
    DmaEngine& operator=(const DmaEngine&) = delete;
    virtual ~DmaEngine() = default;

    // In a thread: the first cycle in which the next command can start, once it is known.
    virtual Cycle free_from() = 0;
    // Starts a command in the present cycle.
    virtual void start(const DmaCommand& command, OperationId operation) = 0;
    // The engine is free, and the command at the head of its queue had to wait until `until`.
    virtual void waited(Cycle from, Cycle until, OperationId operation) {
        timeline_.stall(from, until, StallCause::dependency, operation);
    }
    std::uint64_t bytes() const { return bytes_; }
    // From now on bytes move as well.
    void attach(MachineValues* values) { values_ = values; }

  protected:
    struct Words {  // what moving a burst's words through the SRAM port came to
        Cycle last = 0;
        bool conflict = false;
    };
    bool loads() const { return port_ == DramPort::load; }
    Engine engine() const { return loads() ? Engine::load : Engine::store; }
    // Bytes of the burst that begins where `dram` stands.
    std::uint32_t burst_at(const StripWalker& dram) const {
        return std::min(static_cast<std::uint32_t>(burst_.by() - burst_.remainder(dram.address())),
                        dram.left());
    }
    // Counts what a command moves, and reads its bytes if there are values.
    std::vector<std::uint8_t> begin(const DmaCommand& command, OperationId operation, Cycle started);
    // Its last burst completes in cycle `completed`.
    void end(const DmaCommand& command, OperationId operation, Cycle started, Cycle free, Cycle completed,
             std::vector<std::uint8_t> bytes);
    // In `present`, the cycle of the kernel; the words not before `from`.
    Words move_words(Cycle present, Cycle from, std::uint32_t bytes, StripWalker& sram) {
        if (bytes > sram.left()) return move_pieces(present, from, bytes, sram);
        const FlowGrant grant = sram_.reserve_words(client_, present, from, sram.address(), bytes);
        sram.advance(bytes);
        return {grant.last, grant.conflicts > 0};
    }

    DramPort port_;
    SramClient client_;
    Divider burst_;
    Sram& sram_;
    Ledger& ledger_;
    Scoreboard& scoreboard_;
    Timeline& timeline_;

  private:
    Words move_pieces(Cycle present, Cycle from, std::uint32_t bytes, StripWalker& sram);

    std::uint64_t bytes_ = 0;
    MachineValues* values_ = nullptr;
};

}  // namespace octet
