// The formats and the PE presets by name, as seen at run time.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "models/formats/format.h"

namespace octet {

// What the timing, the cost and the values of the machine need to know of a format; see format.h for the
// meaning. A tensor of n elements takes n * bits + ceil(n / block_length) * scale_bits bits (block_length 0:
// no block scales).
struct FormatInfo {
    std::string_view name;
    FormatKind kind;
    int bits;          // bits of one element
    int block_length;  // elements that share a scale, 0 if none
    int scale_bits;    // bits of that scale
    int exponent_bits;
    int mantissa_bits;
    bool has_nan;
    bool has_infinity;
    Overflow overflow;  // of encode, unless told otherwise
    double max, min_normal, min, epsilon;

    // One number. Of block formats: one element at scale 1; of integers and codebooks: at scale 1.
    Code (*encode)(double value, Overflow overflow);
    double (*decode)(Code code);
    Code (*encode_scaled)(double value,
                          double scale);  // of value / scale; integers and codebooks, else nullptr
    // The scale of a tensor with a largest magnitude above 0 or, where there is a zero point, whose numbers
    // lie, with 0 among them, so far apart; nullptr: tensors have none.
    double (*tensor_scale)(double range);
    // Formats with a zero point, else nullptr: the code that stands for 0 if the smallest number is this, or
    // 0, and the code of value / scale + zero.
    int (*zero_point)(double smallest, double scale);
    Code (*encode_around)(double value, double scale, int zero);

    // Arrays of codes, each in code_bytes(bits) bytes; the same results as one by one. See arrays.h.
    void (*encode_floats)(std::span<const float> values, std::byte* codes, Overflow overflow);
    void (*encode_doubles)(std::span<const double> values, std::byte* codes, Overflow overflow);
    void (*decode_floats)(const std::byte* codes, std::span<float> values);
    void (*encode_floats_scaled)(std::span<const float> values, double scale,
                                 std::byte* codes);  // or nullptr

    // Formats with blocks, else nullptr: a scale code a block of block_length values, the last block may be
    // short. `tensor` is the scale of the tensor, 1 if it has none; elements are decoded at tensor scale 1.
    Code (*encode_block_scale)(std::span<const double> block, double tensor);
    Code (*encode_block_element)(double value, Code scale, double tensor);
    double (*decode_element)(Code code, Code scale);
    const double* scale_values;  // what each of 256 scale codes multiplies by; nullptr: no such list
    // Of blocks that are lines, of a product's reduction as a whole, whose scales are fp32 factors of its
    // sums: the format that is multiplied. Else empty.
    std::string_view line_element;

    // Exponent of the lowest place that a number has; of logarithms that of the smallest number.
    int lowest_place() const {
        const bool all_normal = kind == FormatKind::minifloat && min == min_normal;
        return exponent_of(min) - (all_normal ? mantissa_bits : 0);
    }

    Code encode_scale(std::span<const double> block, double tensor = 1) const {
        return encode_block_scale(block, tensor);
    }
    Code encode_element(double value, Code scale, double tensor = 1) const {
        return encode_block_element(value, scale, tensor);
    }
};

std::span<const FormatInfo> formats();
const FormatInfo* find_format(std::string_view name);  // nullptr if unknown
std::uint64_t storage_bits(const FormatInfo& format, std::uint64_t elements);
// Whether every number of `storage` (of blocks: of its elements; codes less any zero point) is one of
// `operand`. Blocks of integers are multiplied as integers.
bool holds(const FormatInfo& operand, const FormatInfo& storage);
int code_bytes(const FormatInfo& format);  // 1, 2 or 4: what a code takes in an array

// One row of the preset table of the documentation: what `pe.preset` stands for.
struct Preset {
    std::string_view name;
    std::string_view storage;  // what sits in memory (forward)
    std::string_view
        gradient_storage;          // what sits in memory for gradients; same as storage but for hybrid_fp8
    std::string_view operand;      // what enters the multiplier
    std::string_view accumulator;  // what is added up in the array
    std::string_view accumulation_buffer;  // what the accumulation buffer holds
    std::string_view vector;               // what the vector unit computes in
    std::string_view softmax;              // exact | posit_approximate
};

std::span<const Preset> presets();
const Preset* find_preset(std::string_view name);  // nullptr if unknown

}  // namespace octet
