// Between which binary places the numbers of a tensor lie. This tells when adding in fp32 and rounding to
// bf16 again is the one rounding it should be.
//
// Two roundings differ from one only if the fp32 sum lies between two bf16 numbers and is not exact. With
// operands of at most 8 significant bits this takes a product of more than 8 bits that dwarfs a non-zero sum:
// 0 < |sum| <= 2^(e - 24), e the product's exponent. Sums are multiples of the product of the operands' last
// places. So it cannot happen in a chain whose operands spread over few enough places.
#pragma once
#include <algorithm>
#include <bit>
#include <cstdint>

namespace octet {

struct Extent {
    static constexpr int nothing = 1 << 20;
    int high = -nothing;  // exponent of the largest magnitude
    int low = nothing;    // exponent of the lowest bit that is 1
    int width = 0;        // significant bits of the longest number

    int spread() const { return high < low ? -nothing : high - low; }
    void merge(const Extent& other) {
        high = std::max(high, other.high);
        low = std::min(low, other.low);
        width = std::max(width, other.width);
    }
};

// Zeros, infinities and NaN have none: they are never rounded.
inline Extent extent_of(float value) {
    const auto bits = std::bit_cast<std::int32_t>(value) & 0x7fffffff;
    const std::int32_t field = bits >> 23;
    const std::int32_t significand = (bits & 0x7fffff) | (field != 0 ? 0x800000 : 0);
    const bool counts = field != 255 && significand != 0;
    const auto lowest_bit = static_cast<float>(significand & -significand);
    const int high = (field != 0 ? field : 1) - 127;
    const int low = high - 23 + (std::bit_cast<std::int32_t>(lowest_bit) >> 23) - 127;
    return {counts ? high : -Extent::nothing, counts ? low : Extent::nothing, counts ? high - low + 1 : 0};
}

// May fp32 steps stand for bf16 ones at all: operands of 8 bits, no sum below bf16's smallest, no product
// beyond fp32.
inline bool bf16_by_fp32(const Extent& a, const Extent& b) {
    return a.width <= 8 && b.width <= 8 && a.low + b.low >= -133 && a.high + b.high <= 124;
}
// ... and without looking at every step: products of 8 bits, or the spreads of the operands of one chain.
inline bool bf16_products_fit(const Extent& a, const Extent& b) {
    return a.width + b.width <= 8;
}
inline bool bf16_spreads_fit(int a_spread, int b_spread) {
    return a_spread + b_spread <= 22;
}

}  // namespace octet
