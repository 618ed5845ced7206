#include "models/formats/registry.h"

#include <array>

namespace octet {
namespace {

using enum FormatKind;

constexpr auto all_formats = std::to_array<FormatInfo>({
    {"posit8_0", posit, 8, 0, 0},        {"posit8_1", posit, 8, 0, 0},        {"posit8_2", posit, 8, 0, 0},
    {"posit8_1_ftz", posit, 8, 0, 0},    {"posit8_2_ftz", posit, 8, 0, 0},    {"posit16_0", posit, 16, 0, 0},
    {"posit16_1", posit, 16, 0, 0},      {"e4m3", minifloat, 8, 0, 0},        {"e4m3_ieee", minifloat, 8, 0, 0},
    {"e5m2", minifloat, 8, 0, 0},        {"e5m3", minifloat, 9, 0, 0},        {"e5m4", minifloat, 10, 0, 0},
    {"e4m5", minifloat, 10, 0, 0},       {"e6m3", minifloat, 10, 0, 0},       {"e3m2", minifloat, 6, 0, 0},
    {"e2m3", minifloat, 6, 0, 0},        {"e2m1", minifloat, 4, 0, 0},        {"mxfp8_e4m3", block_scaled, 8, 32, 8},
    {"mxfp8_e5m2", block_scaled, 8, 32, 8}, {"mxfp6_e3m2", block_scaled, 6, 32, 8},
    {"mxfp6_e2m3", block_scaled, 6, 32, 8}, {"mxfp4_e2m1", block_scaled, 4, 32, 8},
    {"mxint8", block_scaled, 8, 32, 8},  {"int8", integer, 8, 0, 0},          {"int4", integer, 4, 0, 0},
    {"int24", integer, 24, 0, 0},        {"int32", integer, 32, 0, 0},        {"bf16", minifloat, 16, 0, 0},
    {"fp16", minifloat, 16, 0, 0},       {"tf32", minifloat, 19, 0, 0},       {"fp32", minifloat, 32, 0, 0},
    {"dlfloat16", minifloat, 16, 0, 0},  {"nf4", codebook, 4, 64, 32},
});

constexpr auto all_presets = std::to_array<Preset>({
    // name, storage, gradients, operand, accumulator, accumulation buffer, vector, softmax
    {"posit8_1", "posit8_1", "posit8_1", "e5m4", "bf16", "bf16", "bf16", "posit_approximate"},
    {"posit8_1_ftz", "posit8_1_ftz", "posit8_1_ftz", "e5m4", "bf16", "bf16", "bf16", "posit_approximate"},
    {"posit8_0", "posit8_0", "posit8_0", "e4m5", "bf16", "bf16", "bf16", "posit_approximate"},
    {"posit8_2", "posit8_2", "posit8_2", "e6m3", "bf16", "bf16", "bf16", "exact"},
    {"posit8_2_ftz", "posit8_2_ftz", "posit8_2_ftz", "e6m3", "bf16", "bf16", "bf16", "exact"},
    {"e4m3", "e4m3", "e4m3", "e4m3", "bf16", "bf16", "bf16", "exact"},
    {"e5m2", "e5m2", "e5m2", "e5m2", "bf16", "bf16", "bf16", "exact"},
    {"e5m3", "e5m3", "e5m3", "e5m3", "bf16", "bf16", "bf16", "exact"},
    {"e5m4", "e5m4", "e5m4", "e5m4", "bf16", "bf16", "bf16", "exact"},
    {"e4m3_ieee", "e4m3_ieee", "e4m3_ieee", "e4m3_ieee", "bf16", "bf16", "bf16", "exact"},
    {"hybrid_fp8", "e4m3", "e5m2", "e5m3", "bf16", "bf16", "bf16", "exact"},
    {"int8", "int8", "int8", "int8", "int24", "int32", "bf16", "exact"},
    {"int4", "int4", "int4", "int4", "int24", "int32", "bf16", "exact"},
    {"mxfp8_e4m3", "mxfp8_e4m3", "mxfp8_e4m3", "e4m3", "fp32", "fp32", "bf16", "exact"},
    {"mxfp8_e5m2", "mxfp8_e5m2", "mxfp8_e5m2", "e5m2", "fp32", "fp32", "bf16", "exact"},
    {"mxfp6_e3m2", "mxfp6_e3m2", "mxfp6_e3m2", "e3m2", "fp32", "fp32", "bf16", "exact"},
    {"mxfp6_e2m3", "mxfp6_e2m3", "mxfp6_e2m3", "e2m3", "fp32", "fp32", "bf16", "exact"},
    {"mxfp4_e2m1", "mxfp4_e2m1", "mxfp4_e2m1", "e2m1", "fp32", "fp32", "bf16", "exact"},
    {"mxint8", "mxint8", "mxint8", "int8", "fp32", "fp32", "bf16", "exact"},
    {"bf16", "bf16", "bf16", "bf16", "fp32", "fp32", "fp32", "exact"},
    {"fp16", "fp16", "fp16", "fp16", "fp32", "fp32", "fp32", "exact"},
    {"tf32", "tf32", "tf32", "tf32", "fp32", "fp32", "fp32", "exact"},
    {"fp32", "fp32", "fp32", "fp32", "fp32", "fp32", "fp32", "exact"},
});

template <class Table>
const auto* find(const Table& table, std::string_view name) {
    for (const auto& row : table)
        if (row.name == name) return &row;
    return static_cast<const typename Table::value_type*>(nullptr);
}

}  // namespace

std::span<const FormatInfo> formats() { return all_formats; }
const FormatInfo* find_format(std::string_view name) { return find(all_formats, name); }

std::uint64_t storage_bits(const FormatInfo& format, std::uint64_t elements) {
    const std::uint64_t blocks =
        format.block_length == 0 ? 0 : (elements + format.block_length - 1) / static_cast<std::uint64_t>(format.block_length);
    return elements * static_cast<std::uint64_t>(format.bits) + blocks * static_cast<std::uint64_t>(format.scale_bits);
}

std::span<const Preset> presets() { return all_presets; }
const Preset* find_preset(std::string_view name) { return find(all_presets, name); }

}  // namespace octet
