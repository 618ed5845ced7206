// A DRAM part in the machine: its channels, and the process that runs them together with the two DMA engines
// (docs/hardware/dram.md).
//
// The process runs ahead of the kernel: up to the cycle in which another unit may act next, be it one that
// the kernel knows of or one that waits for what the memory completes. What the memory does in a cycle comes
// after DMA commands that start in it and before all other units.
#pragma once
#include <array>
#include <systemc>

#include "models/interval_union.h"
#include "models/memory/dram_channel.h"
#include "models/memory/part_dma.h"

namespace octet {

class PartDram : public Dram, public MemoryProcess, public sc_core::sc_module {
  public:
    SC_HAS_PROCESS(PartDram);
    PartDram(const sc_core::sc_module_name& name, const DramDeviceConfig& config, double core_mhz,
             Ledger& ledger);
    // Before the run.
    void connect(PartDma& load, PartDma& store);
    const ClockCrossing& crossing() const { return crossing_; }

    void command_started() override { started_.notify(); }
    void act_by(Cycle at) override { limit_ = std::min(limit_, at); }

    Cycle finish() override;
    void close(Cycle total) override;

  private:
    static constexpr std::uint32_t of_store =
        std::uint32_t{1} << 31U;  // tags of writes: this and the operation; of reads: the place in the window
    struct Flight {               // a load's burst that has been taken, by place
        std::uint32_t parts = 0;  // bursts of the DRAM that have not arrived
        DramClock end = 0;
    };
    void serve();
    void simulate();
    template <class Channels>
    void simulate(Channels channels);
    // While one channel has nothing but loads to serve: takes what will have come before clock `end` and goes
    // on to the first clock in which the engine can have learned of it. False: it is not so.
    bool stream(DramChannel& channel, DramClock end);
    struct Port {  // of the controller
        PartDma* engine = nullptr;
        DramCursor cursor;
    };
    template <class Channels>
    DramClock can_take(Channels channels, DramPort port);
    // In clock `now` and, as long as the parts of the request can be taken one a clock and nothing else
    // happens, in those up to `until`.
    void take(DramPort port, DramClock now, DramClock until);
    void take_ahead(DramClock& until);
    // `bursts` bursts of the engine's oldest request have been taken, the last one in clock `last`. Returns
    // the bytes that were asked for; the request may be another one then.
    std::uint32_t taken(DramPort port, PartDma::Request& request, std::uint32_t bursts, DramClock last);
    // What the DRAM moves for an operation: of so many bytes of bursts so many were asked for.
    void count(DramPort port, OperationId operation, std::uint64_t bytes, std::uint64_t moved);
    void collect(std::size_t channel);
    void collect_bus(bool all);
    PartDma& load() { return *ports_[0].engine; }
    bool idle() const { return ports_[0].engine->idle() && ports_[1].engine->idle(); }

    DramPart part_;
    DramMapping mapping_;
    ClockCrossing crossing_;
    std::vector<DramChannel> channels_;
    std::array<Port, 2> ports_{Port{nullptr, DramCursor(mapping_)}, Port{nullptr, DramCursor(mapping_)}};
    Divider burst_;
    Ledger& ledger_;
    sc_core::sc_event started_;

    Cycle limit_ = 0;          // clocks that begin before this cycle may be simulated
    DramClock simulated_ = 0;  // the last clock that was
    DramClock take_from_ = 0;  // the next one in which a burst can be taken
    std::vector<Flight> flights_;
    std::array<std::uint64_t, 2> bytes_{};
    IntervalUnion used_;
};

}  // namespace octet
