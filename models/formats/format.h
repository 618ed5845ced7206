// What every number format states about itself. A format is one header plus one line in list.h.
#pragma once
#include <bit>
#include <concepts>
#include <cstdint>
#include <string_view>

namespace octet {

using Code = std::uint32_t;  // the bits of one number, in the low end

enum class FormatKind : std::uint8_t { integer, minifloat, posit, block_scaled, codebook, logarithmic };

// What becomes of a finite value, or an infinity, beyond the largest number of a format. A format without an
// infinity answers `infinity` with NaN, a format without a NaN saturates whatever is asked.
enum class Overflow : std::uint8_t { saturate, nan, infinity };

// encode: one rounding, nearest even, from any double; decode: exact. Of a block format these handle one
// element at scale 1. `min` is the smallest number above zero, `epsilon` the step from 1 to the next number
// above it (0: none).
template <class F>
concept NumberFormat = requires(double value, Code code, Overflow overflow) {
    { F::name } -> std::convertible_to<std::string_view>;
    { F::kind } -> std::convertible_to<FormatKind>;
    { F::bits } -> std::convertible_to<int>;
    { F::exponent_bits } -> std::convertible_to<int>;  // posits: es
    { F::mantissa_bits } -> std::convertible_to<int>;  // stored ones; 0 where they vary
    { F::block_length } -> std::convertible_to<int>;   // numbers that share a scale, 0 if none
    { F::scale_bits } -> std::convertible_to<int>;
    { F::has_nan } -> std::convertible_to<bool>;
    { F::has_infinity } -> std::convertible_to<bool>;
    { F::overflow } -> std::convertible_to<Overflow>;  // what encode does unless it is told otherwise
    { F::max } -> std::convertible_to<double>;
    { F::min_normal } -> std::convertible_to<double>;
    { F::min } -> std::convertible_to<double>;
    { F::epsilon } -> std::convertible_to<double>;
    { F::encode(value, overflow) } -> std::same_as<Code>;
    { F::decode(code) } -> std::same_as<double>;
};

// What the codes of a tensor stand for: (code - zero) * scale.
struct TensorScale {
    float scale = 1;
    int zero = 0;  // other than 0 in formats with a zero point alone
    bool operator==(const TensorScale&) const = default;
};

// The parts of a double that formats are cut from.
constexpr double power_of_two(int exponent) {  // -1022 <= exponent <= 1023
    return std::bit_cast<double>(static_cast<std::uint64_t>(exponent + 1023) << 52);
}
constexpr int exponent_of(
    double value) {  // floor(log2 |value|); -1023 below 2^-1022, 1024 for infinity and NaN
    return static_cast<int>(std::bit_cast<std::uint64_t>(value) >> 52 & 0x7ff) - 1023;
}

}  // namespace octet
