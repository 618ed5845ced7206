#include "models/arithmetic/quire.h"

#include <bit>
#include <cmath>

#include "models/formats/format.h"

namespace octet {

void Quire::add(double term) {
    if (!std::isfinite(term)) {
        special_ += term;
        return;
    }
    if (term == 0) return;
    const int exponent = exponent_of(term);
    const std::uint64_t significand =
        (std::bit_cast<std::uint64_t>(term) & 0xfffffffffffff) | std::uint64_t{1} << 52;
    int shift =
        exponent - 52 - lowest;  // of the significand's last bit; its low zeros may lie below the register
    std::uint64_t whole = significand;
    if (shift < 0) {
        whole >>= -shift;
        shift = 0;
    }
    const auto first = static_cast<std::size_t>(shift / 64);
    const int within = shift % 64;
    const std::array<std::uint64_t, 2> parts{whole << within, within == 0 ? 0 : whole >> (64 - within)};
    std::uint64_t carry = 0;
    for (std::size_t i = first; i < limbs; ++i) {
        const std::uint64_t part = i - first < 2 ? parts[i - first] : 0;
        const std::uint64_t before = bits_[i];
        if (term > 0) {
            bits_[i] = before + part + carry;
            carry = carry != 0 ? bits_[i] <= before : bits_[i] < before;
        } else {
            bits_[i] = before - part - carry;
            carry = carry != 0 ? before <= part : before < part;
        }
        if (carry == 0 && i > first) break;
    }
}

double Quire::to_odd() const {
    if (special_ != 0) return special_;  // NaN too
    std::array<std::uint64_t, limbs> magnitude = bits_;
    const bool negative = bits_[limbs - 1] >> 63 != 0;
    if (negative) {
        std::uint64_t carry = 1;
        for (auto& limb : magnitude) {
            limb = ~limb + carry;
            carry = carry != 0 && limb == 0 ? 1 : 0;
        }
    }
    int top = limbs - 1;
    while (top >= 0 && magnitude[static_cast<std::size_t>(top)] == 0) --top;
    if (top < 0) return 0;
    const auto limb = [&](int i) {
        return i >= 0 ? magnitude[static_cast<std::size_t>(i)] : std::uint64_t{0};
    };
    const int zeros = std::countl_zero(limb(top));
    // 64 leading bits; whatever lies below them makes the last one odd.
    std::uint64_t leading = limb(top) << zeros | (zeros == 0 ? 0 : limb(top - 1) >> (64 - zeros));
    bool rest = zeros != 64 && (limb(top - 1) << zeros) != 0;
    for (int i = top - 2; i >= 0; --i) rest = rest || limb(i) != 0;
    const std::uint64_t kept = leading >> 11;
    const bool sticky = rest || (leading & 0x7ff) != 0;
    const double value =
        std::ldexp(static_cast<double>(kept | (sticky ? 1 : 0)), lowest + 64 * top + 64 - zeros - 53);
    return negative ? -value : value;
}

}  // namespace octet
