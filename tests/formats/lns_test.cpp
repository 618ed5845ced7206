// lns8 and its multiplier against exact rationals: a logarithm in eighths is compared by sixteenth powers.
#include "models/formats/lns.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "tests/formats/reference.h"

namespace octet {
namespace {

using reference::Rational;

Rational power(Rational base, unsigned exponent) {
    Rational result = 1;
    for (unsigned i = 0; i < exponent; ++i) result *= base;
    return result;
}

// How many borders lie below a magnitude: 2^((2 l - 1) / 16 - 8) for l = 1 to 127.
Code logarithm_of(double magnitude) {
    const Rational sixteenth = power(reference::exact(magnitude), 16);
    int below = 0;
    for (int l = 1; l < 128; ++l) below += sixteenth > reference::power_of_two(2 * l - 1 - 128) ? 1 : 0;
    return static_cast<Code>(below);
}

TEST(Lns8, EveryCodeIsTheNearestElevenBitsOfItsPower) {
    for (Code code = 1; code < 128; ++code) {
        const double value = Lns8::decode(code);
        const int eighths = static_cast<int>(code) - 64, octave = static_cast<int>(std::floor(eighths / 8.0));
        const Rational step = reference::power_of_two(octave - 10), half = step / 2;
        const Rational exact = reference::exact(value), wanted = reference::power_of_two(eighths);
        EXPECT_EQ(denominator(Rational(exact / step)), 1) << code;
        EXPECT_LE(power(exact - half, 8), wanted) << code;
        EXPECT_GE(power(exact + half, 8), wanted) << code;
        EXPECT_EQ(Lns8::decode(code | 0x80), -value);
        EXPECT_EQ(Lns8::encode(value), code);
        EXPECT_EQ(Lns8::encode(-value), code | 0x80);
    }
    EXPECT_EQ(Lns8::decode(0), 0);
    EXPECT_TRUE(std::isnan(Lns8::decode(0x80)));
    EXPECT_EQ(Lns8::decode(64), 1);
}

TEST(Lns8, TakesTheNearestLogarithmAtEveryBorder) {
    for (int l = 0; l <= 128; ++l) {
        const double border = std::exp2((2 * l - 1) / 16.0 - 8);
        double value = border;
        for (int i = 0; i < 3; ++i) value = std::nextafter(value, 0);
        for (int i = 0; i < 7; ++i, value = std::nextafter(value, 1e9))
            for (const double signed_value : {value, -value}) {
                const Code wanted = logarithm_of(value);
                ASSERT_EQ(Lns8::encode(signed_value),
                          wanted == 0 || signed_value > 0 ? wanted : wanted | 0x80U)
                    << std::hexfloat << signed_value;
            }
    }
    std::mt19937_64 random(3);
    for (int i = 0; i < 2000; ++i) {
        const double value = std::exp2(std::uniform_real_distribution<double>(-12, 12)(random));
        ASSERT_EQ(Lns8::encode(value), logarithm_of(value)) << value;
    }
}

TEST(Lns8, SaturatesAndKeepsNan) {
    EXPECT_EQ(Lns8::encode(1e300), 0x7fU);
    EXPECT_EQ(Lns8::encode(-HUGE_VAL), 0xffU);
    EXPECT_EQ(Lns8::encode(std::nan("")), 0x80U);
    EXPECT_EQ(Lns8::encode(5e-324), 0U);
    EXPECT_EQ(Lns8::encode(-0.0), 0U);
}

TEST(LnsMultiplier, AddsLogarithmsOfAllPairsOfCodes) {
    for (Code a = 0; a < 256; ++a)
        for (Code b = 0; b < 256; ++b) {
            const double product = lns_product(lns_operand(Lns8::decode(a)), lns_operand(Lns8::decode(b)));
            if (a == 0x80 || b == 0x80) {
                ASSERT_TRUE(std::isnan(product)) << a << ' ' << b;
                continue;
            }
            if (a == 0 || b == 0) {
                ASSERT_EQ(product, 0) << a << ' ' << b;
                continue;
            }
            // The number of 11 bits that is nearest to the power, found by its eighth power.
            const int eighths = static_cast<int>((a & 0x7f) + (b & 0x7f)) - 128,
                      octave = static_cast<int>(std::floor(eighths / 8.0));
            const Rational half = reference::power_of_two(octave - 11),
                           wanted = reference::power_of_two(eighths);
            const Rational magnitude = reference::exact(std::abs(product));
            ASSERT_EQ(denominator(Rational(magnitude / (2 * half))), 1);
            ASSERT_LE(power(magnitude - half, 8), wanted) << a << ' ' << b;
            ASSERT_GE(power(magnitude + half, 8), wanted) << a << ' ' << b;
            ASSERT_EQ(product < 0, (a > 0x80) != (b > 0x80)) << a << ' ' << b;
        }
}

}  // namespace
}  // namespace octet
