// The books of a run: what every unit did in every cycle, and what was counted for every operation.
#pragma once
#include "models/accelerator/report.h"
#include "models/observer.h"

namespace octet {

// The states of one unit. Times come in order; what lies before the cursor is decided, so that no cycle
// counts twice.
class Timeline {
  public:
    Timeline(Unit unit, UnitTimes& times, std::vector<OperationReport>& operations, RunObserver* observer)
        : unit_(unit), times_(times), operations_(operations), observer_(observer) {}

    Cycle cursor() const { return cursor_; }
    void busy(Cycle from, Cycle to, OperationId operation = no_operation, BusyWith with = BusyWith::work) {
        from = enter(from);
        if (to <= from) return;
        work(from, to, with, operation);
        cursor_ = to;
    }
    void stall(Cycle from, Cycle to, StallCause cause, OperationId operation) {
        from = enter(from);
        if (to <= from) return;
        charge(from, to, cause, operation);
        cursor_ = to;
    }
    // Until `until` the unit drains (or is stalled) unless something else is entered for those cycles.
    void tail_busy(Cycle until, OperationId operation = no_operation) {
        tail_ = {until, true, StallCause::dependency, operation};
    }
    void tail_stall(Cycle until, StallCause cause, OperationId operation) {
        tail_ = {until, false, cause, operation};
    }
    // Busy cycles that are counted elsewhere, where an observer has been told of them.
    void add_busy(Cycle cycles) { times_.busy += cycles; }

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
    void work(Cycle from, Cycle to, BusyWith with, OperationId operation) {
        times_.busy += to - from;
        if (observer_ != nullptr) observer_->busy(unit_, from, to, with, operation);
    }
    void charge(Cycle from, Cycle to, StallCause cause, OperationId operation) {
        times_.stalls[static_cast<std::size_t>(cause)] += to - from;
        operations_[operation].stalls[static_cast<std::size_t>(cause)] += to - from;
        if (observer_ != nullptr) observer_->stalled(unit_, from, to, cause, operation);
    }

    Unit unit_;
    UnitTimes& times_;
    std::vector<OperationReport>& operations_;
    RunObserver* observer_;
    Cycle cursor_ = 0;
    Tail tail_;
};

class Ledger {
  public:
    // `observer`: nullptr for none; it has to live as long as the ledger.
    explicit Ledger(std::uint32_t operations, RunObserver* observer = nullptr);

    RunObserver* observer() const { return observer_; }

    Timeline& unit(Unit unit) { return timelines_[static_cast<std::size_t>(unit)]; }
    void count(OperationId operation, Action action, std::uint64_t n) {
        report_.operations[operation].activity.count(action, n);
    }
    void started(OperationId operation, Cycle at);
    void ended(OperationId operation, Cycle at);
    void used_array(OperationId operation, Cycle first_weight, Cycle last_sum);
    // Stalls within the cycles above.
    void held_array(OperationId operation, StallCause cause, Cycle cycles) {
        report_.operations[operation].array_stalls[static_cast<std::size_t>(cause)] += cycles;
    }
    // A command of an engine, once its course is known (models/observer.h).
    void executed(Engine engine, OperationId operation, const CommandView& command, Cycle from, Cycle free,
                  Cycle to) {
        if (observer_ != nullptr) observer_->executed(engine, operation, command, from, free, to);
    }
    // A command leaves its queue.
    void issued(Queue queue, const Command& command, const HeadOfQueue& times) {
        if (observer_ != nullptr) observer_->issued(queue, command, times);
    }
    std::uint32_t operations() const { return static_cast<std::uint32_t>(report_.operations.size()); }

    MachineReport& report() { return report_; }
    // Closes all timelines and sets the total.
    void close();

  private:
    MachineReport report_;
    RunObserver* observer_;
    std::vector<Timeline> timelines_;
};

}  // namespace octet
