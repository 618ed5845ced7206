// Systolic array of any dataflow, pass by pass (docs/hardware/array.md).
//
// Timing: pass_schedule.h says when passes may follow each other; a pass waits for its slab and tile, the
// last pass of a reduction also for its epilogue to be accepted. The whole array stands still while a
// result has no room below it. Counts: those of array_unit.h.
#pragma once
#include "models/array/array_unit.h"
#include "models/array/pass_schedule.h"

namespace octet {

class SystolicArray : public ArrayUnit {
  public:
    SC_HAS_PROCESS(SystolicArray);
    SystolicArray(const sc_core::sc_module_name& name, const ArrayConfig& config, const ArrayFormats& formats,
                  const ArraySurroundings& around);

    void starved(Cycle from, Cycle until, StallCause cause, OperationId operation) override;
    void close() override;
    void attach(ArrayValues& values) override { values_ = &values; }

  private:
    void serve();
    void run();
    Cycle await_tile(const FillEngine& engine, std::uint32_t fill, std::uint32_t index, const char* what);
    Cycle await_acceptance();
    void pass(Cycle input_ready, Cycle weights_ready, std::uint32_t k, std::uint32_t n);
    void close_span(Cycle last_sum);
    void results_of(Cycle issue, std::uint32_t n);
    // Through the write-back FIFO, from array cycle `due` on.
    void pass_sums_on(const ResultTile& tile, Cycle due, const ResultHold& hold);
    // Enters array cycles [from, to) into the books: what is frozen of them, and between what is in the books
    // and them, as a stall of its own cause, the rest in that state.
    void enter(Cycle from, Cycle to, std::variant<BusyWith, StallCause> state, OperationId operation);
    void enter_frozen(Cycle from, Cycle to);

    PassSchedule schedule_;
    PassTiming timing_;

    // In the array's own cycles:
    Cycle first_ = 0;          // the reduction at the array began to enter
    Cycle begun_ = 0;          // the weights of the latest pass began to enter
    Cycle start_ = 0;          // the latest pass issued its first vector
    Cycle end_ = 0;            // the latest pass has issued its last vector
    Cycle empty_ = 0;          // the latest sums have left
    OperationId leaving_ = 0;  // theirs
    ArrayValues* values_ = nullptr;
};

}  // namespace octet
