// Binary floating point of any width: sign, exponent, mantissa, round to nearest even, with subnormals.
#pragma once
#include <cmath>
#include <limits>

#include "models/formats/format.h"
#include "models/formats/rounding.h"

namespace octet {

// What the codes of the largest exponent mean, and the smallest.
enum class Specials : std::uint8_t {
    ieee,      // largest exponent: infinity and NaN
    nan_only,  // OCP E4M3: numbers, but the all-ones mantissa is NaN
    finite,    // OCP MX elements: numbers only. NaN encodes to the positive maximum, as in PTX
    dlfloat,   // as nan_only; no subnormals: exponent 0 is as good as any other, but all zeros is 0
};

template <int Exponent, int Mantissa, int Bias, Specials Style>
struct Minifloat {
    static constexpr FormatKind kind = FormatKind::minifloat;
    static constexpr int exponent_bits = Exponent;
    static constexpr int mantissa_bits = Mantissa;
    static constexpr int bits = 1 + Exponent + Mantissa;
    static constexpr int block_length = 0;
    static constexpr int scale_bits = 0;
    static constexpr bool has_infinity = Style == Specials::ieee;
    static constexpr bool has_nan = Style != Specials::finite;
    static constexpr bool has_subnormals = Style != Specials::dlfloat;

    static constexpr int min_exponent = has_subnormals ? 1 - Bias : -Bias;  // of a normal number
    static constexpr int max_exponent = (1 << Exponent) - 1 - (has_infinity ? 1 : 0) - Bias;
    static constexpr double ulp_of_one = power_of_two(-Mantissa);
    static constexpr double max =
        power_of_two(max_exponent) * (2 - ulp_of_one * (has_nan && !has_infinity ? 2 : 1));
    static constexpr double min_normal = power_of_two(min_exponent) * (has_subnormals ? 1 : 1 + ulp_of_one);
    static constexpr double min = has_subnormals ? power_of_two(min_exponent - Mantissa) : min_normal;
    static constexpr double epsilon = ulp_of_one;
    static constexpr Overflow overflow = bits <= 10     ? Overflow::saturate
                                         : has_infinity ? Overflow::infinity
                                                        : Overflow::nan;

    static constexpr Code sign_bit = Code{1} << (bits - 1);
    static constexpr Code infinity_code = ((Code{1} << Exponent) - 1) << Mantissa;  // if there is one
    static constexpr Code nan_code = has_infinity ? infinity_code | Code{1} << (Mantissa - 1) : sign_bit - 1;

    static Code encode(double value, Overflow mode = overflow) { return pack(round(value, mode)); }

    static double decode(Code code) {
        const Code magnitude = code & (sign_bit - 1);
        const int exponent = static_cast<int>(magnitude >> Mantissa);
        const double mantissa = magnitude & ((Code{1} << Mantissa) - 1);
        double value = 0;
        if (has_infinity && magnitude >= infinity_code)
            value = magnitude == infinity_code ? std::numeric_limits<double>::infinity() : nan();
        else if (has_nan && !has_infinity && magnitude == nan_code)
            value = nan();
        else if (exponent == 0 && has_subnormals)
            value = mantissa * min;
        else if (magnitude != 0)
            value = power_of_two(exponent - Bias) * (1 + mantissa * ulp_of_one);
        return (code & sign_bit) != 0 && value == value ? -value : value;
    }

    // The number of this format that an exact result becomes. `value` may be the exact result rounded to odd
    // at 53 bits.
    template <Rounding mode = Rounding::nearest_even>
    static double round(double value, Overflow beyond = overflow, std::uint32_t random = 0) {
        const double on_grid = round_unbounded<mode>(value, random);
        if (!(std::abs(on_grid) > max)) return on_grid;  // NaN too
        if (mode == Rounding::truncate && std::isfinite(value)) beyond = Overflow::saturate;
        if (beyond == Overflow::infinity && has_infinity)
            return std::copysign(std::numeric_limits<double>::infinity(), value);
        return beyond != Overflow::saturate && has_nan ? nan() : std::copysign(max, value);
    }

    // The same as if the exponent had no upper bound. Free of branches, so that loops over it become vector
    // code.
    template <Rounding mode = Rounding::nearest_even>
    static double round_unbounded(double value, std::uint32_t random = 0) {
        const double magnitude = std::abs(value);
        int exponent = exponent_of(value);
        exponent = exponent < min_exponent ? min_exponent : exponent;
        exponent = exponent > max_exponent + 1 ? max_exponent + 1 : exponent;
        const double in_ulps = magnitude * power_of_two(Mantissa - exponent);
        double rounded = round_to_integer<mode>(in_ulps, random) * power_of_two(exponent - Mantissa);
        if (!has_subnormals) rounded = magnitude < min ? round_below_min<mode>(magnitude, random) : rounded;
        return std::copysign(rounded, value);
    }

    // The code of a number that the format holds.
    static Code pack(double value) {
        if (value != value) return has_nan ? nan_code : pack(max);
        const Code sign = std::signbit(value) ? sign_bit : 0;
        const double magnitude = std::abs(value);
        if (magnitude == 0) return sign;
        if (magnitude > max) return sign | infinity_code;
        const int exponent = exponent_of(value) < min_exponent ? min_exponent : exponent_of(value);
        const Code significand = static_cast<Code>(magnitude * power_of_two(Mantissa - exponent));
        const Code hidden = has_subnormals ? 0 : Code{1} << Mantissa;
        return sign | ((static_cast<Code>(exponent - min_exponent) << Mantissa) + significand - hidden);
    }

  private:
    static constexpr double nan() { return std::numeric_limits<double>::quiet_NaN(); }

    // Without subnormals the neighbours are 0 and min, whose midpoint goes to 0, the even code.
    template <Rounding mode>
    static double round_below_min(double magnitude, std::uint32_t random) {
        constexpr double one = 1 << stochastic_bits;
        const bool up = mode == Rounding::nearest_even ? magnitude > min / 2
                        : mode == Rounding::truncate
                            ? false
                            : magnitude * one >= (one - static_cast<double>(random)) * min;
        return up ? min : 0;
    }
};

struct E4m3 : Minifloat<4, 3, 7, Specials::nan_only> {
    static constexpr std::string_view name = "e4m3";
};
struct E4m3Ieee : Minifloat<4, 3, 7, Specials::ieee> {
    static constexpr std::string_view name = "e4m3_ieee";
};
struct E5m2 : Minifloat<5, 2, 15, Specials::ieee> {
    static constexpr std::string_view name = "e5m2";
};
struct E5m3 : Minifloat<5, 3, 15, Specials::ieee> {
    static constexpr std::string_view name = "e5m3";
};
struct E5m4 : Minifloat<5, 4, 15, Specials::ieee> {
    static constexpr std::string_view name = "e5m4";
};
struct E4m5 : Minifloat<4, 5, 7, Specials::ieee> {
    static constexpr std::string_view name = "e4m5";
};
struct E6m3 : Minifloat<6, 3, 31, Specials::ieee> {
    static constexpr std::string_view name = "e6m3";
};
struct E3m2 : Minifloat<3, 2, 3, Specials::finite> {
    static constexpr std::string_view name = "e3m2";
};
struct E2m3 : Minifloat<2, 3, 1, Specials::finite> {
    static constexpr std::string_view name = "e2m3";
};
// Sign and magnitude of three bits, in quarters: the exponent is the first bit of the magnitude.
struct E1m2 : Minifloat<1, 2, 1, Specials::finite> {
    static constexpr std::string_view name = "e1m2";
};
struct E2m1 : Minifloat<2, 1, 1, Specials::finite> {
    static constexpr std::string_view name = "e2m1";
};
struct Bf16 : Minifloat<8, 7, 127, Specials::ieee> {
    static constexpr std::string_view name = "bf16";
};
struct Fp16 : Minifloat<5, 10, 15, Specials::ieee> {
    static constexpr std::string_view name = "fp16";
};
struct Tf32 : Minifloat<8, 10, 127, Specials::ieee> {
    static constexpr std::string_view name = "tf32";
};
struct Fp32 : Minifloat<8, 23, 127, Specials::ieee> {
    static constexpr std::string_view name = "fp32";
};
struct Dlfloat16 : Minifloat<6, 9, 31, Specials::dlfloat> {
    static constexpr std::string_view name = "dlfloat16";
};

}  // namespace octet
