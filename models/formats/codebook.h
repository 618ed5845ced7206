// Formats whose values are a list, and those of 16 values.
//
// nf4 (QLoRA, Dettmers et al. 2023): quantiles of a normal distribution. af4 (Yoshida 2023, the codebook for
// blocks of 64): values of the least expected absolute error. Both take one fp32 scale, the largest
// magnitude, for 64 numbers. flint4 (ANT, Guo et al. 2022): the place of the first one of three bits tells
// exponent from mantissa. fp4_radix4 (Sun et al. 2020): a sign and three bits of an exponent of 4; `_odd`
// stands for the same codes in the second phase of two-phase rounding, each twice as large.
#pragma once
#include <array>
#include <cmath>
#include <span>

#include "models/formats/format.h"
#include "models/formats/minifloat.h"

namespace octet {

template <int Bits>
struct CodebookFormat {
    static constexpr FormatKind kind = FormatKind::codebook;
    static constexpr int bits = Bits;
    static constexpr int exponent_bits = 0;
    static constexpr int mantissa_bits = 0;
    static constexpr bool has_nan = false;
    static constexpr bool has_infinity = false;
    static constexpr Overflow overflow = Overflow::saturate;

  protected:
    // value > border * scale, exactly. scale > 0; an infinite product compares as it should.
    static bool above(double value, double border, double scale) {
        return std::isfinite(value) ? std::fma(-border, scale, value) > 0 : value > 0;
    }
};

// Rising `values`, one for each code, that share a scale in blocks; `zero` is the code of 0, `nan` what NaN
// becomes.
template <class Codebook, int Bits, int Length>
struct BlockCodebook : CodebookFormat<Bits> {
    static constexpr int block_length = Length;
    static constexpr int scale_bits = 32;
    static constexpr double max = 1;
    static constexpr double min = Codebook::values[Codebook::zero + 1];
    static constexpr double min_normal = min;
    static constexpr double epsilon = 0;
    static constexpr auto& values = Codebook::values;
    static constexpr Code largest_code = (Code{1} << Bits) - 1;

    // Above code c's upper border means a value nearer to c + 1; on the border it stays with c.
    static constexpr double border(Code code) {
        return (double{values[code]} + double{values[code + 1]}) / 2;
    }

    static Code encode(double value, Overflow = Overflow::saturate) { return encode_scaled(value, 1); }

    // Of value / scale, without rounding the quotient.
    static Code encode_scaled(double value, double scale) {
        if (std::isnan(value)) return Codebook::nan;
        Code low = 0, high = largest_code;  // the code is one of these
        while (low < high) {
            const Code middle = (low + high) / 2;
            BlockCodebook::above(value, border(middle), scale) ? low = middle + 1 : high = middle;
        }
        return low;
    }

    static double decode(Code code) { return values[code & largest_code]; }

    // A block's scale: the largest magnitude, as fp32.
    static Code encode_scale(std::span<const double> block, double /*tensor*/ = 1) {
        double largest = 0;
        for (const double value : block)
            if (std::abs(value) > largest) largest = std::abs(value);
        return Fp32::encode(largest, Overflow::saturate);
    }
    static Code encode_element(double value, Code scale, double /*tensor*/ = 1) {
        return scale == 0 ? Codebook::zero : encode_scaled(value, Fp32::decode(scale));
    }
    static double decode_element(Code code, Code scale) { return decode(code) * Fp32::decode(scale); }
};

// Sixteen, in blocks of 64.
struct QuantileCodes {
    static constexpr Code zero = 7, nan = 0;
};
template <class Codebook>
using Quantiles = BlockCodebook<Codebook, 4, 64>;

struct Nf4Values : QuantileCodes {
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
};
struct Nf4 : Quantiles<Nf4Values> {
    static constexpr std::string_view name = "nf4";
};

struct Af4Values : QuantileCodes {
    static constexpr std::array<float, 16> values = {
        -1.0F,       -0.69441008F, -0.51243739F, -0.3736951F, -0.25607552F, -0.14982478F, -0.04934812F, 0.0F,
        0.04273164F, 0.12934483F,  0.21961274F,  0.31675666F, 0.42563882F,  0.55496234F,  0.72424863F,  1.0F};
};
struct Af4 : Quantiles<Af4Values> {
    static constexpr std::string_view name = "af4";
};

// A sign and eight magnitudes, held beside the tensor's scale. The nearest magnitude is taken, of two equally
// near ones that of the even code. -0 is never made, NaN becomes 0.
struct Level {
    double magnitude;
    Code code;
};
template <class Codebook>
struct SignAndLevel : CodebookFormat<4> {
    static constexpr int block_length = 0;
    static constexpr int scale_bits = 0;
    static constexpr auto& levels = Codebook::levels;  // rising
    static constexpr double max = levels[7].magnitude;
    static constexpr double min = levels[1].magnitude;
    static constexpr double min_normal = min;
    static constexpr double epsilon = Codebook::epsilon;
    static constexpr Code sign_bit = 8;

    static Code encode(double value, Overflow = overflow) { return encode_scaled(value, 1); }
    static Code encode_scaled(double value, double scale) {
        const double magnitude = std::abs(value);
        std::size_t i = 0;
        while (i < 7 && beyond(i, magnitude, scale)) ++i;
        return i != 0 && value < 0 ? levels[i].code | sign_bit : levels[i].code;
    }
    static double decode(Code code) {
        double magnitude = 0;
        for (const Level& level : levels)
            if (level.code == (code & 7)) magnitude = level.magnitude;
        return (code & sign_bit) != 0 ? -magnitude : magnitude;
    }

  private:
    static bool beyond(std::size_t i, double magnitude, double scale) {
        const double border = (levels[i].magnitude + levels[i + 1].magnitude) / 2;
        if (above(magnitude, border, scale)) return true;
        const bool tie = std::isfinite(magnitude) && std::fma(-border, scale, magnitude) == 0;
        return tie && (levels[i].code & 1) != 0;
    }
};

struct Flint4Levels {
    static constexpr std::array<Level, 8> levels{
        {{0, 0}, {1, 1}, {2, 2}, {3, 3}, {4, 6}, {6, 7}, {8, 5}, {16, 4}}};
    static constexpr double epsilon = 1;
};
struct Flint4 : SignAndLevel<Flint4Levels> {
    static constexpr std::string_view name = "flint4";
    static double tensor_scale(double largest) { return largest / max; }
};

// The largest magnitude lies above half of the largest level and not beyond it.
constexpr std::array<Level, 8> powers_of_four(int phase) {
    std::array<Level, 8> rising{};
    for (int i = 1; i < 8; ++i)
        rising[static_cast<std::size_t>(i)] = {power_of_two(2 * (i - 4) + phase), static_cast<Code>(i)};
    return rising;
}
template <int Phase>
struct Radix4Levels {
    static constexpr std::array<Level, 8> levels = powers_of_four(Phase);
    static constexpr double epsilon = Phase == 0 ? 3 : 0;
};
template <int Phase>
struct Radix4 : SignAndLevel<Radix4Levels<Phase>> {
    static double tensor_scale(double largest) {
        const int exponent = exponent_of(largest);
        return power_of_two(exponent + (power_of_two(exponent) < largest ? 1 : 0) - 6);
    }
};
struct Fp4Radix4 : Radix4<0> {
    static constexpr std::string_view name = "fp4_radix4";
};
struct Fp4Radix4Odd : Radix4<1> {
    static constexpr std::string_view name = "fp4_radix4_odd";
};

}  // namespace octet
