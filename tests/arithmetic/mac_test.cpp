// One multiply-accumulate: every pair of operands of each 8-bit multiplier, against exact arithmetic.
#include "models/arithmetic/mac.h"

#include <gtest/gtest.h>

#include <random>
#include <tuple>

#include "models/formats/registry.h"
#include "tests/arithmetic/exact.h"

namespace octet {
namespace {

struct Sum {
    Accumulator kind;
    const reference::Held& held;
};
const Sum sums[] = {{Accumulator::fp32, reference::fp32},
                    {Accumulator::bf16, reference::bf16},
                    {Accumulator::fp16, reference::fp16},
                    {Accumulator::dlfloat16, reference::dlfloat16}};
constexpr Rounding roundings[] = {Rounding::nearest_even, Rounding::truncate, Rounding::stochastic};

class Multiplier : public testing::TestWithParam<std::tuple<const char*, int>> {};

TEST_P(Multiplier, of_all_65536_pairs_rounds_the_exact_sum_once) {
    const auto& [name, sum_index] = GetParam();
    const FormatInfo& format = *find_format(name);
    const Sum& sum = sums[sum_index];
    std::vector<float> values(256);
    for (Code code = 0; code < 256; ++code) values[code] = static_cast<float>(format.decode(code));

    std::mt19937 random(1);
    std::normal_distribution<float> normal;
    for (Code a = 0; a < 256; ++a)
        for (Code b = 0; b < 256; ++b) {
            const Rounding mode = roundings[(a + b) % 3];
            const FloatMac mac = float_mac(sum.kind, mode);
            const std::uint32_t draw = random() & 0xffff;
            // From zero, from a sum nearby, and from one that the product only nudges.
            const float product = values[a] * values[b];
            const float near =
                sum.held.infinity ? normal(random) * (product == product ? product : 1) : normal(random);
            for (const float start : {0.0F, near, near * 300}) {
                const float from = float_mac(sum.kind, Rounding::nearest_even)(start, 0, 0, 0);
                if (!std::isfinite(from)) continue;
                const float expected = reference::mac(from, values[a], values[b], sum.held, mode, draw);
                const float actual = mac(from, values[a], values[b], draw);
                ASSERT_PRED2(reference::same_bits, actual, expected)
                    << values[a] << " * " << values[b] << " + " << from << " mode " << static_cast<int>(mode);
            }
        }
}

INSTANTIATE_TEST_SUITE_P(EightBit, Multiplier,
                         testing::Combine(testing::Values("posit8_0", "posit8_1", "posit8_2", "e4m3",
                                                          "e4m3_ieee", "e5m2", "int8"),
                                          testing::Range(0, 4)),
                         [](const auto& test) {
                             return std::string(std::get<0>(test.param)) + "_into_" +
                                    sums[std::get<1>(test.param)].held.name;
                         });

TEST(Multiplier, of_operand_formats_of_9_and_10_bits_is_exact_in_fp32) {
    for (const char* name : {"e5m3", "e5m4", "e4m5", "e6m3"}) {
        const FormatInfo& format = *find_format(name);
        for (Code a = 0; a < Code{1} << format.bits; a += 3)
            for (Code b = 0; b < Code{1} << format.bits; b += 5) {
                const double x = format.decode(a), y = format.decode(b);
                if (!std::isfinite(x) || !std::isfinite(y)) continue;
                const float got = Fp32Accumulator::mac<Rounding::nearest_even>(0, static_cast<float>(x),
                                                                               static_cast<float>(y));
                ASSERT_EQ(got, x * y) << name;
            }
    }
}

TEST(Mac, makes_the_canonical_nan_and_the_infinities_of_its_format) {
    const float nan = std::numeric_limits<float>::quiet_NaN(), infinity = HUGE_VALF;
    for (const Sum& sum : sums)
        for (const Rounding mode : roundings) {
            const FloatMac mac = float_mac(sum.kind, mode);
            for (const float result : {mac(0, nan, 1, 0), mac(0, -nan, 1, 0), mac(infinity, infinity, -1, 0),
                                       mac(1, infinity, 0, 0)})
                EXPECT_EQ(std::bit_cast<std::uint32_t>(result), 0x7fc00000U);
            EXPECT_EQ(std::isinf(mac(0, infinity, -2, 0)), sum.held.infinity);
        }
    EXPECT_EQ(float_mac(Accumulator::bf16, Rounding::truncate)(0x1.fep127F, 0x1p100F, 0x1p27F, 0),
              0x1.fep127F);
    EXPECT_EQ(float_mac(Accumulator::bf16, Rounding::nearest_even)(0x1.fep127F, 0x1p60F, 0x1p59F, 0),
              HUGE_VALF);
    EXPECT_TRUE(
        std::isnan(float_mac(Accumulator::dlfloat16, Rounding::nearest_even)(0x1p32F, 0x1p16F, 0x1p16F, 0)));
}

TEST(Mac, keeps_the_sign_of_zero_as_ieee_addition_does) {
    for (const Sum& sum : sums)
        for (const Rounding mode : roundings) {
            const FloatMac mac = float_mac(sum.kind, mode);
            EXPECT_FALSE(std::signbit(mac(0.0F, -1, 0, 0)));
            EXPECT_TRUE(std::signbit(mac(-0.0F, -1, 0, 0)));
            EXPECT_FALSE(std::signbit(mac(3, -1, 3, 0)));
            EXPECT_TRUE(std::signbit(mac(0.0F, -0x1p-100F, 0x1p-60F, 0)));  // underflows to minus zero
        }
}

TEST(AddToOdd, rounded_again_is_rounded_once) {
    std::mt19937_64 random(1);
    std::uniform_int_distribution<int> exponents(-70, 70);
    const auto number = [&] {
        return std::ldexp(static_cast<double>(random() >> 16), exponents(random)) *
               (random() % 2 == 0 ? 1 : -1);
    };
    int inexact = 0;
    for (int i = 0; i < 20000; ++i) {
        const double a = number();
        double b = i % 3 == 0 ? std::ldexp(a, -53 - i % 5) : number();
        if (i % 7 == 0) b = -a + std::ldexp(b, -60);
        b = std::ldexp(std::trunc(std::ldexp(b, 200)), -200);
        const double odd = add_to_odd(a, b);
        const auto sum = reference::exact_units(a) + reference::exact_units(b);
        inexact += reference::exact_units(odd) != sum ? 1 : 0;
        for (const Rounding mode : {Rounding::nearest_even, Rounding::truncate})
            ASSERT_EQ(reference::round(reference::exact_units(odd), reference::fp32, mode),
                      reference::round(sum, reference::fp32, mode));
    }
    EXPECT_GT(inexact, 5000);
}

TEST(MultiplyToOdd, rounded_again_is_rounded_once) {
    std::mt19937_64 random(1);
    int inexact = 0;
    for (int i = 0; i < 20000; ++i) {
        // Products of 33 and 24 bits; every third a hair beside the middle between two numbers of 24 bits,
        // nearer than a double shows, and so above or below it only by how it is rounded to odd.
        auto a_bits = random() >> 31;
        const auto b_bits = random() >> 40 | 1 | 1U << 23U;
        if (i % 3 == 0) {
            std::uint64_t inverse = b_bits;  // of b modulo 2^64
            for (int step = 0; step < 5; ++step) inverse *= 2 - b_bits * inverse;
            const std::uint64_t middle = std::uint64_t{1} << 32, beside = 1 + random() % 7;
            a_bits = (i % 4 < 2 ? middle + beside : middle - beside) * inverse % (2 * middle);
            if (a_bits < middle) continue;
        }
        double a = static_cast<double>(a_bits), b = static_cast<double>(b_bits);
        if (i % 2 == 0) a = -a;
        b = std::ldexp(b, -60);
        const double odd = multiply_to_odd(a, b);
        const auto product = reference::exact_units(a) * static_cast<std::int64_t>(std::ldexp(b, 60));
        const auto seen = reference::exact_units(std::ldexp(odd, 60));
        inexact += seen != product ? 1 : 0;
        for (const Rounding mode : {Rounding::nearest_even, Rounding::truncate})
            ASSERT_EQ(reference::round(seen, reference::fp32, mode),
                      reference::round(product, reference::fp32, mode))
                << a << " * " << b;
    }
    EXPECT_GT(inexact, 3000);
}

}  // namespace
}  // namespace octet
