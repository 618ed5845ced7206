// Systolic array of any dataflow, register by register (docs/hardware/array.md).
//
// Timing: none of its own beyond what its parts do in every clock. In a clock either a result that has no
// room below holds everything, or: what stands below the columns is read and added; the next vector of the
// pass at the left edge enters, or the first one of a pass that has all it needs; a row of weights enters at
// the top, or where sums stay with each vector; every register is clocked (register_array.h). Tiles enter as
// late as lets their vectors follow the pass before at once, or their inputs when these are there. Clocks in
// which nothing can begin or end are stepped together, later (each in its own time while registers are
// watched and move). Counts: those of array_unit.h.
#pragma once
#include "models/array/array_unit.h"
#include "models/array/clock_books.h"
#include "models/array/datapath.h"
#include "models/array/leaving_tile.h"

namespace octet {

class SteppedArray : public ArrayUnit {
  public:
    SC_HAS_PROCESS(SteppedArray);
    SteppedArray(const sc_core::sc_module_name& name, const ArrayConfig& config, const ArrayFormats& formats,
                 const ArraySurroundings& around);

    void starved(Cycle from, Cycle until, StallCause cause, OperationId operation) override;
    void close() override;
    void attach(ArrayValues& values) override { datapath_ = make_datapath(config_, &values); }
    void watch(RegisterWatcher& watcher, bool values) override;

  private:
    // For how many steps a pass could not go on, and what it lacked in the latest of them.
    struct Wait {
        Cycle steps = 0;
        StallCause cause = StallCause::dependency;
        void on(StallCause what) { ++steps, cause = what; }
    };
    // The pass whose tile enters next.
    struct Next {
        std::shared_ptr<const ArrayPass> pass;
        std::optional<Cycle> weights_ready, input_ready;  // core cycles, once their fills have started
        Wait wait;
    };

    void serve();
    void sleep(const sc_core::sc_event_or_list& anything);
    std::optional<Cycle> quiet_clocks();  // in which nothing begins or ends; none: until an event
    void taken() override;
    void prepare(std::uint32_t n, std::uint32_t k);  // the pass of these tiles is the next one
    void look_for_operands();

    void run_until(Cycle cycle);  // the clocks before it
    void clock();
    void hold();
    void enter_into_books(bool issued);
    void leave();
    void read();
    void begin_span();
    void close_span(const ArrayCourse& course);
    void issued_last(const ArrayPass& pass);
    bool issue(ArrayDatapath::Edge& edge);
    bool epilogue_is_there();
    void begin_tile();
    bool tile_is_in_time();
    void next_can_be_taken(ArrayCourse& course, Cycle from);
    void will_leave(ResultHold hold, const ResultTile& tile, Cycle due, std::uint32_t ends_epilogue);
    void reserve();  // room for the results of the pass whose tile is at the array
    // The core cycle in which a step takes place; of past ones only the latest few are known.
    Cycle cycle_of(Cycle step) const;

    ArrayConfig config_;
    PassTiming timing_;  // for how long a pass issues
    Cycle depth_;        // steps from the entry of a vector to the one in which its result can leave
    std::unique_ptr<ArrayDatapath> datapath_;
    std::unique_ptr<ArraySequencer> sequencer_;
    Cycle lead_;  // of its tiles
    ClockBooks books_;

    Cycle clock_ = 0;             // the next core cycle to be stepped
    Cycle step_ = 0;              // the next step: clocks so far in which the array was not held
    std::vector<Cycle> history_;  // core cycles of the latest steps, by step modulo its size

    std::shared_ptr<ArrayCourse> course_;
    std::optional<Next> next_;
    Wait wait_;                         // of the pass whose tile is at the array
    bool reserved_ = false;             // likewise
    std::deque<PassPointer> draining_;  // vectors have been issued and not all been read
    std::uint32_t read_ = 0;            // vectors of the first of them
    std::deque<LeavingTile> leaving_;
    struct SpanEnd {
        Cycle step;
        std::shared_ptr<ArrayCourse> course;
    };
    std::optional<SpanEnd> span_end_;      // of a command whose array cycles end before its last sum is read
    bool complete_ = false;                // the next result of the first of them
    HeldClocks held_{}, held_at_close_{};  // so far, and when a command came to its last sum
    // When the reduction at the array, of one or several commands, began to enter.
    Cycle first_weight_ = 0;
    HeldClocks held_before_{};

    std::unique_ptr<ArrayProbe> probe_;  // if registers are watched
    RegisterWatchers watchers_;
    Cycle moving_until_ = 0;  // likewise: then nothing is on its way any more
};

}  // namespace octet
