// Formats of 16 values with a scale: each number takes the nearest of them, found among all in exact
// rationals.
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <random>

#include "models/formats/codebook.h"
#include "models/formats/registry.h"
#include "tests/formats/reference.h"

namespace octet {
namespace {

using reference::Rational;

// Magnitudes by code, as the papers list them.
const std::map<std::string, std::vector<double>>& magnitudes() {
    static const std::map<std::string, std::vector<double>> all{
        {"flint4",
         {0, 1, 2, 3, 16, 8, 4, 6}},  // 000, 001, 01x, 100, 101, 11x by the place of their first one
        {"fp4_radix4", {0, 0.015625, 0.0625, 0.25, 1, 4, 16, 64}},
        {"fp4_radix4_odd", {0, 0.03125, 0.125, 0.5, 2, 8, 32, 128}},
    };
    return all;
}

class SignAndLevel : public testing::TestWithParam<const char*> {
  protected:
    const FormatInfo& format = *find_format(GetParam());
    const std::vector<double>& values = magnitudes().at(GetParam());

    Code nearest(double value, double scale) const {
        const Rational magnitude = abs(reference::exact(value)), unit = reference::exact(scale);
        Code best = 0;
        Rational distance = magnitude;
        for (Code code = 1; code < 8; ++code) {
            const Rational other = abs(magnitude - reference::exact(values[code]) * unit);
            if (other < distance || (other == distance && code % 2 == 0)) {
                distance = other;
                best = code;
            }
        }
        return best != 0 && value < 0 ? best | 8U : best;
    }
};

TEST_P(SignAndLevel, CodesMeanWhatThePaperLists) {
    for (Code code = 0; code < 8; ++code) {
        EXPECT_EQ(format.decode(code), values[code]);
        EXPECT_EQ(format.decode(code | 8), -values[code]);
    }
    EXPECT_EQ(format.max, *std::max_element(values.begin(), values.end()));
}

TEST_P(SignAndLevel, TakesTheNearestAtEveryBorderAndScale) {
    std::vector<double> rising = values;
    std::sort(rising.begin(), rising.end());
    std::mt19937_64 random(17);
    for (int i = 0; i < 60; ++i) {
        const double scale =
            i % 3 == 0 ? std::ldexp(1, i - 30)
                       : static_cast<double>(std::uniform_real_distribution<float>(1e-3F, 50)(random));
        for (std::size_t level = 0; level + 1 < rising.size(); ++level) {
            double value = (rising[level] + rising[level + 1]) / 2 * scale;
            for (int step = 0; step < 2; ++step) value = std::nextafter(value, 0);
            for (int step = 0; step < 5; ++step, value = std::nextafter(value, 1e300))
                for (const double x : {value, -value})
                    ASSERT_EQ(format.encode_scaled(x, scale), nearest(x, scale))
                        << std::hexfloat << x << ' ' << scale;
        }
        ASSERT_EQ(format.encode_scaled(rising[7] * 1000 * scale, scale), nearest(rising[7] * scale, scale));
    }
    EXPECT_EQ(format.decode(format.encode_scaled(-HUGE_VAL, 1)), -format.max);
    EXPECT_EQ(format.encode_scaled(std::nan(""), 1), 0U);
    EXPECT_EQ(format.encode_scaled(-1e-9, 1), 0U);
}
INSTANTIATE_TEST_SUITE_P(Format, SignAndLevel, testing::Values("flint4", "fp4_radix4", "fp4_radix4_odd"),
                         [](const auto& test) { return std::string(test.param); });

TEST(Radix4, ScaleOfATensorIsThePowerOfTwoThatPutsItsLargestIntoTheUpperHalf) {
    const FormatInfo& format = *find_format("fp4_radix4");
    for (const double largest : {1.0, 1.5, 64.0, 64.1, 3e-5, 1e6}) {
        const double scale = format.tensor_scale(largest);
        int exponent = 0;
        EXPECT_EQ(std::frexp(scale, &exponent), 0.5);
        EXPECT_LE(largest, 64 * scale);
        EXPECT_GT(largest, 32 * scale);
    }
}

TEST(Flint4, ScaleOfATensorGivesItsLargestMagnitudeTheLargestNumber) {
    const FormatInfo& format = *find_format("flint4");
    for (const double largest : {1.0, 16.0, 3e-5, 77.7}) {
        const double scale = format.tensor_scale(largest);
        EXPECT_EQ(scale, largest / 16);
        EXPECT_EQ(format.decode(format.encode_scaled(largest, scale)), 16);
    }
}

TEST(TwoPhaseRounding, NumbersOfBothPhasesLieAnOctaveApart) {
    const FormatInfo &even = *find_format("fp4_radix4"), &odd = *find_format("fp4_radix4_odd");
    for (Code code = 0; code < 16; ++code) EXPECT_EQ(odd.decode(code), 2 * even.decode(code));
    EXPECT_EQ(even.decode(even.encode(2.4, Overflow::saturate)), 1);
    EXPECT_EQ(odd.decode(odd.encode(2.4, Overflow::saturate)), 2);
}

TEST(Af4, IsTheCodebookForBlocksOf64) {
    constexpr std::array values{-1.0,        -0.69441008, -0.51243739, -0.3736951, -0.25607552, -0.14982478,
                                -0.04934812, 0.0,         0.04273164,  0.12934483, 0.21961274,  0.31675666,
                                0.42563882,  0.55496234,  0.72424863,  1.0};
    const FormatInfo& format = *find_format("af4");
    EXPECT_EQ(format.block_length, 64);
    for (Code code = 0; code < 16; ++code) {
        EXPECT_EQ(format.decode(code), double{static_cast<float>(values[code])});
        EXPECT_EQ(format.encode(values[code], Overflow::saturate), code);
    }
    for (Code code = 0; code < 15; ++code) {  // a border belongs to the lower code
        const double border = reference::to_double(
            (reference::exact(format.decode(code)) + reference::exact(format.decode(code + 1))) / 2);
        EXPECT_EQ(format.encode(border, Overflow::saturate), code);
        EXPECT_EQ(format.encode(std::nextafter(border, 2), Overflow::saturate), code + 1);
    }
}

}  // namespace
}  // namespace octet
