// Which code a number gets: at every border between two codes, one step of float and of double beside it, and
// beyond both ends of the range, against exact rational arithmetic.
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <random>

#include "models/formats/registry.h"
#include "tests/formats/reference.h"

namespace octet {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

reference::Beyond in_reference(const FormatInfo& format, Overflow overflow) {
    return format.kind == FormatKind::block_scaled
               ? reference::Beyond::saturate  // elements know nothing else
           : overflow == Overflow::saturate ? reference::Beyond::saturate
           : overflow == Overflow::nan      ? reference::Beyond::nan
                                            : reference::Beyond::infinity;
}

std::vector<reference::Definition> listable() {  // formats whose codes can all be visited
    std::vector<reference::Definition> chosen;
    for (const auto& d : reference::definitions())
        if (d.width() <= 16) chosen.push_back(d);
    return chosen;
}

class Encoding : public testing::TestWithParam<reference::Definition> {
  protected:
    const FormatInfo& format = *find_format(GetParam().name);
    const reference::Encoder encoder{GetParam()};

    void expect(double value, Overflow overflow) {
        ASSERT_EQ(format.encode(value, overflow), encoder.encode(value, in_reference(format, overflow)))
            << std::hexfloat << value << " overflow " << static_cast<int>(overflow);
    }
    void expect_around(double value, Overflow overflow = Overflow::saturate) {
        for (const double sign : {1.0, -1.0}) {
            expect(sign * value, overflow);
            expect(sign * std::nextafter(value, 0), overflow);
            expect(sign * std::nextafter(value, infinity), overflow);
            expect(sign * double{std::nextafter(static_cast<float>(value), 0.0F)}, overflow);
            expect(sign * double{std::nextafter(static_cast<float>(value), HUGE_VALF)}, overflow);
        }
    }
};

TEST_P(Encoding, turns_exactly_at_every_border_between_two_codes) {
    for (const auto& border : encoder.borders()) ASSERT_NO_FATAL_FAILURE(expect_around(border));
}

TEST_P(Encoding, keeps_every_value_and_its_neighbouring_doubles) {
    for (const auto& value : encoder.magnitudes()) ASSERT_NO_FATAL_FAILURE(expect_around(value));
}

TEST_P(Encoding, of_values_beyond_the_range_follows_the_overflow_mode) {
    const double max = format.max;
    for (const Overflow overflow : {Overflow::saturate, Overflow::nan, Overflow::infinity}) {
        expect_around(max, overflow);
        expect_around(encoder.borders().back(), overflow);
        for (const double value : {max * 1.25, max * 2, max * 3, 1e30 * max, 1e300, 1.7e308})
            expect_around(value, overflow);
        for (const double value : {infinity, -infinity, std::nan(""), -std::nan(""), 0.0, -0.0})
            expect(value, overflow);
    }
}

TEST_P(Encoding, of_values_below_the_smallest_rounds_or_flushes) {
    const double min = format.min;
    for (const double value : {min, min * 0.75, min / 2, min / 3, min / 4, min / 8, min * 1e-10, 1e-30, 1e-37,
                               1e-45, 1e-100, 1e-300, 2.3e-308, 1e-310, 5e-324})
        expect_around(value);
}

TEST_P(Encoding, of_random_doubles_agrees_with_exact_arithmetic) {
    std::mt19937_64 random(7);
    const double low = std::log2(format.min) - 3, high = std::log2(format.max) + 3;
    std::uniform_real_distribution<double> exponent(low, high), mantissa(1, 2);
    for (int i = 0; i < 4000; ++i)
        ASSERT_NO_FATAL_FAILURE(
            expect_around(std::ldexp(mantissa(random), static_cast<int>(exponent(random)))));
}

INSTANTIATE_TEST_SUITE_P(Format, Encoding, testing::ValuesIn(listable()),
                         [](const auto& test) { return test.param.name; });

// Formats with too many codes to list: the nearest multiple of the last place, in rationals.
double nearest(double value, int mantissa, int min_exponent) {
    if (value == 0 || !std::isfinite(value)) return value;
    const int exponent = std::max(std::ilogb(value), min_exponent);
    const reference::Rational ulp = reference::power_of_two(exponent - mantissa);
    const reference::Rational in_ulps = reference::exact(std::abs(value)) / ulp;
    boost::multiprecision::cpp_int whole = numerator(in_ulps) / denominator(in_ulps);
    const reference::Rational rest = in_ulps - reference::Rational(whole);
    if (rest * 2 > 1 || (rest * 2 == 1 && whole % 2 != 0)) ++whole;
    return std::copysign(reference::to_double(reference::Rational(whole) * ulp), value);
}

template <class Check>
void at_random_borders(std::uint64_t seed, int mantissa, int count, Check check) {
    std::mt19937_64 random(seed);
    for (int i = 0; i < count; ++i) {
        const auto bits = static_cast<std::uint32_t>(random()) & ~((1U << (23 - mantissa)) - 1);
        const double value =
            std::bit_cast<float>(i % 4 == 0 ? bits & 0x807fffff : bits);  // a quarter subnormal
        if (!std::isfinite(value) || std::abs(value) > 1e38) continue;
        const double border = value + std::ldexp(0.5, std::max(std::ilogb(value), -126) - mantissa);
        for (const double x : {value, border, std::nextafter(border, 0), std::nextafter(border, infinity)})
            ASSERT_NO_FATAL_FAILURE(check(x));
    }
}

TEST(Tf32, rounds_to_the_nearest_multiple_of_its_last_place) {
    const FormatInfo& tf32 = *find_format("tf32");
    at_random_borders(5, 10, 30000, [&](double value) {
        ASSERT_EQ(tf32.decode(tf32.encode(value, Overflow::infinity)), nearest(value, 10, -126))
            << std::hexfloat << value;
    });
    EXPECT_EQ(tf32.encode(0x1.ffdfffffffffp127, Overflow::infinity),
              tf32.encode(tf32.max, Overflow::infinity));
    EXPECT_TRUE(std::isinf(tf32.decode(tf32.encode(0x1.ffep127, Overflow::infinity))));
}

TEST(Fp32, rounds_to_the_nearest_multiple_of_its_last_place_as_the_processor_does) {
    const FormatInfo& fp32 = *find_format("fp32");
    at_random_borders(6, 23, 30000, [&](double value) {
        const double rounded = fp32.decode(fp32.encode(value, Overflow::infinity));
        ASSERT_EQ(rounded, nearest(value, 23, -126)) << std::hexfloat << value;
        ASSERT_EQ(rounded, static_cast<double>(static_cast<float>(value))) << std::hexfloat << value;
    });
    for (const double x :
         {0x1.ffffffp127, 0x1.fffffefffffffp127, 0x1p-150, 0x1.8p-149, 0x1.0000000000001p-150, -1e300})
        EXPECT_EQ(fp32.encode(x, Overflow::infinity), std::bit_cast<std::uint32_t>(static_cast<float>(x)));
}

}  // namespace
}  // namespace octet
