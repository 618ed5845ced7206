// Who follows a run: is told what every unit did and what became of every command, as soon as it is decided.
//
// An observer changes no cycle. Without one, every place that could tell something tests a pointer.
#pragma once
#include "models/accelerator/command.h"

namespace octet {

// What a unit does in a busy cycle.
enum class BusyWith : std::uint8_t {
    work,  // array: issues a vector; vector unit: takes one; load, store: bytes move; others: whatever they
           // do
    weights,  // array: a weight tile enters, and no vector can be issued yet
    drain,    // array: the last sums leave; vector unit: the last vectors are in the pipeline
    count
};
constexpr std::size_t busy_with_count = static_cast<std::size_t>(BusyWith::count);
std::string_view name(BusyWith with);

constexpr OperationId no_operation = ~OperationId{0};

// A command at the head of its queue.
struct HeadOfQueue {
    Cycle from = 0;         // it became the head
    Cycle engine_free = 0;  // its engine could have taken it
    Cycle ready = 0;        // its needs were fulfilled
    Cycle taken = 0;        // the cycle in which it left
};

using CommandView = std::variant<const DmaCommand*, const FillCommand*, const MatmulCommand*,
                                 const EpilogueCommand*, const VectorCommand*, const MatvecCommand*>;

class RunObserver {
  public:
    virtual ~RunObserver() = default;
    // Cycles [from, to) of a unit. Those of one unit come in order of time, do not overlap, and add up to its
    // UnitTimes. `operation`: no_operation where a unit works for several at once.
    virtual void busy(Unit unit, Cycle from, Cycle to, BusyWith with, OperationId operation) = 0;
    virtual void stalled(Unit unit, Cycle from, Cycle to, StallCause cause, OperationId operation) = 0;
    // Of each queue in order.
    virtual void issued(Queue queue, const Command& command, const HeadOfQueue& times) = 0;
    // An engine has begun a command in cycle `from` and completes it in `to`, could take the next one from
    // `free` on. Of each engine in order.
    virtual void executed(Engine engine, OperationId operation, const CommandView& command, Cycle from,
                          Cycle free, Cycle to) = 0;
};

}  // namespace octet
