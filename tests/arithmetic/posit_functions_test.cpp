// The approximate posit functions: every 16-bit code, against the same manipulations of strings of bits and
// against the functions they stand for.
#include "models/arithmetic/posit_functions.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "tests/formats/reference.h"

namespace octet {
namespace {

using reference::Rational;

std::string bits_of(Code code) {
    std::string bits;
    for (int i = 15; i >= 0; --i) bits += (code >> i & 1) != 0 ? '1' : '0';
    return bits;
}
Code code_of(const std::string& bits) {
    return static_cast<Code>(std::stoul(bits, nullptr, 2));
}
char inverse(char bit) {
    return bit == '1' ? '0' : '1';
}

double value(const char* format, Code code) {
    return reference::to_double(reference::decode(reference::definition(format), code).value);
}

TEST(ApproximateSigmoid, inverts_the_first_bit_and_moves_right_by_two_for_every_code) {
    for (Code code = 0; code < 0x10000; ++code) {
        std::string bits = bits_of(code);
        bits[0] = inverse(bits[0]);
        ASSERT_EQ(approximate_sigmoid(code), code_of("00" + bits.substr(0, 14))) << code;
        if (code == 0x8000) continue;
        const double x = value("posit16_0", code);
        ASSERT_NEAR(Posit16_0::decode(approximate_sigmoid(code)), 1 / (1 + std::exp(-x)), 0.0491) << x;
    }
    EXPECT_EQ(Posit16_0::decode(approximate_sigmoid(0)), 0.5);
}

TEST(ApproximateReciprocal, inverts_all_bits_but_the_first_for_every_code) {
    for (Code code = 0; code < 0x10000; ++code) {
        if (code == 0x8000) continue;
        std::string bits = bits_of(code);
        for (std::size_t i = 1; i < 16; ++i) bits[i] = inverse(bits[i]);
        ASSERT_EQ(approximate_reciprocal(code), code_of(bits)) << code;
    }
    EXPECT_EQ(approximate_reciprocal(Code{0x8000}), 0x8000U);
}

TEST(ApproximateReciprocal, is_linear_between_powers_of_two_one_place_low_and_at_most_an_eighth_off) {
    for (const char* format : {"posit16_0", "posit16_1"})
        for (Code code = 2; code < 0x7fff; ++code) {
            const double x = value(format, code);
            const int n = std::ilogb(x);
            const Rational line =
                reference::power_of_two(-n - 1) * (3 - reference::exact(x) * reference::power_of_two(-n));
            ASSERT_EQ(
                reference::decode(reference::definition(format), approximate_reciprocal(code) + 1).value,
                line)
                << x;
            const double product = x * value(format, approximate_reciprocal(code));
            ASSERT_LE(product, 1.125) << x;
            if (std::abs(n) < 8) {
                ASSERT_GE(product, 0.98) << x;
            }
        }
}

TEST(ApproximateReciprocal, of_numbers_passes_through_posit16_1) {
    EXPECT_EQ(approximate_reciprocal(1.0), value("posit16_1", 0x3fff));
    EXPECT_EQ(approximate_reciprocal(384.0), value("posit16_1", 0x7fff ^ Posit16_1::encode(384)));
    EXPECT_TRUE(std::isnan(approximate_reciprocal(std::nan(""))));
    EXPECT_NEAR(approximate_reciprocal(-4.0), -0.25, 1e-3);
}

TEST(ApproximateReciprocal, slope_is_that_of_the_line) {
    for (const double sum : {0.9, 1.0, 1.5, 2.0, 3.99, 4.0, 100.0, 384.0}) {
        const int n = std::ilogb(sum);
        const double slope =
            (std::ldexp(1, -n - 1) - std::ldexp(1, -n)) / (std::ldexp(1, n + 1) - std::ldexp(1, n));
        EXPECT_EQ(approximate_reciprocal_slope(sum), slope) << sum;
    }
}

TEST(ApproximateExponential, has_the_epsilon_at_which_it_is_zero_at_theta) {
    EXPECT_NEAR(ApproximateExponential(-5).epsilon(), 1.109253, 5e-7);
    EXPECT_NEAR(ApproximateExponential(-4).epsilon(), 1.124878, 5e-7);
    EXPECT_NEAR(ApproximateExponential(-3).epsilon(), 1.187378, 5e-7);
    EXPECT_NEAR(ApproximateExponential(-2).epsilon(), 1.249878, 5e-7);
    for (const double theta : {-5.0, -4.0, -3.0, -2.0, -3.3})
        EXPECT_EQ(ApproximateExponential(theta)(theta), 0);
    EXPECT_EQ(ApproximateExponential(-4)(0), 0.875);
    EXPECT_EQ(ApproximateExponential(-4)(-HUGE_VAL), 0);
    EXPECT_TRUE(std::isnan(ApproximateExponential(-4)(std::nan(""))));
}

TEST(ApproximateExponential, of_every_posit_from_theta_to_zero_takes_the_documented_steps) {
    const reference::Encoder posit16_1(reference::definition("posit16_1"));
    for (const double theta : {-5.0, -4.0, -2.0}) {
        const ApproximateExponential exponential(theta);
        double before = HUGE_VAL;
        for (Code code = 0; code < 0x7fff; ++code) {  // -x, rising
            const double x = -value("posit16_0", code);
            std::string bits = bits_of(code);
            bits = "00" + std::string(1, inverse(bits[0])) + bits.substr(1, 13);
            for (std::size_t i = 1; i < 16; ++i) bits[i] = inverse(bits[i]);
            const double difference = value("posit16_0", code_of(bits)) - exponential.epsilon();
            const double expected =
                x < theta || difference <= 0 ? 0 : value("posit16_1", posit16_1.encode(difference));
            ASSERT_EQ(exponential(x), expected) << x;
            ASSERT_LE(exponential(x), before);
            before = exponential(x);
        }
    }
}

TEST(ApproximateExponential, with_any_epsilon_is_rounded_to_posit16_1_and_not_negative) {
    const reference::Encoder posit16_1(reference::definition("posit16_1"));
    for (const double epsilon : {1.10925, 1.2, 1.0000001, 1.9}) {
        const ApproximateExponential exponential(-5, epsilon);
        for (double x = -5; x <= 0; x += 0.01) {
            const double difference =
                value("posit16_0", approximate_reciprocal(approximate_sigmoid(Posit16_0::encode(-x)))) -
                epsilon;
            ASSERT_EQ(exponential(x), difference <= 0 ? 0 : value("posit16_1", posit16_1.encode(difference)))
                << x;
        }
    }
}

TEST(ApproximateExponential, rounds_its_argument_to_posit16_0) {
    const ApproximateExponential exponential(-4);
    const double step = value("posit16_0", 0x4001) - 1;  // the next posit above 1
    EXPECT_EQ(exponential(-1 - step * 0.49), exponential(-1));
    EXPECT_EQ(exponential(-1 - step * 0.51), exponential(-1 - step));
}

TEST(ApproximateExponential, has_the_mean_errors_of_the_paper) {
    const auto mean_error = [](const ApproximateExponential& f) {
        constexpr int points = 500;
        double sum = 0;
        for (int i = 0; i <= points; ++i)
            sum += std::abs(f(-10.0 * i / points) - std::exp(-10.0 * i / points));
        return sum / (points + 1);
    };
    EXPECT_NEAR(mean_error({-5, 1.0}), 0.063, 5e-4);
    EXPECT_NEAR(mean_error(ApproximateExponential(-5)), 0.0121, 1e-4);
    EXPECT_NEAR(mean_error(ApproximateExponential(-4)), 0.0088, 1e-4);
    EXPECT_NEAR(mean_error(ApproximateExponential(-3)), 0.022, 5e-4);
    EXPECT_NEAR(mean_error(ApproximateExponential(-2)), 0.038, 5e-4);
}

}  // namespace
}  // namespace octet
