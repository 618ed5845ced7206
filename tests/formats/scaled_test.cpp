// Integers and nf4 with a scale, against exact rational quotients.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "models/formats/codebook.h"
#include "models/formats/integer.h"
#include "models/formats/scaled_floats.h"
#include "tests/formats/reference.h"

namespace octet {
namespace {

using reference::Rational;

// value / scale to the nearest whole number between low and high, a tie to the even one.
int nearest(double value, double scale, int low, int high) {
    const Rational quotient = reference::exact(value) / reference::exact(scale);
    int whole = static_cast<int>(numerator(quotient) / denominator(quotient));  // toward zero
    if (Rational(whole) > quotient) --whole;
    const Rational rest = quotient - Rational(whole);
    if (rest * 2 > 1 || (rest * 2 == 1 && whole % 2 != 0)) ++whole;
    return std::clamp(whole, low, high);
}

TEST(Int8, takes_the_nearest_multiple_of_the_scale_without_rounding_the_quotient) {
    std::mt19937_64 random(5);
    std::uniform_real_distribution<double> scales(0.001, 10);
    for (int i = 0; i < 300; ++i) {
        const double scale = i % 2 == 0 ? scales(random) : static_cast<float>(scales(random));
        for (int n = -131; n <= 130; n += 1 + i % 7) {
            double value = (n + 0.5) * scale;
            for (int step = -2; step <= 2; ++step) {
                double moved = value;
                for (int s = 0; s < std::abs(step); ++s) moved = std::nextafter(moved, step < 0 ? -1e9 : 1e9);
                ASSERT_EQ(Int8::to_int(Int8::encode_scaled(moved, scale)), nearest(moved, scale, -128, 127))
                    << std::hexfloat << moved << " / " << scale;
                ASSERT_EQ(Int4::to_int(Int4::encode_scaled(moved, scale)), nearest(moved, scale, -8, 7));
            }
        }
    }
}

TEST(Int8, saturates_and_has_no_nan) {
    EXPECT_EQ(Int8::encode(1e300), 0x7fU);
    EXPECT_EQ(Int8::encode(-HUGE_VAL), 0x80U);
    EXPECT_EQ(Int8::encode(std::nan("")), 0U);
    EXPECT_EQ(Int8::encode(-1), 0xffU);
    EXPECT_EQ(Int8::encode(2.5), 2U);
    EXPECT_EQ(Int8::encode(-3.5), 0xfcU);
}

// Every code at a zero point, and one step to each side of every border.
TEST(Int8Zero, takes_the_nearest_multiple_of_the_scale_and_adds_the_zero_point) {
    std::mt19937_64 random(6);
    std::uniform_real_distribution<double> scales(0.001, 10);
    for (int zero = -128; zero <= 127; ++zero) {
        const double scale = zero % 2 == 0 ? scales(random) : static_cast<float>(scales(random));
        for (int code = -128; code <= 127; ++code) {
            const double value = (code - zero) * scale;
            ASSERT_EQ(Int8::to_int(Int8Zero::encode_around(value, scale, zero)), code) << zero;
            const double border = (code - zero + 0.5) * scale;
            for (const double moved : {std::nextafter(border, -1e9), border, std::nextafter(border, 1e9)})
                ASSERT_EQ(Int8::to_int(Int8Zero::encode_around(moved, scale, zero)),
                          std::clamp(nearest(moved, scale, -1000, 1000) + zero, -128, 127))
                    << std::hexfloat << moved << " / " << scale << " around " << zero;
        }
        for (const double beyond : {1e300, HUGE_VAL}) {
            EXPECT_EQ(Int8Zero::encode_around(beyond, scale, zero), 0x7fU);
            EXPECT_EQ(Int8Zero::encode_around(-beyond, scale, zero), 0x80U);
        }
        EXPECT_EQ(Int8::to_int(Int8Zero::encode_around(std::nan(""), scale, zero)), zero);
    }
}

TEST(Int8Zero, has_a_zero_point_that_puts_a_range_with_0_between_its_end_codes) {
    std::mt19937_64 random(7);
    std::uniform_real_distribution<double> ends(0, 5);
    for (int i = 0; i < 2000; ++i) {
        const double low = i % 3 == 0 ? 0 : -ends(random), high = i % 3 == 1 ? 0 : ends(random);
        const double scale = i % 2 == 0 ? Int8Zero::tensor_scale(high - low)
                                        : double{static_cast<float>(Int8Zero::tensor_scale(high - low))};
        const int zero = Int8Zero::zero_point(low, scale);
        ASSERT_GE(zero, -128);
        ASSERT_LE(zero, 127);
        // Half a step is what the rounding of the zero point costs.
        EXPECT_NEAR((-128 - zero) * scale, low, 0.5001 * scale) << low << ' ' << high;
        EXPECT_NEAR((127 - zero) * scale, high, 0.5001 * scale) << low << ' ' << high;
        EXPECT_TRUE(low != 0 || zero == -128) << zero;
        EXPECT_TRUE(high != 0 || zero == 127) << zero;
    }
}

template <class Format>
void expect_one_rounding_of_the_quotient(const char* name) {
    const reference::Definition& definition = reference::definition(name);
    const reference::Encoder encoder(definition);
    std::mt19937_64 random(8);
    std::uniform_real_distribution<double> scales(1e-4, 100);
    const Code sign = Code{1} << (definition.width() - 1);
    for (int i = 0; i < 60; ++i) {
        const double scale = i % 2 == 0 ? scales(random) : double{static_cast<float>(scales(random))};
        const std::size_t last = encoder.magnitudes().size() - 1;
        for (std::size_t code = 0; code < last; ++code) {
            const double border = encoder.borders()[code];
            for (const double toward : {0.0, border * scale, 1e9}) {
                const double value = std::nextafter(border * scale, toward);
                const Rational exact = reference::exact(value),
                               at = reference::exact(border) * reference::exact(scale);
                const Code wanted =
                    static_cast<Code>(exact > at || (exact == at && code % 2 != 0) ? code + 1 : code);
                ASSERT_EQ(Format::encode_scaled(value, scale), wanted)
                    << std::hexfloat << value << " / " << scale;
                ASSERT_EQ(Format::encode_scaled(-value, scale), wanted | sign);
            }
        }
        EXPECT_EQ(Format::encode_scaled(1e300, scale), last) << "saturates";
    }
    EXPECT_EQ(Format::tensor_scale(3 * Format::max), 3);
}
TEST(ScaledFloats, round_the_quotient_once) {
    expect_one_rounding_of_the_quotient<E4m3Scaled>("e4m3_scaled");
    expect_one_rounding_of_the_quotient<E5m2Scaled>("e5m2_scaled");
}

TEST(Nf4, takes_the_lower_code_on_a_border) {
    for (Code code = 0; code < 15; ++code) {
        const Rational exact_border =
            (reference::exact(Nf4::values[code]) + reference::exact(Nf4::values[code + 1])) / 2;
        const double border = reference::to_double(exact_border);
        EXPECT_EQ(Nf4::encode(border), code);
        EXPECT_EQ(Nf4::encode(std::nextafter(border, 2)), code + 1);
        EXPECT_EQ(Nf4::encode(std::nextafter(border, -2)), code);
    }
    EXPECT_EQ(Nf4::encode(HUGE_VAL), 15U);
    EXPECT_EQ(Nf4::encode(-HUGE_VAL), 0U);
    EXPECT_EQ(Nf4::decode(7), 0);
}

TEST(Nf4, compares_with_the_exact_product_of_border_and_scale) {
    std::mt19937_64 random(11);
    std::uniform_real_distribution<double> scales(1e-3, 100);
    for (int i = 0; i < 200; ++i) {
        const double scale = scales(random);
        for (Code code = 0; code < 15; ++code)
            for (const double direction : {-1e9, 0.0, 1e9}) {
                double value = Nf4::border(code) * scale;
                if (direction != 0) value = std::nextafter(value, direction);
                Code expected = 0;
                for (Code c = 0; c < 15; ++c)
                    if (reference::exact(value) > reference::exact(Nf4::border(c)) * reference::exact(scale))
                        expected = c + 1;
                ASSERT_EQ(Nf4::encode_scaled(value, scale), expected);
            }
    }
}

}  // namespace
}  // namespace octet
