// lns8: a sign and the logarithm of the magnitude (Zhao et al. 2022, LNS-Madam, with a base of 2^(1/8)).
//
// Seven bits hold 8 * log2(magnitude) + 64. Logarithm 0 is the number 0, or with the sign bit NaN. What a
// logarithm stands for in linear numbers is a table of eight significands of 11 bits, shifted: 2^(f/8)
// rounded to the nearest multiple of 2^-10.
#pragma once
#include <array>
#include <cmath>
#include <limits>

#include "models/formats/format.h"

namespace octet {

constexpr int lns_fraction = 10;  // bits of a significand behind the point

// The linear number of a logarithm in eighths.
constexpr double lns_linear(int eighths) {
    constexpr std::array<double, 8> significands{1024, 1117, 1218, 1328, 1448, 1579, 1722, 1878};
    const int octave = eighths >> 3;
    return significands[static_cast<std::size_t>(eighths - 8 * octave)] * power_of_two(octave - lns_fraction);
}

struct Lns8 {
    static constexpr std::string_view name = "lns8";
    static constexpr FormatKind kind = FormatKind::logarithmic;
    static constexpr int bits = 8;
    static constexpr int exponent_bits = 0;
    static constexpr int mantissa_bits = 0;
    static constexpr int block_length = 0;
    static constexpr int scale_bits = 0;
    static constexpr bool has_nan = true;
    static constexpr bool has_infinity = false;
    static constexpr Overflow overflow = Overflow::saturate;  // and nothing else
    static constexpr int bias = 64;
    static constexpr Code sign_bit = 0x80, largest_code = 0x7f, nan_code = 0x80;
    static constexpr double max = lns_linear(static_cast<int>(largest_code) - bias);
    static constexpr double min = lns_linear(1 - bias);
    static constexpr double min_normal = min;
    static constexpr double epsilon = lns_linear(1) - 1;

    // The nearest logarithm; what is nearer to 2^-8 than to the smallest number becomes 0. Borders are
    // irrational: no number is a tie.
    static Code encode(double value, Overflow = overflow) {
        if (value != value) return nan_code;
        const int octave = exponent_of(value);
        int logarithm = octave * 8 + bias;
        if (octave < 1024) {
            const double significand = std::abs(value) * power_of_two(octave < -1022 ? 1022 : -octave);
            for (const double border : borders) logarithm += significand > border ? 1 : 0;
        }
        if (logarithm <= 0) return 0;
        const Code code =
            logarithm > static_cast<int>(largest_code) ? largest_code : static_cast<Code>(logarithm);
        return value < 0 ? code | sign_bit : code;
    }
    static double decode(Code code) {
        if (code == nan_code) return std::numeric_limits<double>::quiet_NaN();
        if (code == 0) return 0;
        const double magnitude = lns_linear(static_cast<int>(code & largest_code) - bias);
        return (code & sign_bit) != 0 ? -magnitude : magnitude;
    }

  private:
    // The largest doubles below 2^((2i + 1) / 16).
    static constexpr std::array<double, 8> borders{
        0x1.0b5586cf9890fp+0, 0x1.2387a6e756238p+0, 0x1.3dea64c123422p+0, 0x1.5ab07dd485429p+0,
        0x1.7a11473eb0186p+0, 0x1.9c49182a3f090p+0, 0x1.c199bdd85529cp+0, 0x1.ea4afa2a490d9p+0};
};

// What enters a multiplier of logarithms: the sign and the seven bits, 0 for 0, NaN for NaN.
inline float lns_operand(double value) {
    const Code code = Lns8::encode(value);
    if (code == Lns8::nan_code) return std::numeric_limits<float>::quiet_NaN();
    const auto logarithm = static_cast<float>(code & Lns8::largest_code);
    return (code & Lns8::sign_bit) != 0 ? -logarithm : logarithm;
}
// What it makes of two: the sum of the logarithms as a linear number.
inline double lns_product(float a, float b) {
    if (a == 0 || b == 0) return a == a && b == b ? 0 : std::numeric_limits<double>::quiet_NaN();
    if (a != a || b != b) return std::numeric_limits<double>::quiet_NaN();
    const double product =
        lns_linear(static_cast<int>(std::abs(a)) + static_cast<int>(std::abs(b)) - 2 * Lns8::bias);
    return (a < 0) != (b < 0) ? -product : product;
}

}  // namespace octet
