// Between which binary places the numbers of a tensor lie. This tells which short cuts of the kernels give the
// bits of the rules in mac.h.
//
// Every sum of products is a multiple of the product of the operands' lowest places, and stays below a power
// of two that follows from their highest places: that is what the rules below compare.
#pragma once
#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "models/formats/rounding.h"

namespace octet {

struct Extent {
    static constexpr int nothing = 1 << 20;
    int high = -nothing;  // exponent of the largest magnitude; `nothing` if there is an infinity
    int low = nothing;    // exponent of the lowest bit that is 1
    int width = 0;        // significant bits of the longest number

    int spread() const { return high < low ? -nothing : high - low; }
    void merge(const Extent& other) {
        high = std::max(high, other.high);
        low = std::min(low, other.low);
        width = std::max(width, other.width);
    }
};

// Zeros and NaN have none: they are never rounded.
inline Extent extent_of(float value) {
    const auto bits = std::bit_cast<std::int32_t>(value) & 0x7fffffff;
    if (bits == 0x7f800000) return {Extent::nothing, Extent::nothing, 0};
    if (bits == 0 || bits > 0x7f800000) return {};
    const std::int32_t field = bits >> 23;
    const std::int32_t significand = (bits & 0x7fffff) | (field != 0 ? 0x800000 : 0);
    const int high = std::max(field, 1) - 127;
    const int low = high - 23 + std::countr_zero(static_cast<std::uint32_t>(significand));
    return {high, low, high - low + 1};
}

// How many places the sums of a chain can reach above the exponent of the largest product's upper bound.
// A sum to the nearest or truncated grows no more once a product is within half its last place. A large value
// says that nobody knows.
inline int growth(std::size_t length, int mantissa, Rounding mode) {
    if (length <= std::size_t{1} << mantissa) return static_cast<int>(std::bit_width(length)) + 2;
    return mode == Rounding::stochastic ? Extent::nothing : mantissa + 3;
}

// The sums of a chain: magnitudes below 2^high, multiples of 2^low.
struct Reach {
    int high, low;
};
inline Reach reach_of_sums(const Extent& a, const Extent& b, int grown) {
    return {a.high + b.high + 2 + grown, a.low + b.low};
}

// Is a chain exact before each rounding if it is added up in double, and clear of the format's two ends?
template <class Format>
bool sums_are_exact_in_double(const Reach& sums) {
    return std::max(sums.high, Format::min_exponent + 1) - sums.low <= 53 && sums.high <= Format::max_exponent &&
           (Format::has_subnormals || sums.low > Format::min_exponent);
}

// May fp32 steps stand for bf16 ones at all: operands of 8 bits, no sum below bf16's smallest nor near the
// end of fp32, where kernels_single.h could not round it.
inline bool bf16_by_fp32(const Extent& a, const Extent& b, std::size_t length) {
    const Reach sums = reach_of_sums(a, b, growth(length, 7, Rounding::nearest_even));
    return a.width <= 8 && b.width <= 8 && sums.low >= -133 && sums.high <= 110;
}

// Rounding to fp32 and then to bf16 differs from one rounding only if the fp32 sum lies between two bf16
// numbers and is not exact. With operands of at most 8 significant bits this takes a product of more than 8
// bits that dwarfs a non-zero sum: 0 < |sum| <= 2^(e - 24), e the product's exponent. It cannot happen with
// products of 8 bits, nor where the operands of a chain spread over few enough places.
inline bool bf16_products_fit(const Extent& a, const Extent& b) {
    return a.width + b.width <= 8;
}
inline bool bf16_spreads_fit(int a_spread, int b_spread) {
    return a_spread + b_spread <= 22;
}
// A sum above 2^this is not dwarfed by any product.
inline int bf16_dwarfed(int a_high, int b_high) {
    return a_high + b_high + 1 - 24;
}

}  // namespace octet
