// The exact sum or product of two doubles, narrowed so that any later rounding is the only one.
#pragma once
#include <bit>
#include <cmath>
#include <cstdint>

namespace octet {

// a + b rounded to odd: exact if it fits 53 bits, else the neighbour whose last bit is 1. Rounding the result
// to at most 51 bits, in whatever mode, gives what rounding the exact sum gives.
inline double add_to_odd(double a, double b) {
    const double sum = a + b;
    const double part = sum - a;
    const double error = (a - (sum - part)) + (b - part);  // exact; NaN if the sum is not finite
    const auto bits = std::bit_cast<std::int64_t>(sum);
    const bool outward = (error > 0) == (sum > 0);
    const std::int64_t odd = bits + (outward ? 1 : -1);
    const bool inexact = error < 0 || error > 0;
    return std::bit_cast<double>(inexact && (bits & 1) == 0 ? odd : bits);
}

// a * b likewise. Neither overflows nor comes near the smallest double.
inline double multiply_to_odd(double a, double b) {
    const double product = a * b, error = std::fma(a, b, -product);
    const auto bits = std::bit_cast<std::int64_t>(product);
    if (error == 0 || error != error || (bits & 1) != 0) return product;
    return std::bit_cast<double>(bits + ((error > 0) == (product > 0) ? 1 : -1));
}

}  // namespace octet
