// The array's own clock: it stands still while a result cannot leave (docs/hardware/array.md).
//
// Array cycle t takes place in core cycle real(t). Freezes are entered in order of time; each says how many
// core cycles pass before an array cycle can take place, and before each of those that follow.
#pragma once
#include <algorithm>
#include <deque>

#include "models/activity.h"
#include "models/types.h"

namespace octet {

class ArrayClock {
  public:
    // `each` core cycles before each of `count` array cycles from `at` on.
    struct Freeze {
        Cycle at = 0, count = 1, each = 0;
        StallCause cause = StallCause::vector_unit;
        OperationId operation = 0;
        Cycle total() const { return count * each; }
        bool continued_by(const Freeze& f) const {
            return f.at == at + count && f.each == each && f.cause == cause && f.operation == operation;
        }
        Cycle until(Cycle t) const { return t < at ? 0 : std::min(count, t - at + 1) * each; }
    };

    void freeze(const Freeze& f) {
        if (f.total() == 0) return;
        if (!freezes_.empty() && freezes_.back().freeze.continued_by(f))
            freezes_.back().freeze.count += f.count;
        else
            freezes_.push_back({f, frozen_});
        frozen_ += f.total();
    }

    Cycle real(Cycle t) const {
        for (auto it = freezes_.rbegin(); it != freezes_.rend(); ++it)
            if (it->freeze.at <= t) return t + it->before + it->freeze.until(t);
        return t + past_;
    }
    // The first array cycle that takes place in core cycle `cycle` or later.
    Cycle first_at(Cycle cycle) const {
        for (auto it = freezes_.rbegin(); it != freezes_.rend(); ++it) {
            const Freeze& f = it->freeze;
            const Cycle begin = f.at + it->before;  // when `at` would take place
            if (cycle <= begin) continue;
            const Cycle k = cycle <= begin + f.each ? 0 : ceil_div(cycle - begin - f.each, f.each + 1);
            return k < f.count ? f.at + k : cycle - it->before - f.total();
        }
        return cycle > past_ ? cycle - past_ : 0;
    }

    // Calls f(freeze, core cycles) for what is frozen in (from, to] of the array's cycles.
    template <class F>
    void frozen(Cycle from, Cycle to, F&& f) const {
        for (const Entry& e : freezes_) {
            const Cycle cycles = e.freeze.until(to) - std::min(e.freeze.until(from), e.freeze.until(to));
            if (cycles > 0) f(e.freeze, cycles);
        }
    }
    Cycle last_freeze() const {
        return freezes_.empty() ? 0 : freezes_.back().freeze.at + freezes_.back().freeze.count - 1;
    }

    // Nothing before array cycle t will be asked for any more.
    void forget(Cycle t) {
        while (!freezes_.empty() && freezes_.front().freeze.at + freezes_.front().freeze.count <= t) {
            past_ = freezes_.front().before + freezes_.front().freeze.total();
            freezes_.pop_front();
        }
    }

  private:
    struct Entry {
        Freeze freeze;
        Cycle before;  // frozen before it
    };
    std::deque<Entry> freezes_;
    Cycle past_ = 0, frozen_ = 0;
};

}  // namespace octet
