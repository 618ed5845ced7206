// The books of a run: what every unit did in every cycle, and what was counted for every operation.
#pragma once
#include "models/accelerator/report.h"

namespace octet {

// The states of one unit. Times come in order; what lies before the cursor is decided, so that no cycle
// counts twice.
class Timeline {
  public:
    Timeline(UnitTimes& times, std::vector<OperationReport>& operations)
        : times_(times), operations_(operations) {}

    Cycle cursor() const { return cursor_; }
    void busy(Cycle from, Cycle to) {
        from = enter(from);
        if (to > from) times_.busy += to - from, cursor_ = to;
    }
    void stall(Cycle from, Cycle to, StallCause cause, OperationId operation) {
        from = enter(from);
        if (to <= from) return;
        charge(to - from, cause, operation);
        cursor_ = to;
    }
    // Until `until` the unit is busy (or stalled) unless something else is entered for those cycles.
    void tail_busy(Cycle until) { tail_ = {until, true, StallCause::dependency, 0}; }
    void tail_stall(Cycle until, StallCause cause, OperationId operation) {
        tail_ = {until, false, cause, operation};
    }

    // The end of everything entered so far.
    Cycle end() const { return tail_.until > cursor_ ? tail_.until : cursor_; }
    void close() { enter(end()); }

  private:
    struct Tail {
        Cycle until = 0;
        bool busy = true;
        StallCause cause = StallCause::dependency;
        OperationId operation = 0;
    };
    Cycle enter(Cycle from);
    void charge(Cycle cycles, StallCause cause, OperationId operation) {
        times_.stalls[static_cast<std::size_t>(cause)] += cycles;
        operations_[operation].stalls[static_cast<std::size_t>(cause)] += cycles;
    }

    UnitTimes& times_;
    std::vector<OperationReport>& operations_;
    Cycle cursor_ = 0;
    Tail tail_;
};

class Ledger {
  public:
    explicit Ledger(std::uint32_t operations);

    Timeline& unit(Unit unit) { return timelines_[static_cast<std::size_t>(unit)]; }
    void count(OperationId operation, Action action, std::uint64_t n) {
        report_.operations[operation].activity.count(action, n);
    }
    void started(OperationId operation, Cycle at);
    void ended(OperationId operation, Cycle at);
    void used_array(OperationId operation, Cycle first_weight, Cycle last_sum);
    std::uint32_t operations() const { return static_cast<std::uint32_t>(report_.operations.size()); }

    MachineReport& report() { return report_; }
    // Closes all timelines and sets the total.
    void close();

  private:
    MachineReport report_;
    std::vector<Timeline> timelines_;
};

}  // namespace octet
