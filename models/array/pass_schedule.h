// When the passes of an array start, and what holds them: the pass-level array's clockwork.
//
// What makes a pass wait is given in core cycles, what it does is told in cycles of the array's own clock.
#pragma once
#include <span>

#include "models/array/array_clock.h"
#include "models/array/pass_timing.h"
#include "models/array/result_room.h"

namespace octet {

class PassSchedule {
  public:
    explicit PassSchedule(const ArrayConfig& config) : timing_(config), next_(timing_.weight_load()) {}

    const PassTiming& timing() const { return timing_; }
    ArrayClock& clock() { return clock_; }
    const ArrayClock& clock() const { return clock_; }
    Cycle next() const { return next_; }  // no pass starts before, in array cycles

    // The array cycle of a pass that may not issue its first vector before core cycle `issue`, nor its first
    // row of weights before core cycle `weights`.
    Cycle earliest(Cycle issue, Cycle weights) const {
        return std::max({next_, clock_.first_at(issue), clock_.first_at(weights) + timing_.weight_load()});
    }
    // A pass that issues for so long starts in array cycle t. `last`: of its reduction.
    void start(Cycle t, Cycle issue, bool last) { next_ = t + timing_.spacing(issue, last); }

    // Results of which the first comes to the write-back FIFO in array cycle `due`: each arrives in the first
    // cycle in which there is room for it, and the array stands still until then. Of waiting for what is
    // behind the FIFO, core cycles up to `conflicts` are the banks', further ones up to `late` the unit's,
    // the rest has `cause`. Returns how many in all.
    Cycle hold(Cycle due, std::span<const ResultRoom> rooms, Cycle conflicts, Cycle late, StallCause cause,
               OperationId operation) {
        Cycle held = 0;
        const auto freeze = [&](Cycle at, Cycle count, Cycle each, StallCause why) {
            clock_.freeze({at, count, each, why, operation});
            held += count * each;
        };
        const auto once = [&](Cycle at, Cycle cycles, bool write_back) {
            if (write_back) return freeze(at, 1, cycles, StallCause::write_port);
            const Cycle banks = std::min(cycles, conflicts);
            conflicts -= banks;
            const Cycle unit = std::min(cycles - banks, late);
            late -= unit;
            freeze(at, 1, banks, StallCause::bank_conflict);
            freeze(at, 1, unit, StallCause::vector_unit);
            freeze(at, 1, cycles - banks - unit, cause);
        };
        for (const ResultRoom& room : rooms) {
            const Cycle first = due + room.first;
            const Cycle arrival = clock_.real(first);
            if (room.step <= 1) {
                if (room.at > arrival) once(first, room.at - arrival, room.write_back);
                continue;
            }
            // Vectors arrive one a cycle, rooms are `step` apart: from some vector on each has to wait.
            const Cycle ahead = arrival >= room.at ? (arrival - room.at) / (room.step - 1) + 1 : 0;
            if (ahead >= room.count) continue;
            once(first + ahead, room.at + ahead * room.step - arrival - ahead, room.write_back);
            freeze(first + ahead + 1, room.count - ahead - 1, room.step - 1,
                   room.write_back ? StallCause::write_port : cause);
        }
        return held;
    }

  private:
    PassTiming timing_;
    ArrayClock clock_;
    Cycle next_;
};

}  // namespace octet
