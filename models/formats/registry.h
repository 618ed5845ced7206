// The one list of number formats and of PE presets, as seen at run time.
#pragma once
#include <cstdint>
#include <span>
#include <string_view>

namespace octet {

enum class FormatKind : std::uint8_t { integer, minifloat, posit, block_scaled, codebook };

// What the timing and the cost of the machine need to know of a format.
// A tensor of n elements takes n * bits + ceil(n / block_length) * scale_bits bits (block_length 0: no block scales).
struct FormatInfo {
    std::string_view name;
    FormatKind kind;
    int bits;          // bits of one element
    int block_length;  // elements that share a scale, 0 if none
    int scale_bits;    // bits of that scale
};

std::span<const FormatInfo> formats();
const FormatInfo* find_format(std::string_view name);  // nullptr if unknown
std::uint64_t storage_bits(const FormatInfo& format, std::uint64_t elements);

// One row of the preset table of the documentation: what `pe.preset` stands for.
struct Preset {
    std::string_view name;
    std::string_view storage;              // what sits in memory (forward)
    std::string_view gradient_storage;     // what sits in memory for gradients; same as storage but for hybrid_fp8
    std::string_view operand;              // what enters the multiplier
    std::string_view accumulator;          // what is added up in the array
    std::string_view accumulation_buffer;  // what the accumulation buffer holds
    std::string_view vector;               // what the vector unit computes in
    std::string_view softmax;              // exact | posit_approximate
};

std::span<const Preset> presets();
const Preset* find_preset(std::string_view name);  // nullptr if unknown

}  // namespace octet
