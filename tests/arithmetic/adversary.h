// Operands chosen to hurt: sums that cancel, exponents far apart, products that land on the border between
// two sums.
#pragma once
#include <cstdint>
#include <random>
#include <string_view>
#include <vector>

namespace octet {

struct Operands {
    std::vector<float> a, b;
};

// How the significands of operands look: `bits` of them, exponents from low to high.
struct Shape {
    const char* name;
    int bits;
    int low, high;
};
inline constexpr Shape mild{"mild", 5, -7, 4};  // these two overflow no accumulator soon
inline constexpr Shape mild_bf16_like{"mild_bf16", 8, -9, 3};
inline constexpr Shape e5m4_like{"e5m4", 5, -14, 15};
inline constexpr Shape bf16_like{"bf16", 8, -40, 40};
inline constexpr Shape tiny_bf16_like{"tiny_bf16", 8, -126, -20};
inline constexpr Shape fp16_like{"fp16", 11, -14, 15};
inline constexpr Shape fp32_like{"fp32", 24, -60, 60};

enum class Attack { cancellation, wide_exponents, borders, dwarfed_sums, one_sign };
inline constexpr Attack all_attacks[] = {Attack::cancellation, Attack::wide_exponents, Attack::borders,
                                         Attack::dwarfed_sums, Attack::one_sign};

// `length` pairs against a chain whose sums keep `sum_bits` significant bits.
Operands attack(Attack kind, const Shape& shape, int sum_bits, std::size_t length, std::uint64_t seed);

}  // namespace octet
