// One track of a timeline: joins intervals to events that are worth drawing.
//
// Intervals come in order of time. On a track of states, equal ones that touch are one event, always. Beyond
// that a track that has grown long is drawn coarser: intervals of one operation inside a stretch of `grain`
// cycles are collected, kind by kind, and drawn one after another from the stretch's first cycle on. So the
// cycles of every kind are kept exactly, and places are off by less than a grain. A track begins with grain 0
// (nothing is collected) and doubles its grain, from 64 cycles on, after every `events_per_grain` events: its
// length grows with the logarithm of that of the run.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "models/observer.h"

namespace octet {

// What an interval is about: kinds are the track's own.
struct TrackKind {
    std::uint8_t group = 0, kind = 0;
    OperationId operation = no_operation;
    friend bool operator==(const TrackKind&, const TrackKind&) = default;
};

struct TrackEvent {
    TrackKind kind;
    Cycle from = 0, cycles = 0;
    std::uint64_t intervals = 0;  // that were joined
    std::string arguments;        // of the first of them
};

class Track {
  public:
    static constexpr std::uint64_t events_per_grain = 1 << 14;
    static constexpr Cycle first_grain = 64;

    // `states`: equal intervals that touch are one. Else each counts by itself.
    explicit Track(bool states) : states_(states) {}

    // `emit(event)` is called for every event that has become complete.
    template <class Emit>
    void add(const TrackKind& kind, Cycle from, Cycle to, Emit&& emit, std::string_view arguments = {}) {
        if (!collected_.empty()) {
            TrackEvent& last = collected_[last_];
            if (states_ && last.kind == kind && from == end_) {
                last.cycles += to - from;
                end_ = to;
                return;
            }
            if (last.kind.operation != kind.operation || to > collected_.front().from + grain_) flush(emit);
        }
        end_ = to;
        for (last_ = 0; last_ < collected_.size() && collected_[last_].kind != kind;) ++last_;
        if (last_ == collected_.size()) collected_.push_back({kind, from, 0, 0, std::string(arguments)});
        collected_[last_].cycles += to - from;
        ++collected_[last_].intervals;
    }
    template <class Emit>
    void flush(Emit&& emit) {
        Cycle at = collected_.empty() ? 0 : collected_.front().from;
        for (TrackEvent& event : collected_) {
            event.from = at;
            at += event.cycles;
            emit(event);
            if (++events_ % events_per_grain == 0) grain_ = grain_ == 0 ? first_grain : 2 * grain_;
        }
        collected_.clear();
    }

  private:
    bool states_;
    std::vector<TrackEvent> collected_;  // in the order of their first cycles
    std::size_t last_ = 0;               // the one that the latest interval belongs to
    Cycle end_ = 0, grain_ = 0;
    std::uint64_t events_ = 0;
};

}  // namespace octet
