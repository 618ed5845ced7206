// The rules of the MX formats and of msfp12, whose scales are theirs.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "models/formats/registry.h"
#include "tests/formats/reference.h"

namespace octet {
namespace {

struct MxCase {
    const char* name;
    int max_exponent;  // emax
};

class Mx : public testing::TestWithParam<MxCase> {
  protected:
    const FormatInfo& format = *find_format(GetParam().name);
    const reference::Encoder element{reference::definition(GetParam().name)};

    Code scale_of(const std::vector<double>& block) { return format.encode_scale(block); }
};

TEST_P(Mx, scale_is_the_power_of_two_that_puts_the_largest_at_emax_and_elements_round_and_saturate) {
    std::mt19937_64 random(2);
    std::normal_distribution<double> normal;
    for (int round = 0; round < 200; ++round) {
        std::vector<double> block(32);
        const double spread = std::ldexp(1.0, round % 60 - 30);
        for (double& value : block) value = normal(random) * spread * std::exp2(3 * normal(random));
        if (round % 5 == 0) block[3] = std::ldexp(1.0, round % 40 - 20) * (round % 2 == 0 ? 1 : 1.9999999);

        int exponent = -1000;  // floor(log2(amax)), found by comparison
        reference::Rational amax = 0;
        for (const double value : block)
            amax = std::max<reference::Rational>(amax, abs(reference::exact(value)));
        while (reference::power_of_two(exponent + 1) <= amax) ++exponent;
        const int scale_exponent = exponent - GetParam().max_exponent;

        const Code scale = scale_of(block);
        ASSERT_EQ(static_cast<int>(scale), scale_exponent + 127);
        for (const double value : block) {
            const double scaled = std::ldexp(value, -scale_exponent);
            ASSERT_EQ(format.encode_element(value, scale), element.encode(scaled)) << value;
            ASSERT_EQ(format.decode_element(format.encode_element(value, scale), scale),
                      std::ldexp(format.decode(element.encode(scaled)), scale_exponent));
        }
    }
}

TEST_P(Mx, scale_code_of_zeros_is_zero_and_both_ends_clamp) {
    EXPECT_EQ(scale_of(std::vector<double>(32, 0.0)), 0x00U);
    EXPECT_EQ(scale_of({1e-300, 0}), 0x00U);
    EXPECT_EQ(scale_of({0x1p-127}), 0x00U);
    EXPECT_EQ(scale_of({1, 1e300}), 0xfeU);
    EXPECT_EQ(scale_of({std::ldexp(1.0, GetParam().max_exponent)}), 0x7fU);
    EXPECT_EQ(scale_of({std::nextafter(std::ldexp(1.0, GetParam().max_exponent), 0)}), 0x7eU);
    EXPECT_EQ(format.encode_element(1e300, 0xfe), format.encode(HUGE_VAL, Overflow::saturate));
}

TEST_P(Mx, nan_stays_with_its_element_or_takes_the_block) {
    const double nan = std::nan("");
    const Code scale = scale_of({1, nan, -3});
    if (format.has_nan) {
        EXPECT_EQ(scale, scale_of({1, -3}));
        EXPECT_TRUE(std::isnan(format.decode_element(format.encode_element(nan, scale), scale)));
    } else {
        EXPECT_EQ(scale, 0xffU);
        EXPECT_TRUE(std::isnan(format.decode_element(format.encode_element(1, scale), scale)));
    }
}

INSTANTIATE_TEST_SUITE_P(Format, Mx,
                         testing::Values(MxCase{"mxfp8_e4m3", 8}, MxCase{"mxfp8_e5m2", 15},
                                         MxCase{"mxfp6_e3m2", 4}, MxCase{"mxfp6_e2m3", 2},
                                         MxCase{"mxfp4_e2m1", 2}, MxCase{"mxint8", 0}, MxCase{"msfp12", 0}),
                         [](const auto& test) { return std::string(test.param.name); });

TEST(MxInt8, never_makes_the_code_minus_128) {
    const FormatInfo& format = *find_format("mxint8");
    EXPECT_EQ(format.encode(-1.9999, Overflow::saturate), 0x81U);
    EXPECT_EQ(format.encode(1.9999, Overflow::saturate), 0x7fU);
    EXPECT_EQ(format.decode(0x01), 1.0 / 64);
}

}  // namespace
}  // namespace octet
