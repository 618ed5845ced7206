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
// Grants are found run by run, in closed form, not cycle by cycle.
#pragma once
#include <span>
#include <vector>

#include "models/busy_cycles.h"
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
    // reservation). `runs`, if not null, is filled with the grants.
    FlowGrant reserve(Cycle present, Cycle from, std::uint32_t interval, std::uint64_t slots,
                      std::span<AccessStream> streams, std::vector<GrantRun>* runs = nullptr);

    // From now on `used` is told in which cycles any bank is used; it settles what is past.
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
        std::uint32_t plane = 0, lane = 0;
    };
    struct Lane {
        std::vector<BeatRun> runs;
        std::size_t head = 0;
        Cycle free_from = 0;
        bool empty() const { return head == runs.size(); }
    };

    BeatRun run_of(const AccessStream& stream, Cycle slot, std::uint32_t interval, std::uint64_t count) const;
    // Index of the first beat of `a` before `limit` that meets a beat of `b`, else `limit`.
    std::uint64_t first_meeting(const BeatRun& a, const BeatRun& b, std::uint64_t limit) const;
    enum class Against : std::uint8_t { all, others };  // others: not the lanes of the present flow
    std::uint64_t first_conflict(const BeatRun& run, std::uint64_t limit,
                                 Against against = Against::all) const;
    // How many slots from `at` on are free as the streams stand.
    std::uint64_t free_slots(Cycle at, std::uint32_t interval, std::uint64_t limit,
                             std::span<AccessStream> streams) const;
    // Lets every elastic stream be as early as its beat before allows. False: one of them is catching up.
    static bool hurry(Cycle at, std::uint32_t interval, std::span<AccessStream> streams);
    // Finds planes for all streams in the slot at `at`, or lets streams fall behind. False: the slot has to
    // wait.
    bool settle_slot(Cycle at, std::span<AccessStream> streams);
    void commit(const BeatRun& run);
    void forget(Cycle present);
    bool overlap(std::uint32_t a, std::uint32_t a_width, std::uint32_t b, std::uint32_t b_width) const;
    std::uint32_t wrap(std::uint64_t bytes) const {
        return static_cast<std::uint32_t>(ring_mask_ != 0 ? bytes & ring_mask_ : bytes % ring_);
    }
    std::uint32_t word_of(std::uint32_t bytes) const {
        return word_shift_ >= 0 ? bytes >> word_shift_ : bytes / word_;
    }

    std::uint32_t banks_, ports_, word_, ring_, ring_mask_;
    int word_shift_;
    std::vector<Lane> lanes_;
    BusyCycles* used_ = nullptr;
    std::vector<std::uint32_t> active_;  // lanes that hold runs
    std::vector<bool> own_;              // lanes of the flow being reserved
    std::vector<BeatRun> slot_;          // its beats in the slot being settled
    std::uint32_t behind_ = 0;           // how often its streams have fallen behind
};

}  // namespace octet
