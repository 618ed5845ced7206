// Between the core's cycles and the clocks of a DRAM, exactly (docs/hardware/dram.md, Two clocks).
//
// Cycle c and clock d begin c core periods and d DRAM periods after the start. What is sent in a cycle is
// there in the first clock that begins no earlier than the cycle; what ends with a clock can be used in the
// first cycle that begins no earlier than its end.
#pragma once
#include <bit>

#include "models/fraction.h"
#include "models/memory/dram_part.h"
#include "models/types.h"

namespace octet {

class ClockCrossing {
  public:
    ClockCrossing(double core_mhz, double tck_ns)
        : cycles_per_clock_(to_fraction(tck_ns * core_mhz / 1000)),
          shift_(cycles_per_clock_.numerator == 1 && std::has_single_bit(cycles_per_clock_.denominator)
                     ? std::countr_zero(cycles_per_clock_.denominator)
                     : -1) {}

    // The first clock that begins no earlier than the cycle.
    DramClock clock_from(Cycle cycle) const {
        if (shift_ >= 0) return cycle << shift_;
        return ceil_div(cycle * cycles_per_clock_.denominator, cycles_per_clock_.numerator);
    }
    // The cycle in which the clock begins.
    Cycle cycle_of(DramClock clock) const {
        if (shift_ >= 0) return clock >> shift_;
        return clock * cycles_per_clock_.numerator / cycles_per_clock_.denominator;
    }
    // The first cycle that begins no earlier than the clock.
    Cycle cycle_from(DramClock clock) const {
        if (shift_ >= 0) return (clock + (DramClock{1} << shift_) - 1) >> shift_;
        return ceil_div(clock * cycles_per_clock_.numerator, cycles_per_clock_.denominator);
    }
    double cycles(DramClock clocks) const {
        return static_cast<double>(clocks) * static_cast<double>(cycles_per_clock_.numerator) /
               static_cast<double>(cycles_per_clock_.denominator);
    }

  private:
    Fraction cycles_per_clock_;
    int shift_;  // a clock is 2^-shift cycles; -1: it is not
};

}  // namespace octet
