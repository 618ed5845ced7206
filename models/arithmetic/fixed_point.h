// A fixed-point register of a stated width: two's complement, `bits` of them, the lowest worth 2^-fraction.
//
// A product is aligned to it before it is added: what lies below the lowest place is cut off (of the
// magnitude: toward zero). A sum beyond the ends saturates and is counted; so does an infinity. NaN stays.
#pragma once
#include <cmath>
#include <cstdint>

#include "models/formats/format.h"

namespace octet {

constexpr int most_fixed_bits = 53;  // as many as a double holds exactly

class FixedPoint {
  public:
    FixedPoint(int bits, int fraction)
        : place_(power_of_two(-fraction)),
          places_(power_of_two(fraction)),
          largest_((power_of_two(bits - 1) - 1) * place_),
          smallest_(-power_of_two(bits - 1) * place_) {}

    double aligned(double product) const { return std::trunc(product * places_) * place_; }
    double add(double sum, double product, std::uint64_t& overflows) const {
        // Exact, or so large that it is beyond the ends.
        const double exact = sum + aligned(product);
        if (exact > largest_) return ++overflows, largest_;
        if (exact < smallest_) return ++overflows, smallest_;
        return exact;
    }

  private:
    double place_, places_, largest_, smallest_;
};

}  // namespace octet
