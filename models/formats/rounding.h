// How an exact result becomes a number of a format.
#pragma once
#include <cstdint>

namespace octet {

enum class Rounding : std::uint8_t { nearest_even, truncate, stochastic };

// How an update rounds factor * x + y.
enum class AxpyRounding : std::uint8_t {
    each_step,     // product and sum, to the nearest number of the vector format
    nearest_even,  // once, to the format that the result lies in
    stochastic
};

// What becomes of an integer sum that does not fit.
enum class IntegerOverflow : std::uint8_t { saturate, wrap };

// Stochastic rounding draws this many bits: the fraction beyond the last place, cut to so many bits, is added
// to them, and the carry decides.
constexpr int stochastic_bits = 16;

// A number >= 0 in units of the last place, to a whole one. `random` is below 2^stochastic_bits.
// Values from 2^52 on are beyond every format and come back as they are or nearly so.
template <Rounding mode>
inline double round_to_integer(double value, std::uint32_t random = 0) {
    const double nearest = (value + 0x1p52) - 0x1p52;
    if constexpr (mode == Rounding::nearest_even) return nearest;
    const double below = nearest > value ? nearest - 1 : nearest;
    if constexpr (mode == Rounding::truncate) return below;
    constexpr double one = 1 << stochastic_bits;
    return (value - below) * one >= one - static_cast<double>(random) ? below + 1 : below;
}

}  // namespace octet
