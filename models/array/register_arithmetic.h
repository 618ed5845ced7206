// What a processing element adds up, for the array that steps every register: the units of mac.h by type.
#pragma once
#include <cstdint>

#include "models/arithmetic/gemm.h"
#include "models/arithmetic/random.h"
#include "models/arithmetic/visit.h"

namespace octet {

// Floating-point sums. `step` counts what the element has multiplied before, for stochastic rounding.
class FloatArithmetic {
  public:
    using Operand = float;
    using Sum = float;
    explicit FloatArithmetic(const GemmRules& rules)
        : mac_(float_mac(rules.accumulator, rules.rounding)),
          add_(float_add(rules.buffer)),
          round_(visit_float_accumulator(
              rules.buffer,
              [](auto held) -> float (*)(float) {
                  return [](float sum) {
                      return decltype(held)::type::template round<Rounding::nearest_even>(double{sum});
                  };
              })),
          rules_(rules) {}

    Sum mac(Sum sum, Operand a, Operand b, std::size_t row, std::size_t column, std::uint64_t step) const {
        const std::uint32_t random =
            rules_.rounding == Rounding::stochastic
                ? draw(rules_.seed, row * rules_.columns + column, rules_.first_draw + step)
                : 0;
        return mac_(sum, a, b, random);
    }
    // What the accumulation buffer makes of the first sum, and of one more.
    Sum first(Sum sum) const { return round_(sum); }
    Sum add(Sum held, Sum sum) const { return add_(held, sum); }

  private:
    FloatMac mac_;
    FloatAdd add_;
    float (*round_)(float);
    GemmRules rules_;
};

// Integer sums, saturating or wrapping; counts what did not fit.
class IntegerArithmetic {
  public:
    using Operand = std::int8_t;
    using Sum = std::int32_t;
    explicit IntegerArithmetic(const GemmRules& rules) : rules_(rules) {}

    Sum mac(Sum sum, Operand a, Operand b, std::size_t, std::size_t, std::uint64_t) {
        return rules_.accumulator == Accumulator::int24
                   ? Int24Accumulator::mac(sum, a, b, rules_.overflow, overflows)
                   : Int32Accumulator::mac(sum, a, b, rules_.overflow, overflows);
    }
    Sum first(Sum sum) { return add(0, sum); }
    Sum add(Sum held, Sum sum) {
        const std::int64_t exact = std::int64_t{held} + sum;
        return rules_.buffer == Accumulator::int24 ? Int24Accumulator::fit(exact, rules_.overflow, overflows)
                                                   : Int32Accumulator::fit(exact, rules_.overflow, overflows);
    }
    std::uint64_t overflows = 0;

  private:
    GemmRules rules_;
};

}  // namespace octet
