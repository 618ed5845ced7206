// Who may use which bank of the SRAM in which cycle.
//
// A flow is a train of `slots`: in slot i every stream of the flow makes its beat i, a fixed number of cycles
// (`offset`) after the slot. Slots are `interval` cycles apart. A beat touches all banks that its bytes lie
// in, through one port number (plane) of each, for one cycle.
//
// Rule. A flow that is reserved earlier is older and never delayed by a younger one. Slot i takes place in
// the first cycle not before its time in which every stream finds a free plane in all banks of its beat: the
// plane of its beat before if that is free, else the free one of the lowest number. Each cycle that passes
// without delays all later slots of the flow. Where a stream finds only beats of its own flow in the way, it
// falls one cycle behind for the rest of the flow instead, and so do the streams after it (`offset` grows):
// as often as there are banks, after that only for beats of one slot.
//
// A stream with `slack` is elastic: a beat of it that finds its banks taken takes place in the first cycle in
// which they are free, at most `slack` cycles late, and neither the flow nor its later beats wait for it,
// except that beats of a stream keep their order, one a cycle. Only where the slack is used up the slot
// waits.
//
// The cost of a grant is that of its beats, a few nanoseconds each, whatever else is reserved.
#pragma once
#include <span>
#include <vector>

#include "models/busy_cycles.h"
#include "models/memory/bank_calendar.h"
#include "models/memory/beats.h"

namespace octet {

struct AccessStream {
    std::uint32_t lane = 0;    // of the client's port: beats of a lane come in order of time
    std::uint32_t offset = 0;  // cycles after the slot; may grow
    std::uint32_t plane = 0;   // of the latest beat
    Cycle slack = 0;           // how late a beat may be without delaying anything
    Cycle late = 0;            // how late the latest one was
    BeatCursor beats;
    Cycle after = 0;  // the cycle after the latest beat
};

struct GrantRun {  // `slots` slots from `slot` on, from cycle `at` on
    std::uint64_t slot = 0, slots = 0;
    Cycle at = 0;
    Cycle late = 0;  // how late the latest beat of each slot was
};

struct FlowGrant {
    Cycle first = 0, last = 0;    // of the first and last slot
    std::uint64_t conflicts = 0;  // cycles lost
};

class Arbiter {
  public:
    Arbiter(std::uint32_t banks, std::uint32_t ports, std::uint32_t word_bytes, std::uint32_t lanes);

    // Reserves `slots` slots, the first not before `from` (which is not before `present`, the cycle of the
    // reservation). Each stream has a lane of its own. `runs`, if not null, is filled with the grants.
    FlowGrant reserve(Cycle present, Cycle from, std::uint32_t interval, std::uint64_t slots,
                      std::span<AccessStream> streams, std::vector<GrantRun>* runs = nullptr);
    // The same for a flow of one slot and one stream that is not elastic, in a lane that no other flows use.
    FlowGrant reserve_beat(Cycle present, Cycle from, std::uint32_t lane, std::uint32_t plane,
                           BankRange banks);

    // From now on `used` is told in which cycles any bank is used, and settles what is past.
    void watch(BusyCycles* used) { used_ = used; }

    std::uint32_t banks() const { return banks_; }
    std::uint32_t ports() const { return ports_; }
    std::uint32_t word_bytes() const { return word_; }

  private:
    struct BeatRun {
        Cycle from = 0, last = 0;
        std::uint64_t count = 0;
        std::uint32_t interval = 1;
        std::uint32_t position = 0, velocity = 0, width = 0;  // bytes, modulo the ring of all banks
        std::uint32_t plane = 0;
    };
    struct Lane {
        std::vector<BeatRun> runs;  // in order of time; those before `head` are past
        std::size_t head = 0;
        Cycle free_from = 0;
    };
    struct Flight {  // the next beat of a stream, whose steps and width are those of the beats before it
        AccessStream* stream = nullptr;
        std::uint32_t position = 0, velocity = 0, width = 0;
        std::uint32_t plane = 0;  // in the slot being settled
        BankRange banks;
    };

    // The streams as their beats of the next slot find them.
    void take_off(std::span<AccessStream> streams);
    void advance(Flight& flight, std::uint64_t beats) const;
    // Grants the slot at `at` alone. False: it has to wait.
    bool settle_slot(Cycle at);
    // Finds a plane, and in an elastic stream a cycle, for one beat of the slot. `only_own`: it found only
    // beats of its own flow in the way.
    bool settle_beat(Flight& flight, Cycle at, bool& only_own);
    bool meets_only_own(const Flight& flight, Cycle at, std::uint32_t plane);
    // Grants up to `slots` slots from `at` on, as long as nothing changes from one to the next; how many.
    std::uint64_t settle_steady(Cycle at, std::uint32_t interval, std::uint64_t slots);
    bool is_series(const Flight& flight) const;
    BeatSeries series_of(const Flight& flight, Cycle at, std::uint32_t interval) const;
    std::uint64_t take_steady(const Flight& flight, Cycle at, std::uint32_t interval, std::uint64_t slots);
    void give_back_steady(const Flight& flight, Cycle at, std::uint32_t interval, std::uint64_t first,
                          std::uint64_t end);
    // Lets every elastic stream be as early as its beat before allows.
    static void hurry(Cycle at, std::span<Flight> flights);
    // The next beats of all streams are those of `slots` slots later.
    void commit(Cycle at, std::uint32_t interval, std::uint64_t slots);
    void enter(Lane& lane, const BeatRun& run);
    void begin(Cycle present);
    Cycle next_free(Cycle at, std::uint32_t plane, BankRange banks);

    bool take(const Flight& flight, Cycle at) {
        return calendar_.take(at + flight.stream->offset + flight.stream->late, flight.plane, flight.banks);
    }
    void give_back(const Flight& flight, Cycle at) {
        calendar_.give_back(at + flight.stream->offset + flight.stream->late, flight.plane, flight.banks);
    }

    BankRange banks_of(std::uint32_t position, std::uint32_t width) const {
        const std::uint32_t first = word_of(position);
        return {first, std::min(word_of(position + width - 1) - first + 1, banks_)};
    }
    std::uint32_t wrap(std::uint64_t bytes) const {
        return static_cast<std::uint32_t>(ring_mask_ != 0 ? bytes & ring_mask_ : bytes % ring_);
    }
    std::uint32_t word_of(std::uint32_t bytes) const {
        return word_shift_ >= 0 ? bytes >> word_shift_ : bytes / word_;
    }

    std::uint32_t banks_, ports_, word_, ring_, ring_mask_;
    int word_shift_;
    BankCalendar calendar_;
    std::vector<Lane> lanes_;
    BusyCycles* used_ = nullptr;
    Cycle present_ = 0;
    std::vector<Flight> flights_;  // of the flow being reserved
    std::uint32_t behind_ = 0;     // how often its streams have fallen behind
};

}  // namespace octet
