// Between which binary places the numbers of a tensor lie. This tells which short cuts of the kernels give
// the bits of the rules in mac.h.
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

// How many places the sums of a chain can reach above those of its largest product. Every rounding makes a
// sum larger by one last place at most; to the nearest or truncated, it grows no more once a product is
// within half its last place.
inline int growth(std::size_t length, int mantissa, Rounding mode) {
    const auto doublings = static_cast<int>(std::min<std::size_t>((length >> mantissa) * 3 / 2 + 2, 1000));
    const int any = static_cast<int>(std::bit_width(length)) + doublings;
    return mode == Rounding::stochastic ? any : std::min(any, mantissa + 3);
}

// The sums of a chain: magnitudes below 2^high, multiples of 2^low.
struct Reach {
    int high, low;
};
inline Reach reach_of_sums(const Extent& a, const Extent& b, int grown) {
    return {a.high + b.high + 2 + grown, a.low + b.low};
}

// A chain added up in double is exact before each rounding if its operands spread over few enough places ...
inline bool sums_are_exact_in_double(int a_spread, int b_spread, int grown) {
    return a_spread + b_spread + 2 + grown <= 53;
}
// ... and the sums stay clear of the format's upper end, of the gap below its smallest number, and of places
// that a double does not have beside it.
template <class Format>
bool sums_are_within(const Reach& sums) {
    return sums.high <= Format::max_exponent && Format::min_exponent + 1 - sums.low <= 53 &&
           (Format::has_subnormals || sums.low > Format::min_exponent);
}
// No sum has a place below the format's lowest, so that subnormal sums need no care.
template <class Format>
bool sums_are_on_the_grid(const Reach& sums) {
    return sums.low >= Format::min_exponent - Format::mantissa_bits;
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
