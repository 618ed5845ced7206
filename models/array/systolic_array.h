// Weight-stationary systolic array, pass by pass (docs/hardware/array.md).
//
// Timing: pass_schedule.h says when passes may follow each other; a pass waits for its slab and tile, the
// last pass of a column tile also for its epilogue to be accepted. The whole array stands still while a
// result has no room below it. The array takes its next command as soon as the last pass of the one before
// has started. Counts: mac, pe_pass, weight_load, weight_pass, accumulate, reads of the input and weight
// buffer, both of the accumulation buffer, decode at the array's edges or in the PEs.
#pragma once
#include <string>

#include "models/array/fill.h"
#include "models/array/pass_schedule.h"
#include "models/array/result_sink.h"

namespace octet {

struct ArrayFormats {
    std::uint32_t buffer_bits = 8;         // of a value in the input and weight buffers
    std::uint32_t accumulation_bits = 16;  // of a sum in the accumulation buffer
};

class SystolicArray : public sc_core::sc_module {
  public:
    SC_HAS_PROCESS(SystolicArray);
    sc_core::sc_port<ResultSink> results{"results"};

    SystolicArray(const sc_core::sc_module_name& name, const ArrayConfig& config, const ArrayFormats& formats,
                  FillEngine& inputs, FillEngine& weights, CodecBank& codec, Ledger& ledger,
                  Scoreboard& scoreboard);

    // No command's course is open: the next one can be taken from `free_from` on.
    bool idle() const { return !occupied_; }
    Cycle free_from() const { return free_from_; }
    const sc_core::sc_event& settled() const { return settled_; }
    void take(const MatmulCommand& command, OperationId operation);  // in the present cycle
    // Nothing is at the array, and the head of its queue cannot be taken.
    void starved(Cycle from, Cycle until, StallCause cause, OperationId operation) {
        timeline_.stall(from, until, cause, operation);
    }
    std::string waits_for() const;  // for the message about a deadlock
    // From now on products are computed as well.
    void attach(ArrayValues* values) { values_ = values; }

  private:
    void serve();
    void run();
    void count() const;
    Cycle await_tile(const FillEngine& engine, std::uint32_t fill, std::uint32_t index, const char* what);
    void pass(Cycle input_ready, Cycle weights_ready, bool last, std::uint32_t columns);
    // Enters array cycles [from, to) into the books: what is frozen of them as a stall of its own cause, the
    // rest in that state.
    void enter(Cycle from, Cycle to, std::variant<BusyWith, StallCause> state);

    PassSchedule schedule_;
    PassTiming timing_;
    ArrayFormats formats_;
    FillEngine& inputs_;
    FillEngine& weights_;
    CodecBank& codec_;
    Ledger& ledger_;
    Scoreboard& scoreboard_;
    Timeline& timeline_;

    bool occupied_ = false;
    MatmulCommand command_;
    OperationId operation_ = 0;
    Cycle taken_ = 0, free_from_ = 0;
    // In the array's own cycles:
    Cycle start_ = 0;  // of the latest pass
    Cycle end_ = 0;    // the latest pass has issued its last vector
    const char* waits_for_ = nullptr;
    std::uint32_t waits_for_sequence_ = 0;
    sc_core::sc_event arrived_, settled_;
    ArrayValues* values_ = nullptr;
};

}  // namespace octet
