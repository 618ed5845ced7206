// The states of an array that is stepped clock by clock, on their way into its timeline.
//
// Some clocks are judged later: those in which a pass waits to start, when it starts (all that was missing is
// charged to what came last), and those in which sums drain or nothing happens, because the controller may
// say afterwards that a command was starving.
#pragma once
#include <algorithm>
#include <deque>

#include "models/ledger.h"

namespace octet {

class ClockBooks {
  public:
    explicit ClockBooks(Timeline& timeline) : timeline_(timeline) {}

    // What the array did in the clock `at`; clocks come one after another.
    void issues(Cycle at, OperationId operation) { add({at, State::busy, BusyWith::work, {}, operation}); }
    void waits(Cycle at, BusyWith with) { add({at, State::waiting, with, {}, 0}); }
    void drains(Cycle at, OperationId operation) {
        add({at, State::draining, BusyWith::drain, {}, operation});
    }
    void stands_idle(Cycle at) { add({at, State::idle, BusyWith::count, {}, 0}); }
    void held(Cycle at, StallCause cause, OperationId operation) {
        add({at, State::held, BusyWith::count, cause, operation});
    }

    // The pass that waited starts; `missing` of the clocks it waited were due to what was not there, in the
    // others the array was busy for it.
    void started(Cycle missing, StallCause cause, OperationId operation) {
        for (; !runs_.empty(); runs_.pop_front()) {
            Run& run = runs_.front();
            const bool waiting = run.state == State::waiting;
            const Cycle stalled = waiting ? std::min(missing, run.to - run.from) : 0;
            missing -= stalled;
            timeline_.stall(run.from, run.from + stalled, cause, operation);
            if (waiting) run.operation = operation;
            enter(run, run.from + stalled, run.to);
        }
    }
    // A command was starving in [from, until), as far as no pass has waited since.
    void starved(Cycle from, Cycle until, StallCause cause, OperationId operation) {
        while (!runs_.empty() && runs_.front().state != State::waiting && runs_.front().from < until) {
            Run& run = runs_.front();
            const Cycle to = std::min(run.to, until);
            const bool may_starve = run.state == State::draining || run.state == State::idle;
            const Cycle begin = may_starve ? std::clamp(from, run.from, to) : to;
            enter(run, run.from, begin);
            timeline_.stall(begin, to, cause, operation);
            if (to < run.to)
                run.from = to;
            else
                runs_.pop_front();
        }
    }
    void close() { started(0, StallCause::dependency, 0); }

  private:
    enum class State : std::uint8_t { busy, waiting, held, draining, idle };
    struct Run {
        Run(Cycle at, State s, BusyWith w, StallCause c, OperationId o)
            : from(at), to(at + 1), state(s), with(w), cause(c), operation(o) {}
        bool like(const Run& other) const {
            return state == other.state && with == other.with && cause == other.cause &&
                   operation == other.operation;
        }
        Cycle from, to;
        State state;
        BusyWith with;
        StallCause cause;
        OperationId operation;
    };
    void add(const Run& clock) {
        if (!runs_.empty() && runs_.back().like(clock))
            runs_.back().to = clock.to;
        else
            runs_.push_back(clock);
    }
    void enter(const Run& run, Cycle from, Cycle to) {
        if (run.state == State::held)
            timeline_.stall(from, to, run.cause, run.operation);
        else if (run.state != State::idle)
            timeline_.busy(from, to, run.operation, run.with);
    }

    Timeline& timeline_;
    std::deque<Run> runs_;
};

}  // namespace octet
