// Exact ratios of clocks and rates.
#pragma once
#include <cstdint>

namespace octet {

// A positive fraction.
struct Fraction {
    std::uint64_t numerator = 1, denominator = 1;
};

// The simplest one that stands for `value`; the denominator is at most 2^20.
Fraction to_fraction(double value);

}  // namespace octet
