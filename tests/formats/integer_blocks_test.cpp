// Blocks of integers and of nf4 whose scales are no powers of two, against exact rational quotients.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <set>

#include "models/formats/codebook.h"
#include "models/formats/minifloat.h"
#include "models/formats/registry.h"
#include "tests/formats/reference.h"

namespace octet {
namespace {

using reference::Rational;

// To the nearest whole number, a tie to the even one.
Rational nearest(const Rational& quotient) {
    using boost::multiprecision::cpp_int;
    cpp_int whole = numerator(quotient) / denominator(quotient);
    if (Rational(whole) > quotient) --whole;
    const Rational rest = quotient - Rational(whole);
    if (rest * 2 > 1 || (rest * 2 == 1 && whole % 2 != 0)) ++whole;
    return Rational(whole);
}
int within(const Rational& whole, int low, int high) {
    return whole < low ? low : whole > high ? high : static_cast<int>(whole);
}

std::vector<double> block_of(std::mt19937_64& random, int length, int round) {
    std::normal_distribution<double> normal;
    std::vector<double> block(static_cast<std::size_t>(length));
    const double spread = std::ldexp(1.0, round % 20 - 12);
    for (double& value : block)
        value = round % 2 == 0 ? normal(random) * spread : std::round(normal(random) * 8) / 4 * spread;
    return block;
}
Rational largest_of(const std::vector<double>& block) {
    Rational largest = 0;
    for (const double value : block) largest = std::max<Rational>(largest, abs(reference::exact(value)));
    return largest;
}

struct TwoLevelCase {
    const char* name;
    int length, most;  // 0: nf4
};
class TwoLevel : public testing::TestWithParam<TwoLevelCase> {};

TEST_P(TwoLevel, AScaleIsTheNearestWholeNumberOfTheTensorsAndElementsRoundAndSaturate) {
    const auto& [name, length, most] = GetParam();
    const FormatInfo& format = *find_format(name);
    EXPECT_EQ(format.block_length, length);
    EXPECT_EQ(format.scale_bits, 8);
    std::mt19937_64 random(8);
    for (int round = 0; round < 120; ++round) {
        const std::vector<double> block = block_of(random, length, round);
        // Tensors whose largest number is that of the block, or up to 300 times as large.
        const double largest =
            static_cast<double>(largest_of(block).convert_to<double>()) * (1 + round % 7 * 50);
        const float tensor = static_cast<float>(format.tensor_scale(largest > 0 ? largest : 1));
        const int unit = most == 0 ? 1 : most;
        const int wanted =
            within(nearest(largest_of(block) / (reference::exact(double{tensor}) * unit)), 0, 255);
        const Code scale = format.encode_scale(block, double{tensor});
        ASSERT_EQ(static_cast<int>(scale), wanted);
        for (const double value : block) {
            const Code code = format.encode_element(value, scale, double{tensor});
            const double decoded = format.decode_element(code, scale);
            if (scale == 0) {
                ASSERT_EQ(decoded, 0);
            } else if (most != 0) {
                const Rational step = reference::exact(double{tensor}) * wanted;
                const int element = within(nearest(reference::exact(value) / step), -most, most);
                ASSERT_EQ(decoded, element * wanted);
            } else {  // the nearest of 16 values, on a border the lower one
                Code lower = 0;
                for (Code c = 0; c < 15; ++c)
                    if (reference::exact(value) >
                        reference::exact(Nf4::border(c)) * reference::exact(double{tensor}) * wanted)
                        lower = c + 1;
                ASSERT_EQ(code, lower);
                ASSERT_EQ(decoded, double{Nf4::values[lower]} * wanted);
            }
        }
    }
}

TEST_P(TwoLevel, TheLargestNumberOfATensorTakesTheLargestElementAtTheLargestScale) {
    const FormatInfo& format = *find_format(GetParam().name);
    const double tensor = format.tensor_scale(3.7);
    const std::vector<double> block{0.1, -3.7};
    const Code scale = format.encode_scale(block, tensor);
    EXPECT_EQ(scale, 255U);
    EXPECT_EQ(std::abs(format.decode(format.encode_element(-3.7, scale, tensor))), format.max);
    EXPECT_EQ(format.encode_scale(std::vector<double>{1e30}, tensor), 255U);
    EXPECT_EQ(format.encode_scale(std::vector<double>{HUGE_VAL}, tensor), 255U);
    EXPECT_EQ(format.encode_scale(std::vector<double>{1e-9, std::nan("")}, tensor), 0U);
}
INSTANTIATE_TEST_SUITE_P(Format, TwoLevel,
                         testing::Values(TwoLevelCase{"vsq8", 16, 127}, TwoLevelCase{"vsq4", 16, 7},
                                         TwoLevelCase{"nf4_dq", 64, 0}),
                         [](const auto& test) { return std::string(test.param.name); });

// The nearest fp16, by the definition in reference.h.
double half(const Rational& value) {
    const double approximate = value.convert_to<double>();
    double best = 0;
    for (const double candidate :
         {Fp16::decode(Fp16::encode(approximate)), Fp16::decode(Fp16::encode(approximate * (1 - 0x1p-11))),
          Fp16::decode(Fp16::encode(approximate * (1 + 0x1p-11)))})
        if (abs(reference::exact(candidate) - value) < abs(reference::exact(best) - value)) best = candidate;
    return best;
}

TEST(Int4Group, AScaleIsTheNearestFp16AndElementsRoundAndSaturate) {
    const FormatInfo& format = *find_format("int4_g128");
    EXPECT_EQ(format.block_length, 128);
    EXPECT_EQ(format.scale_bits, 16);
    std::mt19937_64 random(9);
    for (int round = 0; round < 40; ++round) {
        const std::vector<double> block = block_of(random, 128, round);
        const Code scale = format.encode_scale(block);
        const double step = half(largest_of(block) / 7);
        ASSERT_EQ(Fp16::decode(scale), step);
        for (const double value : block) {
            const double decoded = format.decode_element(format.encode_element(value, scale), scale);
            ASSERT_EQ(decoded,
                      within(nearest(reference::exact(value) / reference::exact(step)), -8, 7) * step);
        }
    }
    EXPECT_EQ(format.encode_scale(std::vector<double>(128, 0.0)), 0U);
    EXPECT_EQ(format.decode_element(format.encode_element(5, 0), 0), 0);
    EXPECT_EQ(format.encode_element(5, 0), 0U);
    // Beyond the largest fp16 the scale stays there and elements saturate; far below the smallest it is 0.
    EXPECT_EQ(Fp16::decode(format.encode_scale(std::vector<double>{1e6, -2})), 65504);
    EXPECT_EQ(format.decode_element(format.encode_element(1e6, 0x7bff), 0x7bff), 7 * 65504.0);
    EXPECT_EQ(format.encode_scale(std::vector<double>{1e-9, -1e-9}), 0U);
}

TEST(Int8Vector, AScaleIsTheNearestFp32AndElementsRound) {
    const FormatInfo& format = *find_format("int8_vector");
    EXPECT_EQ(format.scale_bits, 32);
    EXPECT_EQ(format.line_element, "int8");
    EXPECT_GE(format.block_length, 65536) << "a line of any model";
    std::mt19937_64 random(11);
    for (int round = 0; round < 40; ++round) {
        const std::vector<double> line = block_of(random, 300, round);
        const Code scale = format.encode_scale(line);
        const double step = double{static_cast<float>(largest_of(line).convert_to<double>() / 127)};
        ASSERT_EQ(Fp32::decode(scale), step);
        for (const double value : line) {
            const double decoded = format.decode_element(format.encode_element(value, scale), scale);
            ASSERT_EQ(decoded,
                      within(nearest(reference::exact(value) / reference::exact(step)), -128, 127) * step);
        }
    }
    EXPECT_EQ(format.encode_scale(std::vector<double>(7, 0.0)), 0U);
    EXPECT_EQ(format.decode_element(format.encode_element(5, 0), 0), 0);
    for (const FormatInfo& other : formats()) EXPECT_EQ(other.line_element.empty(), other.name != format.name);
}

TEST(Int4GroupZero, TheRangeAndZeroTakeAllElements) {
    const FormatInfo& format = *find_format("int4_g128_zp");
    EXPECT_EQ(format.scale_bits, 24);
    std::mt19937_64 random(10);
    for (int round = 0; round < 40; ++round) {
        std::vector<double> block = block_of(random, 128, round);
        const double shift = (round % 5 - 2) * std::abs(block[0]) * 3;
        for (double& value : block) value += shift;
        Rational low = 0, high = 0;
        for (const double value : block) {
            low = std::min<Rational>(low, reference::exact(value));
            high = std::max<Rational>(high, reference::exact(value));
        }
        const Code scale = format.encode_scale(block);
        const double step = half((high - low) / 15);
        // The range is a double; the nearest fp16 to it and to the exact one differ only beside a tie.
        ASSERT_EQ(Fp16::decode(scale & 0xffff), step);
        const int zero = within(nearest(-low / reference::exact(step)), 0, 15);
        ASSERT_EQ(static_cast<int>(scale >> 16), zero);
        for (const double value : block) {
            const Code code = format.encode_element(value, scale);
            const int element =
                within(nearest(reference::exact(value) / reference::exact(step)) + zero, 0, 15);
            ASSERT_EQ(static_cast<int>(code), element);
            ASSERT_EQ(format.decode_element(code, scale), (element - zero) * step);
        }
        ASSERT_EQ(format.decode_element(format.encode_element(0, scale), scale), 0);
    }
    EXPECT_EQ(format.encode_scale(std::vector<double>(128, 0.0)), 0U);
    // A range too small for a scale: nothing is left of it. One that rounds down to a smaller scale: zero
    // saturates.
    EXPECT_EQ(format.encode_scale(std::vector<double>{1e-9, -1e-9}), 0U);
    EXPECT_EQ(format.encode_element(1e-9, 0), 0U);
    EXPECT_EQ(format.decode_element(format.encode_element(1e-9, 0), 0), 0);
    const Code low = format.encode_scale(std::vector<double>{-1.1e6});  // fp16 ends at 65504
    EXPECT_EQ(low >> 16, 15U);
    EXPECT_EQ(format.decode_element(format.encode_element(-1.1e6, low), low), -15 * 65504.0);
}

class Quantiles : public testing::TestWithParam<const char*> {};

TEST_P(Quantiles, OfABlockAreHeldAtTheLargestMagnitudeAsFp32) {
    const FormatInfo& format = *find_format(GetParam());
    std::mt19937_64 random(11);
    for (int round = 0; round < 40; ++round) {
        std::vector<double> block = block_of(random, 64, round);
        for (double& value : block) value = double{static_cast<float>(value)};
        const Code scale = format.encode_scale(block);
        const double largest = largest_of(block).convert_to<double>();
        ASSERT_EQ(Fp32::decode(scale), largest);
        for (const double value : block) {
            const Code code = format.encode_element(value, scale);
            ASSERT_EQ(code, largest > 0 ? format.encode_scaled(value, largest) : 7U);
            ASSERT_EQ(format.decode_element(code, scale), format.decode(code) * largest);
        }
    }
}
INSTANTIATE_TEST_SUITE_P(Format, Quantiles, testing::Values("nf4", "af4"),
                         [](const auto& test) { return std::string(test.param); });

// The tree as the paper draws it: zeros count decades, an indicator bit, and the rest a linear fraction.
class DynamicTree : public testing::TestWithParam<bool> {};

TEST_P(DynamicTree, HoldsAFractionOfAsManyBitsAsItsZerosLeave) {
    const bool is_signed = GetParam();
    const FormatInfo& format = *find_format(is_signed ? "dynamic8" : "dynamic8_unsigned");
    std::set<double> wanted{0, 1};
    for (int zeros = 0; zeros < 7; ++zeros) {
        const int bits = (is_signed ? 6 : 7) - zeros;  // behind sign, zeros and indicator
        for (int fraction = 0; fraction < 1 << bits; ++fraction) {
            const double x = std::pow(10.0, -zeros) * (0.1 + 0.9 * (fraction + 0.5) / (1 << bits));
            wanted.insert(double{static_cast<float>(x)});
            if (is_signed) wanted.insert(-double{static_cast<float>(x)});
        }
    }
    ASSERT_EQ(wanted.size(), 256U);
    Code code = 0;
    for (const double x : wanted) {
        ASSERT_NEAR(format.decode(code), x, 1e-7 * std::fabs(x)) << code;
        ASSERT_EQ(format.encode(format.decode(code), Overflow::saturate), code);
        ++code;
    }
    // The nearer of two neighbours, exactly, at any scale.
    std::mt19937_64 random(5);
    for (int i = 0; i < 20'000; ++i) {
        const double scale =
            std::ldexp(1 + std::generate_canonical<double, 53>(random), int(random() % 40) - 20);
        const float shared = static_cast<float>(scale);
        const double x = (std::generate_canonical<double, 53>(random) * 2 - 1) *
                         std::pow(10.0, -double(random() % 7)) * scale;
        const Code found = format.encode_element(x, Fp32::encode(double{shared}, Overflow::saturate));
        using Exact = decltype(reference::exact(x));
        const auto off = [&](Code c) -> Exact {
            return abs(reference::exact(x) -
                       reference::exact(format.decode(c)) * reference::exact(double{shared}));
        };
        if (found > 0) {
            ASSERT_LE(off(found), off(found - 1)) << x << ' ' << shared;
        }
        if (found < 255) {
            ASSERT_LE(off(found), off(found + 1)) << x << ' ' << shared;
        }
    }
    EXPECT_EQ(format.encode_scale(std::vector<double>{-3, 2, 0}), Fp32::encode(3, Overflow::saturate));
    EXPECT_EQ(format.decode_element(format.encode_element(5, 0), 0), 0);
}
INSTANTIATE_TEST_SUITE_P(Format, DynamicTree, testing::Bool());

TEST(Flex8, TakesTheSmallestPowerOfTwoAtWhichNothingSaturates) {
    const FormatInfo& format = *find_format("flex8_5");
    for (const double largest : {1e-12, 1e-6, 0.1, 0.5, 0.99, 0.9921875, 1.0, 63.5, 63.6, 127.0, 200.0}) {
        const double scale = format.tensor_scale(largest);
        int exponent = 0;
        ASSERT_EQ(std::frexp(scale, &exponent), 0.5) << largest;
        --exponent;
        ASSERT_LE(exponent, 0);
        ASSERT_GE(exponent, -31);
        if (exponent < 0) {
            EXPECT_LE(largest, 127 * scale);
        }
        if (exponent > -31) {
            EXPECT_GT(largest, 127 * scale / 2) << largest;
        }
    }
}

}  // namespace
}  // namespace octet
