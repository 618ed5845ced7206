// dynamic8, dynamic8_unsigned: the dynamic tree of Dettmers et al. 2022 (8-bit optimizers by block-wise
// quantization), for states. Its magnitudes are dense near 0: decade i of seven (0 the lowest) holds 2^i of
// them (unsigned: twice as many), in the middles of as many equal parts of 0.1 to 1 times 10^(i - 6); beside
// them 0 and 1. Codes rise with the values: signed ones have 127 below 0 (no -1), unsigned ones begin at 0.
// Blocks of 2048 share an fp32 scale, their largest magnitude.
#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <span>

#include "models/formats/format.h"
#include "models/formats/minifloat.h"

namespace octet {

template <bool Signed>
constexpr std::array<float, 256> dynamic_tree() {
    std::array<float, 256> values{};
    std::size_t next = Signed ? 128 : 1;  // behind 0
    double decade = 1e-6;
    for (int i = 0; i < 7; ++i, decade *= 10) {
        const int parts = (Signed ? 1 : 2) << i;
        for (int j = 0; j < parts; ++j)
            values[next++] = static_cast<float>(decade * (0.1 + 0.9 * (j + 0.5) / parts));
    }
    values[next] = 1;
    if (Signed)
        for (std::size_t i = 0; i < 127; ++i) values[i] = -values[254 - i];
    return values;
}

template <bool Signed>
struct DynamicTree {
    static constexpr FormatKind kind = FormatKind::codebook;
    static constexpr int bits = 8;
    static constexpr int exponent_bits = 0;
    static constexpr int mantissa_bits = 0;
    static constexpr int block_length = 2048;
    static constexpr int scale_bits = 32;
    static constexpr bool has_nan = false;
    static constexpr bool has_infinity = false;
    static constexpr Overflow overflow = Overflow::saturate;
    static constexpr std::array<float, 256> values = dynamic_tree<Signed>();
    static constexpr Code zero = Signed ? 127 : 0;
    static constexpr double max = 1;
    static constexpr double min = values[zero + 1];
    static constexpr double min_normal = min;
    static constexpr double epsilon = 0;

    // Above it a value is nearer to code c + 1; on it, it stays with c.
    static constexpr double border(Code code) {
        return (double{values[code]} + double{values[code + 1]}) / 2;
    }
    static Code encode(double value, Overflow = overflow) { return encode_scaled(value, 1); }
    // Of value / scale, without rounding the quotient. NaN becomes 0.
    static Code encode_scaled(double value, double scale) {
        if (std::isnan(value)) return zero;
        Code low = 0, high = 255;  // the code is one of these
        while (low < high) {
            const Code middle = (low + high) / 2;
            const bool above = std::isfinite(value) ? std::fma(-border(middle), scale, value) > 0 : value > 0;
            above ? low = middle + 1 : high = middle;
        }
        return low;
    }
    static double decode(Code code) { return values[code & 255]; }

    static Code encode_scale(std::span<const double> block, double /*tensor*/ = 1) {
        double largest = 0;
        for (const double value : block)
            if (std::abs(value) > largest) largest = std::abs(value);
        return Fp32::encode(largest, Overflow::saturate);
    }
    static Code encode_element(double value, Code scale, double /*tensor*/ = 1) {
        return scale == 0 ? zero : encode_scaled(value, Fp32::decode(scale));
    }
    static double decode_element(Code code, Code scale) { return decode(code) * Fp32::decode(scale); }
};

struct Dynamic8 : DynamicTree<true> {
    static constexpr std::string_view name = "dynamic8";
};
struct Dynamic8Unsigned : DynamicTree<false> {
    static constexpr std::string_view name = "dynamic8_unsigned";
};

}  // namespace octet
