// OCP MX v1.0: 32 numbers along the reduction dimension share a power of two.
#pragma once
#include <cmath>
#include <limits>
#include <span>

#include "models/formats/format.h"
#include "models/formats/integer.h"
#include "models/formats/minifloat.h"

namespace octet {

// The scale: 8 exponent bits and nothing else. 0xff is NaN and makes the whole block NaN.
struct E8m0 {
    static constexpr int bits = 8;
    static constexpr std::uint8_t nan = 0xff;
    static constexpr std::uint8_t encode(int exponent) {  // clamps to 2^-127 .. 2^127
        return static_cast<std::uint8_t>(exponent < -127 ? 0 : exponent > 127 ? 254 : exponent + 127);
    }
    static constexpr double decode(std::uint8_t code) {
        return code == nan ? std::numeric_limits<double>::quiet_NaN() : power_of_two(code - 127);
    }
};

// scale = 2^(floor(log2(amax)) - emax); elements round to nearest even and saturate.
// An infinity counts as a magnitude beyond all others: the scale is then 2^127 and the element saturates. A
// NaN does not count; it stays a NaN where elements have one and otherwise makes the scale, that is the whole
// block, NaN.
template <class ElementFormat, int MaxExponent>
struct Mx {
    using Element = ElementFormat;
    static constexpr FormatKind kind = FormatKind::block_scaled;
    static constexpr int bits = Element::bits;
    static constexpr int exponent_bits = Element::exponent_bits;
    static constexpr int mantissa_bits = Element::mantissa_bits;
    static constexpr int block_length = 32;
    static constexpr int scale_bits = E8m0::bits;
    static constexpr bool has_nan = Element::has_nan;
    static constexpr bool has_infinity = Element::has_infinity;
    static constexpr Overflow overflow = Overflow::saturate;
    static constexpr double max = Element::max;  // these four, as encode and decode, of an element at scale 1
    static constexpr double min_normal = Element::min_normal;
    static constexpr double min = Element::min;
    static constexpr double epsilon = Element::epsilon;

    static Code encode(double value, Overflow = overflow) {
        return Element::encode(value, Overflow::saturate);
    }
    static double decode(Code code) { return Element::decode(code); }

    template <class Number>
    static std::uint8_t encode_scale(std::span<const Number> block) {
        double largest = 0;
        bool nan = false;
        for (const Number value : block) {
            const double magnitude = std::abs(static_cast<double>(value));
            nan = nan || std::isnan(magnitude);
            if (magnitude > largest) largest = magnitude;
        }
        if (nan && !has_nan) return E8m0::nan;
        return largest == 0 ? 0 : E8m0::encode(exponent_of(largest) - MaxExponent);
    }
    static Code encode_element(double value, std::uint8_t scale) {
        return scale == E8m0::nan ? 0 : encode(value * power_of_two(127 - scale));
    }
    static double decode_element(Code code, std::uint8_t scale) { return decode(code) * E8m0::decode(scale); }
};

struct MxFp8E4m3 : Mx<E4m3, 8> {
    static constexpr std::string_view name = "mxfp8_e4m3";
};
struct MxFp8E5m2 : Mx<E5m2, 15> {
    static constexpr std::string_view name = "mxfp8_e5m2";
};
struct MxFp6E3m2 : Mx<E3m2, 4> {
    static constexpr std::string_view name = "mxfp6_e3m2";
};
struct MxFp6E2m3 : Mx<E2m3, 2> {
    static constexpr std::string_view name = "mxfp6_e2m3";
};
struct MxFp4E2m1 : Mx<E2m1, 2> {
    static constexpr std::string_view name = "mxfp4_e2m1";
};
struct MxInt8 : Mx<MxInt8Element, 0> {  // an element is code / 64
    static constexpr std::string_view name = "mxint8";
};

}  // namespace octet
