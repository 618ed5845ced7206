// Two's complement integers, and how a number becomes a whole multiple of a scale.
#pragma once
#include <cmath>

#include "models/formats/format.h"
#include "models/formats/rounding.h"

namespace octet {

// value / scale to the nearest whole number, a tie to the even one; the quotient is not rounded first.
// scale > 0; both within the normal range of double. Infinities and NaN come back as they are.
inline double nearest_multiple(double value, double scale) {
    const double quotient = value / scale;
    const double below = std::floor(quotient);
    if (quotient - below != 0.5)
        return std::copysign(round_to_integer<Rounding::nearest_even>(std::abs(quotient)), value);
    const double beyond_tie = std::fma(-(below + 0.5), scale, value);
    const bool odd = std::fmod(below, 2) != 0;
    return beyond_tie > 0 || (beyond_tie == 0 && odd) ? below + 1 : below;
}

// Saturates; NaN becomes 0. `Binary` fraction bits scale the codes; symmetric ones never use the most
// negative code.
template <int Bits, int Binary = 0, bool Symmetric = false>
struct Integer {
    static constexpr FormatKind kind = FormatKind::integer;
    static constexpr int bits = Bits;
    static constexpr int exponent_bits = 0;
    static constexpr int mantissa_bits = 0;
    static constexpr int block_length = 0;
    static constexpr int scale_bits = 0;
    static constexpr bool has_nan = false;
    static constexpr bool has_infinity = false;
    static constexpr Overflow overflow = Overflow::saturate;
    static constexpr double unit = power_of_two(-Binary);
    static constexpr double largest_code = power_of_two(Bits - 1) - 1;
    static constexpr double smallest_code = Symmetric ? -largest_code : -largest_code - 1;
    static constexpr double max = largest_code * unit;
    static constexpr double min_normal = unit;
    static constexpr double min = unit;
    static constexpr double epsilon = unit <= 1 && max > 1 ? unit : 0;
    static constexpr Code mask = ((Code{1} << (Bits - 1)) - 1) * 2 + 1;

    static Code encode(double value, Overflow = overflow) { return encode_scaled(value, 1); }
    static Code encode_scaled(double value, double scale) {
        const double code = nearest_multiple(value, scale * unit);
        if (code != code) return 0;
        const double kept = code > largest_code ? largest_code : code < smallest_code ? smallest_code : code;
        return static_cast<Code>(static_cast<std::int64_t>(kept)) & mask;
    }

    static double decode(Code code) { return to_int(code) * unit; }
    static std::int32_t to_int(Code code) {
        return static_cast<std::int32_t>(code << (32 - Bits)) >> (32 - Bits);
    }
};

// The scale of a tensor that gives its largest magnitude the largest code.
template <class Codes>
struct ScaledByTensor {
    static double tensor_scale(double largest) { return largest / Codes::max; }
};

struct Int4 : Integer<4>, ScaledByTensor<Integer<4>> {
    static constexpr std::string_view name = "int4";
};
struct Int8 : Integer<8>, ScaledByTensor<Integer<8>> {
    static constexpr std::string_view name = "int8";
};
// Codes around a zero point (Jacob et al. 2018): value = (code - zero) * scale, so that the range of a tensor
// need not be symmetric. What a multiplier takes is code - zero, nine bits. At zero point 0 an int8.
struct Int8Zero : Integer<8> {
    static constexpr std::string_view name = "int8_zp";
    // Of numbers that lie, with 0 among them, so far apart.
    static double tensor_scale(double span) { return span / (largest_code - smallest_code); }
    // The code of 0 if the smallest number, or 0, takes the smallest code.
    static int zero_point(double smallest, double scale) {
        const double zero = smallest_code + nearest_multiple(-smallest, scale);
        return static_cast<int>(zero > largest_code ? largest_code : zero);
    }
    // Saturates; NaN becomes the code of 0.
    static Code encode_around(double value, double scale, int zero) {
        const double multiple = nearest_multiple(value, scale);
        return encode(multiple == multiple ? multiple + zero : zero);
    }
};
struct Int9 : Integer<9>, ScaledByTensor<Integer<9>> {
    static constexpr std::string_view name = "int9";
};
// Flexpoint (Koester et al. 2017) with mantissas of 8 bits: a tensor shares a power of two, 2^-31 to 1, the
// smallest at which none of its numbers saturates.
struct Flex8 : Integer<8> {
    static constexpr std::string_view name = "flex8_5";
    static constexpr int least_exponent = -31, largest_exponent = 0;
    static double tensor_scale(double largest) {
        int exponent = least_exponent;
        while (exponent < largest_exponent && largest > max * power_of_two(exponent)) ++exponent;
        return power_of_two(exponent);
    }
};
struct Int24 : Integer<24> {
    static constexpr std::string_view name = "int24";
};
struct Int32 : Integer<32> {
    static constexpr std::string_view name = "int32";
};
// Elements of block formats.
using MxInt8Element = Integer<8, 6, true>;
using Symmetric8 = Integer<8, 0, true>;
using Symmetric4 = Integer<4, 0, true>;
struct Unsigned4 : Integer<5> {
    static constexpr int bits = 4;
    static constexpr double max = 15;
    static Code encode(double value, Overflow = Overflow::saturate) {
        return value > 0 ? Integer<5>::encode(value) : 0;
    }
};

}  // namespace octet
