// What the numbers of a block share.
//
// A scale format says how a block of some range chooses a code (`choose`), what a number becomes at that code
// (`encode`) and what a code of an element then means (`decode_element`). Those of eight bits that multiply
// list the factors of all codes (`values`): sums of whole blocks are multiplied by them.
#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "models/formats/format.h"
#include "models/formats/integer.h"
#include "models/formats/minifloat.h"

namespace octet {

struct BlockRange {
    double low = 0, high = 0;  // of the numbers and 0
    bool nan = false;
    void add(double value) {
        nan = nan || std::isnan(value);
        if (value > high) high = value;
        if (value < low) low = value;
    }
    double largest() const { return std::max(high, -low); }  // +0 of zeros
};

constexpr std::array<double, 256> powers_of_two() {  // 2^(code - 127), but for the last code
    std::array<double, 256> table{};
    for (int code = 0; code < 255; ++code) table[static_cast<std::size_t>(code)] = power_of_two(code - 127);
    table[255] = std::numeric_limits<double>::quiet_NaN();
    return table;
}
constexpr std::array<double, 256> whole_numbers() {
    std::array<double, 256> table{};
    for (std::size_t code = 0; code < 256; ++code) table[code] = static_cast<double>(code);
    return table;
}

// 8 exponent bits and nothing else; 0xff is NaN. MaxExponent: that of the largest element.
struct E8m0Code {
    static constexpr int bits = 8;
    static constexpr bool has_nan = true;
    static constexpr std::uint8_t nan = 0xff;
    static constexpr std::uint8_t encode(int exponent) {  // clamps to 2^-127 .. 2^127
        return static_cast<std::uint8_t>(exponent < -127 ? 0 : exponent > 127 ? 254 : exponent + 127);
    }
    static constexpr double value(Code code) { return values[code]; }
    static constexpr std::array<double, 256> values = powers_of_two();
};
template <int MaxExponent>
struct E8m0 : E8m0Code {
    template <class Element>
    static Code choose(const BlockRange& range, double /*tensor*/) {
        const double largest = range.largest();
        return largest == 0 ? 0 : E8m0Code::encode(exponent_of(largest) - MaxExponent);
    }
    template <class Element>
    static Code encode(double value, Code scale, double /*tensor*/) {
        if (scale == nan) return 0;
        return Element::encode(value * power_of_two(127 - static_cast<int>(scale)), Overflow::saturate);
    }
    template <class Element>
    static double decode_element(Code code, Code scale) {
        return Element::decode(code) * value(scale);
    }
};

// A whole number of the tensor's scales, the nearest to what the largest number asks for; 0 makes all of the
// block 0.
struct WholeScale {
    static constexpr int bits = 8;
    static constexpr bool has_nan = false;
    static constexpr Code nan = 0;
    static constexpr double most = 255;
    static constexpr std::array<double, 256> values = whole_numbers();
    template <class Element>
    static Code choose(const BlockRange& range, double tensor) {
        const double code = nearest_multiple(range.largest(), Element::max * tensor);
        return static_cast<Code>(std::min(code, most));
    }
    template <class Element>
    static Code encode(double value, Code scale, double tensor) {
        return scale == 0 ? Element::encode(0, Overflow::saturate)
                          : Element::encode_scaled(value, scale * tensor);
    }
    template <class Element>
    static double decode_element(Code code, Code scale) {
        return Element::decode(code) * scale;
    }
};

// A number of `Float`, the nearest to the largest magnitude / the largest element; the largest one beyond it.
template <class Float>
struct FloatScale {
    static constexpr int bits = Float::bits;
    static constexpr bool has_nan = false;
    static constexpr Code nan = 0;
    template <class Element>
    static Code choose(const BlockRange& range, double /*tensor*/) {
        return Float::encode(range.largest() / Element::max, Overflow::saturate);
    }
    template <class Element>
    static Code encode(double value, Code scale, double /*tensor*/) {
        const double step = Float::decode(scale);
        return step == 0 ? 0 : Element::encode_scaled(value, step);
    }
    template <class Element>
    static double decode_element(Code code, Code scale) {
        return Element::decode(code) * Float::decode(scale);
    }
};

// fp16 in the low bits, above it the element that stands for 0: value = (element - zero) * scale. The range
// of the numbers, and 0, takes all elements.
struct HalfScaleZero {
    static constexpr int bits = 24;
    static constexpr bool has_nan = false;
    static constexpr Code nan = 0;
    static double step(Code scale) { return Fp16::decode(scale & 0xffff); }
    static double zero(Code scale) { return scale >> 16; }
    template <class Element>
    static Code choose(const BlockRange& range, double /*tensor*/) {
        const Code code = Fp16::encode((range.high - range.low) / Element::max, Overflow::saturate);
        if (step(code) == 0) return 0;
        const double at = std::clamp(nearest_multiple(-range.low, step(code)), 0.0, Element::max);
        return code | static_cast<Code>(at) << 16;
    }
    template <class Element>
    static Code encode(double value, Code scale, double /*tensor*/) {
        if (step(scale) == 0) return 0;
        return Element::encode(nearest_multiple(value, step(scale)) + zero(scale), Overflow::saturate);
    }
    template <class Element>
    static double decode_element(Code code, Code scale) {
        return (Element::decode(code) - zero(scale)) * step(scale);
    }
};

// A tensor's scale above those of its blocks: the largest magnitude takes the largest element at the largest
// scale.
template <class Element>
struct TwoLevel {
    static double tensor_scale(double largest) { return largest / (Element::max * WholeScale::most); }
};

}  // namespace octet
