// The registers of an array and what lies below it, on the way to the vector unit: an adder a column and the
// accumulation buffer, or where sums stay in the array a register a column.
//
// Timing: clock() is one clock in which the array moves. A sum that stands below its column is read and added
// in that clock; it is in the buffer, or ready to leave, in the next one. Operands are read in the clock in
// which they enter.
#pragma once
#include <memory>

#include "models/array/array_probe.h"
#include "models/array/array_values.h"
#include "models/array/sequencer.h"

namespace octet {

class ArrayDatapath {
  public:
    struct Edge {
        const PassPointer* vectors = nullptr;  // the pass that issues, if one does
        Cycle vector = 0;                      // in which of its steps
        const PassPointer* weights = nullptr;  // the pass of the row of weights that enters, if one does
        std::uint32_t row = 0;
        bool drain = false;  // sums leave the processing elements at the end of the clock
    };

    virtual ~ArrayDatapath() = default;
    // Whether a sum can be read below the last column in the coming clock.
    virtual bool readable() const = 0;
    virtual void clock(const Edge& edge, Cycle cycle) = 0;
    // The results of an epilogue have all left the array.
    virtual void deliver(std::uint32_t epilogue) = 0;
    // What the registers hold now.
    virtual void show(ArrayProbe& probe) const = 0;
};

// `values`: nullptr for time alone.
std::unique_ptr<ArrayDatapath> make_datapath(const ArrayConfig& config, ArrayValues* values);

std::unique_ptr<ArrayDatapath> make_output_stationary_datapath(const ArrayConfig& config,
                                                               ArrayValues* values);

// In how many clocks the result of a vector that enters can leave for the vector unit; found by clocking one
// through an empty array and the adder below it. Where sums stay: that of a reduction of one step, from the
// clock after its last one on.
Cycle depth_of_array(const ArrayConfig& config);

}  // namespace octet
