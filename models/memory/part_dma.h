// DMA engine on a DRAM part: its course unfolds with the memory, burst by burst.
//
// Timing: as in dma.h. Bursts of a load are written to SRAM in the order of requests; the SRAM port is booked
// when the last column command of the burst is issued, since the arrival of its data is known then. A burst
// of a store is complete when the controller has taken it.
#pragma once
#include <deque>

#include "models/memory/clock_crossing.h"
#include "models/memory/dma.h"

namespace octet {

// Who simulates the memory, as its engines see it.
class MemoryProcess {
  public:
    virtual ~MemoryProcess() = default;
    virtual void command_started() = 0;
    // Another unit may act in cycle `at`: the memory is not to run ahead of it.
    virtual void act_by(Cycle at) = 0;
};

// It has no link to a host.
class PartDma : public DmaEngine {
  public:
    struct Request {                   // a burst at the controller, or on its way there
        DramClock from = 0;            // it is there
        Address address = 0;           // of what has not been taken
        std::uint32_t bytes = 0;       // of that
        std::uint32_t place = 0;       // in the window
        DramClock taken = dram_never;  // the clock in which its first part was
    };

    PartDma(DramPort port, const DmaConfig& config, Sram& sram, const ClockCrossing& crossing,
            MemoryProcess& memory, Ledger& ledger, Scoreboard& scoreboard);

    Cycle free_from() override;
    void start(const DmaCommand& command, OperationId operation) override;
    void waited(Cycle from, Cycle until, OperationId operation) override;

    std::uint32_t places() const { return static_cast<std::uint32_t>(window_.size()); }  // of the window

    // For the memory. It acts in cycle `present` of the kernel.
    void run_from(Cycle present) { present_ = present; }
    bool idle() const { return unrequested_ == 0 && in_flight_ == 0; }
    // The oldest one that has not been taken as a whole; nullptr: none.
    Request* request() { return untaken_ > 0 ? &requests_[taken_] : nullptr; }
    bool is_being_taken(std::uint32_t place) const { return untaken_ > 0 && taken_ == place; }
    void request_taken(DramClock now) {  // all of it; the last part in clock `now`
        const std::uint32_t place = taken_;
        taken_ = after(taken_);
        --untaken_;
        if (!loads()) stored(place, now);
    }
    OperationId operation_of(std::uint32_t place) const { return window_[place].operation; }
    // Bytes of a load's burst move on the data bus in clocks [from, to).
    void data_moves(std::uint32_t place, DramClock from, DramClock to) {
        if (from != bus_.to || window_[place].operation != bus_.operation) begin_bus_times(place, from);
        bus_.to = to;
    }
    // All bytes of a load's burst have arrived at the end of clock `end` - 1.
    void arrived(std::uint32_t place, DramClock end) {
        window_[place].arrived = end;
        if (place == oldest_) write_in_order();
    }
    void close() { enter_bus_times(); }

  private:
    struct Burst {
        Cycle complete = 0;     // the one before in this place
        DramClock arrived = 0;  // 0: not yet
        std::uint32_t bytes = 0;
        OperationId operation = 0;
        Cycle started = 0;                        // its command
        StallCause held_by = StallCause::dram;    // what set `complete`
        StallCause waits_for = StallCause::dram;  // why it was not requested earlier
    };
    struct Job {  // a command that is not complete
        DmaCommand command;
        OperationId operation = 0;
        Cycle started = 0, free = 0;
        StripWalker sram;
        std::uint64_t incomplete = 0;  // bytes
        std::vector<std::uint8_t> values;
    };
    std::uint32_t after(std::uint32_t place) const { return place + 1 == window_.size() ? 0 : place + 1; }
    void request_more();
    void write_in_order();
    void complete(Burst& burst, Cycle at);
    void stored(std::uint32_t place, DramClock last);
    void enter_bus_times();
    void begin_bus_times(std::uint32_t place, DramClock from);

    const ClockCrossing& crossing_;
    MemoryProcess& memory_;
    sc_core::sc_event freed_;
    std::deque<Job> jobs_;
    StripWalker dram_;               // of the newest job
    std::uint64_t unrequested_ = 0;  // bytes of it
    std::vector<Burst> window_;  // a ring: the oldest burst in flight, the oldest not taken, the next place
    std::vector<Request> requests_;  // by place
    std::uint32_t oldest_ = 0, taken_ = 0, next_ = 0;
    std::uint32_t in_flight_ = 0, untaken_ = 0;
    Cycle free_from_ = 0, port_free_ = 0, present_ = 0;

    struct BusTimes {  // bytes of one operation that move clock after clock
        DramClock from = 0, to = 0;
        OperationId operation = 0;
        Cycle started = 0;
        StallCause cause = StallCause::dram;  // of the time before
    } bus_;
};

}  // namespace octet
