// Whole arrays from numbers to codes and back: exactly what encode and decode do one by one, fast.
// A code is held in the smallest of 1, 2 and 4 bytes (host order).
#pragma once
#include <array>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <span>
#include <type_traits>
#include <vector>

#include "models/formats/format.h"

namespace octet {

constexpr int code_bytes(int bits) {
    return bits <= 8 ? 1 : bits <= 16 ? 2 : 4;
}

template <NumberFormat F>
using StoredCode = std::conditional_t<F::bits <= 8, std::uint8_t,
                                      std::conditional_t<F::bits <= 16, std::uint16_t, std::uint32_t>>;

// Formats of at most 10 bits draw every border between two codes at a float of at most 7 significant bits. So
// sign, exponent and 6 mantissa bits of a float, and whether anything follows, decide its code.
template <class F>
constexpr bool encodes_by_table = F::bits <= 10 && F::mantissa_bits <= 5 &&
                                  (F::kind == FormatKind::posit || F::exponent_bits > 0);

template <NumberFormat F>
class EncodeTable {
  public:
    explicit EncodeTable(Overflow overflow) {
        for (std::uint32_t i = 0; i < codes_.size(); ++i) {
            const std::uint32_t sample = i >> 1 << 17 | (i & 1) << 16;
            codes_[i] = static_cast<StoredCode<F>>(F::encode(double{std::bit_cast<float>(sample)}, overflow));
        }
    }
    StoredCode<F> operator()(float value) const {
        const auto bits = std::bit_cast<std::uint32_t>(value);
        return codes_[bits >> 17 << 1 | ((bits & 0x1ffff) != 0 ? 1 : 0)];
    }
    static const EncodeTable& of(Overflow overflow) {
        static const EncodeTable saturating{Overflow::saturate}, nan{Overflow::nan},
            infinite{Overflow::infinity};
        return overflow == Overflow::saturate ? saturating : overflow == Overflow::nan ? nan : infinite;
    }

  private:
    std::array<StoredCode<F>, 65536> codes_;
};

// Every code's value. int32 is beyond float and beyond a table.
template <NumberFormat F>
requires(F::bits <= 16) const std::array<float, std::size_t{1} << F::bits>& decode_table() {
    static const auto table = [] {
        std::array<float, std::size_t{1} << F::bits> values;
        for (Code code = 0; code < values.size(); ++code) values[code] = static_cast<float>(F::decode(code));
        return values;
    }();
    return table;
}

// Codes of one array lie one after another, at any address.
template <class Stored>
Stored code_at(const std::byte* codes, std::size_t index) {
    Stored code;
    std::memcpy(&code, codes + index * sizeof code, sizeof code);
    return code;
}
template <class Stored>
void put_code(std::byte* codes, std::size_t index, Stored code) {
    std::memcpy(codes + index * sizeof code, &code, sizeof code);
}

template <NumberFormat F, class Number>
void encode_array(std::span<const Number> values, std::byte* codes, Overflow overflow) {
    if constexpr (encodes_by_table<F> && std::is_same_v<Number, float>) {
        const auto& table = EncodeTable<F>::of(overflow);
        for (std::size_t i = 0; i < values.size(); ++i) put_code(codes, i, table(values[i]));
    } else {
        for (std::size_t i = 0; i < values.size(); ++i)
            put_code(codes, i, static_cast<StoredCode<F>>(F::encode(double{values[i]}, overflow)));
    }
}

template <NumberFormat F>
void decode_array(const std::byte* codes, std::span<float> values) {
    using Stored = StoredCode<F>;
    if constexpr (F::bits <= 16) {
        const auto& table = decode_table<F>();
        for (std::size_t i = 0; i < values.size(); ++i)
            values[i] = table[code_at<Stored>(codes, i) & (table.size() - 1)];
    } else {
        for (std::size_t i = 0; i < values.size(); ++i)
            values[i] = static_cast<float>(F::decode(code_at<Stored>(codes, i)));
    }
}

// Integers and codebooks: value / scale.
template <NumberFormat F, class Number>
void encode_array_scaled(std::span<const Number> values, double scale, std::byte* codes) {
    for (std::size_t i = 0; i < values.size(); ++i)
        put_code(codes, i, static_cast<StoredCode<F>>(F::encode_scaled(double{values[i]}, scale)));
}

}  // namespace octet
