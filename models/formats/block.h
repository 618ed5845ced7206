// Formats whose numbers share a scale in blocks: what a scale is, how a block chooses it, what an element is.
#pragma once
#include <cmath>
#include <limits>
#include <span>

#include "models/formats/block_scale.h"
#include "models/formats/codebook.h"
#include "models/formats/format.h"
#include "models/formats/integer.h"
#include "models/formats/minifloat.h"

namespace octet {

// `Length` numbers along the reduction share a code of `Scale` (block_scale.h). Elements are the numbers
// divided by their scale, rounded as the element format does, saturating.
//
// An infinity counts as a magnitude beyond all others. A NaN does not count; it stays a NaN where elements
// have one and otherwise makes the scale a NaN, and with it the block, if scales have one.
template <class ElementFormat, class Scale, int Length>
struct BlockScaled {
    using Element = ElementFormat;
    using ScaleFormat = Scale;
    static constexpr FormatKind kind = FormatKind::block_scaled;
    static constexpr int bits = Element::bits;
    static constexpr int exponent_bits = Element::exponent_bits;
    static constexpr int mantissa_bits = Element::mantissa_bits;
    static constexpr int block_length = Length;
    static constexpr int scale_bits = Scale::bits;
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

    // `tensor`: the scale of the whole tensor, 1 of formats without one.
    static Code encode_scale(std::span<const double> block, double tensor = 1) {
        BlockRange range;
        for (const double value : block) range.add(value);
        if (range.nan && !has_nan && Scale::has_nan) return Scale::nan;
        return Scale::template choose<Element>(range, tensor);
    }
    static Code encode_element(double value, Code scale, double tensor = 1) {
        return Scale::template encode<Element>(value, scale, tensor);
    }
    // At tensor scale 1.
    static double decode_element(Code code, Code scale) {
        return Scale::template decode_element<Element>(code, scale);
    }
};

// OCP MX v1.0.
struct MxFp8E4m3 : BlockScaled<E4m3, E8m0<8>, 32> {
    static constexpr std::string_view name = "mxfp8_e4m3";
};
struct MxFp8E5m2 : BlockScaled<E5m2, E8m0<15>, 32> {
    static constexpr std::string_view name = "mxfp8_e5m2";
};
struct MxFp6E3m2 : BlockScaled<E3m2, E8m0<4>, 32> {
    static constexpr std::string_view name = "mxfp6_e3m2";
};
struct MxFp6E2m3 : BlockScaled<E2m3, E8m0<2>, 32> {
    static constexpr std::string_view name = "mxfp6_e2m3";
};
struct MxFp4E2m1 : BlockScaled<E2m1, E8m0<2>, 32> {
    static constexpr std::string_view name = "mxfp4_e2m1";
};
struct MxInt8 : BlockScaled<MxInt8Element, E8m0<0>, 32> {  // an element is code / 64
    static constexpr std::string_view name = "mxint8";
};

// Microsoft floating point (Rouhani et al. 2020): a sign and three bits of magnitude, of which the largest
// number of a box of 16 has the first one set. Sign and magnitude are E1M2 without a bias to the exponent.
struct Msfp12 : BlockScaled<E1m2, E8m0<0>, 16> {
    static constexpr std::string_view name = "msfp12";
};

// VS-Quant (Dai et al. 2021): vectors of 16 integers; a whole multiple, below 256, of the tensor's scale
// each.
struct Vsq8 : BlockScaled<Symmetric8, WholeScale, 16>, TwoLevel<Symmetric8> {
    static constexpr std::string_view name = "vsq8";
};
struct Vsq4 : BlockScaled<Symmetric4, WholeScale, 16>, TwoLevel<Symmetric4> {
    static constexpr std::string_view name = "vsq4";
};

// Weights in groups of 128 with an fp16 scale each, as GPTQ and AWQ make them; `_zp`: with a zero point.
struct Int4Group : BlockScaled<Integer<4>, FloatScale<Fp16>, 128> {
    static constexpr std::string_view name = "int4_g128";
};
struct Int4GroupZero : BlockScaled<Unsigned4, HalfScaleZero, 128> {
    static constexpr std::string_view name = "int4_g128_zp";
};

// Vector-wise quantization of LLM.int8() (Dettmers et al. 2022): a whole line of a product's reduction, a row
// of its first operand or a column of its second one, shares an fp32 scale, a factor of its sums.
struct Int8Vector : BlockScaled<Int8, FloatScale<Fp32>, 1 << 16> {
    static constexpr std::string_view name = "int8_vector";
    static constexpr std::string_view line_element = Int8::name;
};

// nf4 with double quantization (Dettmers et al. 2023): the scales of blocks of 64 are themselves numbers of
// eight bits.
struct Nf4Double : BlockScaled<Nf4, WholeScale, 64>, TwoLevel<Nf4> {
    static constexpr std::string_view name = "nf4_dq";
};

}  // namespace octet
