// nf4, the 16 quantiles of a normal distribution of QLoRA, with one fp32 scale (the largest magnitude) for 64
// numbers.
#pragma once
#include <array>
#include <cmath>

#include "models/formats/format.h"

namespace octet {

struct Nf4 {
    static constexpr std::string_view name = "nf4";
    static constexpr FormatKind kind = FormatKind::codebook;
    static constexpr int bits = 4;
    static constexpr int exponent_bits = 0;
    static constexpr int mantissa_bits = 0;
    static constexpr int block_length = 64;
    static constexpr int scale_bits = 32;
    static constexpr bool has_nan = false;
    static constexpr bool has_infinity = false;
    static constexpr Overflow overflow = Overflow::saturate;

    static constexpr std::array<float, 16> values = {-1.0F,
                                                     -0.6961928009986877F,
                                                     -0.5250730514526367F,
                                                     -0.39491748809814453F,
                                                     -0.28444138169288635F,
                                                     -0.18477343022823334F,
                                                     -0.09105003625154495F,
                                                     0.0F,
                                                     0.07958029955625534F,
                                                     0.16093020141124725F,
                                                     0.24611230194568634F,
                                                     0.33791524171829224F,
                                                     0.44070982933044434F,
                                                     0.5626170039176941F,
                                                     0.7229568362236023F,
                                                     1.0F};
    static constexpr double max = 1;
    static constexpr double min = values[8];
    static constexpr double min_normal = min;
    static constexpr double epsilon = 0;

    // Above code c's upper border means a value nearer to c + 1; on the border it stays with c. NaN takes
    // code 0.
    static constexpr double border(Code code) {
        return (double{values[code]} + double{values[code + 1]}) / 2;
    }

    static Code encode(double value, Overflow = overflow) { return encode_scaled(value, 1); }

    // Of value / scale, without rounding the quotient. scale > 0; an infinite product compares as it should.
    static Code encode_scaled(double value, double scale) {
        Code code = 0;
        while (code < 15 && above(value, border(code), scale)) ++code;
        return code;
    }

    static double decode(Code code) { return values[code & 15]; }

  private:
    static bool above(double value, double border, double scale) {
        return std::isfinite(value) ? std::fma(-border, scale, value) > 0 : value > 0;
    }
};

}  // namespace octet
