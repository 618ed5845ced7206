// posit(n, es): sign, run-length coded regime, es exponent bits, fraction. Negative numbers are two's
// complements.
#pragma once
#include <cmath>
#include <limits>

#include "models/formats/format.h"

namespace octet {

// FlushBelow: if not 0, a magnitude below 2^FlushBelow encodes to 0 (the exact power does not). Else nothing
// but 0 does.
template <int Bits, int Es, int FlushBelow = 0>
struct Posit {
    static constexpr FormatKind kind = FormatKind::posit;
    static constexpr int bits = Bits;
    static constexpr int exponent_bits = Es;
    static constexpr int mantissa_bits = 0;
    static constexpr int block_length = 0;
    static constexpr int scale_bits = 0;
    static constexpr bool has_nan = true;  // not-a-real, NaR
    static constexpr bool has_infinity = false;
    static constexpr Overflow overflow = Overflow::saturate;  // and nothing else: a real never becomes NaR
    static constexpr double max = power_of_two((Bits - 2) << Es);
    static constexpr double min = 1 / max;
    static constexpr double min_normal = min;
    static constexpr double epsilon = power_of_two(Es + 3 - Bits);

    static constexpr Code nar = Code{1} << (Bits - 1);
    static constexpr Code mask = nar + (nar - 1);
    static constexpr Code maxpos = nar - 1;
    static constexpr Code minpos = 1;

    // Rounds to nearest even on the encoded bit string: between two neighbours the border is where the string
    // of one more bit turns, which is not their arithmetic mean where exponent bits are cut off.
    static Code encode(double value, Overflow = overflow) {
        if (!std::isfinite(value)) return nar;
        if (value == 0) return 0;
        if (FlushBelow != 0 && std::abs(value) < power_of_two(FlushBelow)) return 0;
        const Code magnitude = encode_magnitude(value);
        return value < 0 ? (~magnitude + 1) & mask : magnitude;
    }

    static double decode(Code code) {
        if (code == 0) return 0;
        if (code == nar) return std::numeric_limits<double>::quiet_NaN();
        const bool negative = (code & nar) != 0;
        // Left-aligned, so that what lies beyond the code's last bit reads as zeros.
        std::uint64_t string = static_cast<std::uint64_t>(negative ? (~code + 1) & mask : code)
                               << (65 - Bits);
        const bool ones = string >> 63 != 0;
        const int run = ones ? std::countl_one(string) : std::countl_zero(string);
        const int regime = ones ? run - 1 : -run;
        string <<= run;
        string <<= 1;  // the bit that ends the regime
        const int exponent = Es == 0 ? 0 : static_cast<int>(string >> 1 >> (63 - Es));
        const double fraction = static_cast<double>(string << Es) * 0x1p-64;
        const double magnitude = (1 + fraction) * power_of_two(regime * (1 << Es) + exponent);
        return negative ? -magnitude : magnitude;
    }

  private:
    static Code encode_magnitude(double value) {
        const int scale = exponent_of(value);
        const int regime = scale >> Es;
        if (regime >= Bits - 2) return maxpos;
        if (regime < -(Bits - 2)) return minpos;

        // The whole string, left-aligned in 64 bits; its last bit stands for all that did not fit.
        const int length = regime >= 0 ? regime + 2 : 1 - regime;
        const std::uint64_t run =
            regime >= 0 ? ~(~std::uint64_t{0} >> (regime + 1)) : std::uint64_t{1} << (64 - length);
        const std::uint64_t exponent = static_cast<std::uint64_t>(scale - regime * (1 << Es));
        const std::uint64_t fraction = std::bit_cast<std::uint64_t>(value) << 12;
        const std::uint64_t tail = exponent << 1 << (63 - Es) | fraction >> Es;
        const std::uint64_t string = run | tail >> length | (tail << (64 - length) != 0 ? 1 : 0);

        constexpr int cut = 65 - Bits;
        constexpr std::uint64_t half = std::uint64_t{1} << (cut - 1);
        const Code kept = static_cast<Code>(string >> cut);
        const std::uint64_t rest = string & (2 * half - 1);
        const bool up = rest > half || (rest == half && (kept & 1) != 0);
        return kept + (up ? 1 : 0);
    }
};

struct Posit8_0 : Posit<8, 0> {
    static constexpr std::string_view name = "posit8_0";
};
struct Posit8_1 : Posit<8, 1> {
    static constexpr std::string_view name = "posit8_1";
};
struct Posit8_2 : Posit<8, 2> {
    static constexpr std::string_view name = "posit8_2";
};
struct Posit8_1Ftz : Posit<8, 1, -13> {
    static constexpr std::string_view name = "posit8_1_ftz";
};
struct Posit8_2Ftz : Posit<8, 2, -26> {
    static constexpr std::string_view name = "posit8_2_ftz";
};
struct Posit16_0 : Posit<16, 0> {
    static constexpr std::string_view name = "posit16_0";
};
struct Posit16_1 : Posit<16, 1> {
    static constexpr std::string_view name = "posit16_1";
};

}  // namespace octet
