#include "models/formats/registry.h"

#include <array>
#include <cmath>

#include "models/formats/arrays.h"
#include "models/formats/list.h"

namespace octet {
namespace {

template <class F>
constexpr FormatInfo describe() {
    FormatInfo info{};
    info.name = F::name;
    info.kind = F::kind;
    info.bits = F::bits;
    info.block_length = F::block_length;
    info.scale_bits = F::scale_bits;
    info.exponent_bits = F::exponent_bits;
    info.mantissa_bits = F::mantissa_bits;
    info.has_nan = F::has_nan;
    info.has_infinity = F::has_infinity;
    info.overflow = F::overflow;
    info.max = F::max;
    info.min_normal = F::min_normal;
    info.min = F::min;
    info.epsilon = F::epsilon;
    info.encode = F::encode;
    info.decode = F::decode;
    info.encode_floats = encode_array<F, float>;
    info.encode_doubles = encode_array<F, double>;
    info.decode_floats = decode_array<F>;
    if constexpr (requires { F::encode_scaled(0.0, 1.0); }) {
        info.encode_scaled = F::encode_scaled;
        info.encode_floats_scaled = encode_array_scaled<F, float>;
    }
    if constexpr (requires { F::tensor_scale(1.0); }) info.tensor_scale = F::tensor_scale;
    if constexpr (requires { F::zero_point(0.0, 1.0); }) {
        info.zero_point = F::zero_point;
        info.encode_around = F::encode_around;
    }
    if constexpr (requires { F::decode_element(0, 0); }) {
        info.encode_block_scale = F::encode_scale;
        info.encode_block_element = F::encode_element;
        info.decode_element = F::decode_element;
    }
    if constexpr (requires { F::line_element; }) info.line_element = F::line_element;
    if constexpr (requires { F::ScaleFormat::values; }) info.scale_values = F::ScaleFormat::values.data();
    return info;
}

template <class... F>
constexpr auto describe_all(FormatList<F...>) {
    return std::array{describe<F>()...};
}

constexpr auto all_formats = describe_all(AllFormats{});

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
    {"e4m3_scaled", "e4m3_scaled", "e4m3_scaled", "e4m3_scaled", "bf16", "bf16", "bf16", "exact"},
    {"e5m2_scaled", "e5m2_scaled", "e5m2_scaled", "e5m2_scaled", "bf16", "bf16", "bf16", "exact"},
    {"hybrid_fp8", "e4m3", "e5m2", "e5m3", "bf16", "bf16", "bf16", "exact"},
    {"int8", "int8", "int8", "int8", "int24", "int32", "bf16", "exact"},
    {"int8_zp", "int8_zp", "int8_zp", "int9", "int24", "int32", "bf16", "exact"},
    {"int4", "int4", "int4", "int4", "int24", "int32", "bf16", "exact"},
    {"mxfp8_e4m3", "mxfp8_e4m3", "mxfp8_e4m3", "e4m3", "fp32", "fp32", "bf16", "exact"},
    {"mxfp8_e5m2", "mxfp8_e5m2", "mxfp8_e5m2", "e5m2", "fp32", "fp32", "bf16", "exact"},
    {"mxfp6_e3m2", "mxfp6_e3m2", "mxfp6_e3m2", "e3m2", "fp32", "fp32", "bf16", "exact"},
    {"mxfp6_e2m3", "mxfp6_e2m3", "mxfp6_e2m3", "e2m3", "fp32", "fp32", "bf16", "exact"},
    {"mxfp4_e2m1", "mxfp4_e2m1", "mxfp4_e2m1", "e2m1", "fp32", "fp32", "bf16", "exact"},
    {"mxint8", "mxint8", "mxint8", "int8", "fp32", "fp32", "bf16", "exact"},
    {"msfp12", "msfp12", "msfp12", "int4", "fixed", "fp32", "bf16", "exact"},
    {"vsq8", "vsq8", "vsq8", "int8", "fixed", "fp32", "bf16", "exact"},
    {"vsq4", "vsq4", "vsq4", "int4", "fixed", "fp32", "bf16", "exact"},
    {"flex8_5", "flex8_5", "flex8_5", "int8", "int24", "int32", "bf16", "exact"},
    {"flint4", "flint4", "flint4", "e3m2", "fixed", "fp32", "bf16", "exact"},
    {"fp4_radix4", "fp4_radix4", "fp4_radix4_odd", "fp4_radix4", "fp16", "fp16", "bf16", "exact"},
    {"lns8", "lns8", "lns8", "lns8", "fp32", "fp32", "bf16", "exact"},
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

std::span<const FormatInfo> formats() {
    return all_formats;
}
const FormatInfo* find_format(std::string_view name) {
    return find(all_formats, name);
}

std::uint64_t storage_bits(const FormatInfo& format, std::uint64_t elements) {
    const std::uint64_t blocks =
        format.block_length == 0
            ? 0
            : (elements + format.block_length - 1) / static_cast<std::uint64_t>(format.block_length);
    return elements * static_cast<std::uint64_t>(format.bits) +
           blocks * static_cast<std::uint64_t>(format.scale_bits);
}

bool holds(const FormatInfo& operand, const FormatInfo& storage) {
    if (storage.zero_point != nullptr) {  // codes less any of them
        const double furthest = std::ldexp(1.0, storage.bits) - 1;
        for (double x = -furthest; x <= furthest; ++x)
            if (operand.decode(operand.encode(x, operand.overflow)) != x) return false;
        return true;
    }
    if (operand.name == storage.name) return true;
    if (storage.block_length > 0 && operand.kind == FormatKind::integer &&
        storage.max <= operand.max * storage.min)
        return true;
    if (storage.bits > 16) return false;
    for (Code code = 0; code < Code{1} << storage.bits; ++code) {
        const double x = storage.decode(code);
        if (std::isfinite(x) && operand.decode(operand.encode(x, operand.overflow)) != x) return false;
    }
    return true;
}

int code_bytes(const FormatInfo& format) {
    return code_bytes(format.bits);
}

std::span<const Preset> presets() {
    return all_presets;
}
const Preset* find_preset(std::string_view name) {
    return find(all_presets, name);
}

}  // namespace octet
