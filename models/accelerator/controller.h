// Controller: takes the program, dispatches it into four queues, and issues the array queue to its three
// engines (docs/hardware/controller.md).
//
// Timing: one dispatch a cycle, in program order, as long as the next command's queue has room; one command a
// cycle leaves a queue. The other queues have one engine each, which takes its commands itself. Counts:
// command.
#pragma once
#include <array>
#include <string>

#include "models/accelerator/queue.h"
#include "models/array/array_unit.h"
#include "models/array/fill.h"

namespace octet {

class Controller : public sc_core::sc_module {
  public:
    SC_HAS_PROCESS(Controller);
    Controller(const sc_core::sc_module_name& name, CommandSource& program,
               std::array<CommandQueue, queue_count>& queues, FillEngine& inputs, FillEngine& weights,
               ArrayUnit& array, Ledger& ledger, Scoreboard& scoreboard);

    bool drained() const;
    std::uint64_t dispatched() const { return dispatched_; }
    // One line for every queue: its head and what that waits for.
    std::string describe() const;

  private:
    void dispatch();
    void fetch();
    void issue();

    CommandSource& program_;
    std::array<CommandQueue, queue_count>& queues_;
    FillEngine& inputs_;
    FillEngine& weights_;
    ArrayUnit& array_;
    Ledger& ledger_;
    Scoreboard& scoreboard_;
    Timeline& timeline_;

    Command next_;
    bool has_next_ = false;
    Cycle next_cycle_ = 0;  // in which the next command can be dispatched
    std::uint64_t dispatched_ = 0;
};

}  // namespace octet
