#include "models/fraction.h"

#include <cmath>

namespace octet {

Fraction to_fraction(double value) {
    // Continued fraction, until it is the double to its last digits or the denominator grows out of hand.
    constexpr std::uint64_t largest = std::uint64_t{1} << 20;
    Fraction before{1, 0}, best{static_cast<std::uint64_t>(value), 1};
    double rest = value - std::floor(value);
    while (std::abs(static_cast<double>(best.numerator) / static_cast<double>(best.denominator) - value) >
           value * 1e-14) {
        const double inverse = 1 / rest;
        const auto digit = static_cast<std::uint64_t>(inverse);
        const Fraction next{digit * best.numerator + before.numerator,
                            digit * best.denominator + before.denominator};
        if (next.denominator > largest) break;
        before = best;
        best = next;
        rest = inverse - std::floor(inverse);
        if (rest <= 0) break;
    }
    if (best.numerator == 0) best = {1, largest};  // slower than a byte in a million cycles
    return best;
}

}  // namespace octet
