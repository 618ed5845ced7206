// Counts the cycles covered by at least one of many intervals that come in lanes.
//
// Inside a lane intervals come in order of time; lanes run ahead of each other as they like. `settle(until)`
// promises that nothing before `until` follows, and lets what is known be counted and forgotten.
#pragma once
#include <algorithm>
#include <vector>

#include "models/observer.h"

namespace octet {

class IntervalUnion {
  public:
    // `observer` is told of the covered cycles as those of `unit`; nullptr: nobody is.
    explicit IntervalUnion(std::size_t lanes, RunObserver* observer = nullptr, Unit unit = Unit::count)
        : observer_(observer), unit_(unit), lanes_(lanes) {}

    void add(std::size_t lane, Cycle from, Cycle to) {
        if (to <= from) return;
        Lane& l = lanes_[lane];
        if (l.head < l.intervals.size() && from <= l.intervals.back().to) {
            l.intervals.back().to = std::max(l.intervals.back().to, to);
            return;
        }
        l.intervals.push_back({from, to});
        ++pending_;
    }

    // Worth calling now and then; does nothing while little is pending.
    void settle_if_many(Cycle until) {
        if (pending_ >= 1024 && until > settled_ + 256) settle(until);
    }

    void settle(Cycle until) {
        while (settled_ < until) {
            Cycle from = until;  // the earliest interval not yet counted
            for (Lane& l : lanes_) {
                while (l.head < l.intervals.size() && l.intervals[l.head].to <= settled_)
                    ++l.head, --pending_;
                if (l.head < l.intervals.size())
                    from = std::min(from, std::max(l.intervals[l.head].from, settled_));
            }
            Cycle to = from;
            for (bool grew = true; grew && to < until;) {
                grew = false;
                for (Lane& l : lanes_)
                    while (l.head < l.intervals.size() && l.intervals[l.head].from <= to) {
                        if (l.intervals[l.head].to > to) {
                            to = l.intervals[l.head].to;
                            grew = true;
                        }
                        if (l.intervals[l.head].to > until) break;  // its rest counts later
                        ++l.head, --pending_;
                    }
            }
            to = std::min(to, until);
            covered_ += to - from;
            if (observer_ != nullptr && to > from)
                observer_->busy(unit_, from, to, BusyWith::work, no_operation);
            settled_ = std::max(to, from == until ? until : from);
        }
        for (Lane& l : lanes_)
            if (l.head > 512 && l.head * 2 > l.intervals.size()) {
                l.intervals.erase(l.intervals.begin(),
                                  l.intervals.begin() + static_cast<std::ptrdiff_t>(l.head));
                l.head = 0;
            }
    }

    Cycle covered() const { return covered_; }

  private:
    struct Interval {
        Cycle from, to;
    };
    struct Lane {
        std::vector<Interval> intervals;
        std::size_t head = 0;
    };
    RunObserver* observer_;
    Unit unit_;
    std::vector<Lane> lanes_;
    std::size_t pending_ = 0;
    Cycle settled_ = 0, covered_ = 0;
};

}  // namespace octet
