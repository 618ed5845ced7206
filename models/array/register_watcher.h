// Who looks at the registers of the array, clock by clock.
#pragma once
#include <span>
#include <vector>

#include "models/types.h"

namespace octet {

// What one processing element holds at the end of a clock; where sums stay, the weight is the value that
// passes down, the shadow the drain register.
struct PeProbe {
    double input = 0, weight = 0, passing = 0, shadow = 0, sum = 0;
    bool input_valid = false;
    bool weight_present = false;  // an operand that the matrix has
    bool shadow_full = false;     // waits to be swapped in
    bool passing_valid = false;   // a weight on its way down
    bool sum_valid = false;       // in the last stage of the multiplier-adder

    bool operator==(const PeProbe&) const = default;
};

class RegisterWatcher {
  public:
    virtual ~RegisterWatcher() = default;
    // Before the run. `pes`: element by element, row by row; stays where it is until the run is over. There
    // are numbers only if there are `values`.
    virtual void begins(std::span<const PeProbe> pes, std::size_t columns, bool values) = 0;
    // The array has been clocked, and was not held; `pes` shows the end of this clock.
    virtual void clocked(Cycle cycle) = 0;
};
using RegisterWatchers = std::vector<RegisterWatcher*>;

}  // namespace octet
