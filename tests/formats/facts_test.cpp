// The facts of docs/formats.md, one by one.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "models/formats/list.h"
#include "models/formats/registry.h"

namespace octet {
namespace {

double quantize(std::string_view name, double value) {
    const FormatInfo& format = *find_format(name);
    return format.decode(format.encode(value, format.overflow));
}

TEST(Posit8, rounds_on_the_encoded_string_and_saturates) {
    EXPECT_EQ(quantize("posit8_1", 2048), 1024);
    EXPECT_EQ(quantize("posit8_1", 2049), 4096);
    EXPECT_EQ(quantize("posit8_1", 1536), 1024);
    EXPECT_EQ(quantize("posit8_1", 0x1.8p-12), 0x1p-12);
    EXPECT_EQ(quantize("posit8_1", 0x1p-11), 0x1p-10);
    EXPECT_EQ(quantize("posit8_1", 1e-30), 0x1p-12);
    EXPECT_EQ(quantize("posit8_1", -1e30), -4096);
    EXPECT_TRUE(std::isnan(quantize("posit8_1", std::numeric_limits<double>::infinity())));
}

TEST(Posit8, flushing_variants_turn_below_a_power_of_two_and_not_at_it) {
    EXPECT_EQ(quantize("posit8_1_ftz", 1e-30), 0);
    EXPECT_EQ(quantize("posit8_1_ftz", 0x1p-13), 0x1p-12);
    EXPECT_EQ(quantize("posit8_1_ftz", -0x1.fffffffffffffp-14), 0);
    EXPECT_EQ(quantize("posit8_2_ftz", 0x1p-26), 0x1p-24);
    EXPECT_EQ(quantize("posit8_2_ftz", 0x1.fffffffffffffp-27), 0);
}

// Calls check(value) with every non-zero real number of a format.
template <class F>
int for_each_real(auto check) {
    int count = 0;
    for (Code code = 0; code < Code{1} << F::bits; ++code) {
        const double value = F::decode(code);
        if (!std::isfinite(value) || value == 0) continue;
        ++count;
        check(value);
    }
    return count;
}

template <class Outer>
auto expect_exact_normal = [](double value) {
    EXPECT_EQ(Outer::decode(Outer::encode(value)), value);
    EXPECT_GE(std::abs(value), Outer::min_normal) << value;
};

TEST(Operands, all_254_reals_of_a_posit_are_exact_normals_of_its_operand_format) {
    EXPECT_EQ(for_each_real<Posit8_1>(expect_exact_normal<E5m4>), 254);
    EXPECT_EQ(for_each_real<Posit8_0>(expect_exact_normal<E4m5>), 254);
    EXPECT_EQ(for_each_real<Posit8_2>(expect_exact_normal<E6m3>), 254);
}

TEST(Operands, posit8_2_does_not_fit_e5m4) {
    int lost = 0;
    for_each_real<Posit8_2>(
        [&](double value) { lost += E5m4::decode(E5m4::encode(value)) != value ? 1 : 0; });
    EXPECT_GT(lost, 0);
}

TEST(Operands, nine_bits_hold_a_code_of_int8_zp_less_any_zero_point_and_eight_do_not) {
    const FormatInfo& codes = *find_format("int8_zp");
    for (const char* operand : {"int9", "bf16", "fp16"})
        EXPECT_TRUE(holds(*find_format(operand), codes)) << operand;
    for (const char* operand : {"int8", "int8_zp", "e5m4"})
        EXPECT_FALSE(holds(*find_format(operand), codes)) << operand;
}

TEST(Operands, e5m3_holds_e4m3_and_e5m2_exactly) {
    const auto check = [](double value) { EXPECT_EQ(E5m3::decode(E5m3::encode(value)), value); };
    EXPECT_EQ(for_each_real<E4m3>(check), 252);
    EXPECT_EQ(for_each_real<E5m2>(check), 246);
}

TEST(Limits, are_the_published_ones) {
    EXPECT_EQ(E4m3::max, 448);
    EXPECT_EQ(E4m3Ieee::max, 240);
    EXPECT_EQ(E5m2::max, 57344);
    EXPECT_EQ(E5m4::max, 63488);
    EXPECT_EQ(E5m4::min_normal, 0x1p-14);
    EXPECT_EQ(E5m4::min, 0x1p-18);
    EXPECT_EQ(E2m1::max, 6);
    EXPECT_EQ(E3m2::max, 28);
    EXPECT_EQ(E2m3::max, 7.5);
    EXPECT_EQ(Fp16::max, 65504);
    EXPECT_EQ(Dlfloat16::max, 0x1p33 - 0x1p24);
    EXPECT_EQ(Dlfloat16::min, 0x1p-31 + 0x1p-40);
    EXPECT_EQ(Fp32::max, std::numeric_limits<float>::max());
}

TEST(E4m3, rounds_the_overflow_tie_464_down_in_every_mode) {
    for (const Overflow mode : {Overflow::saturate, Overflow::nan, Overflow::infinity})
        EXPECT_EQ(E4m3::encode(464, mode), 0x7eU);
    EXPECT_EQ(E4m3::encode(464.0001, Overflow::nan), 0x7fU);
    EXPECT_EQ(E4m3::encode(464.0001), 0x7eU);
}

TEST(Specials, have_the_codes_of_the_standards) {
    const double infinity = std::numeric_limits<double>::infinity();
    EXPECT_EQ(E4m3::encode(std::nan("")), 0x7fU);
    EXPECT_TRUE(std::isnan(E4m3::decode(0xff)));
    EXPECT_EQ(E4m3::encode(infinity), 0x7eU);
    EXPECT_EQ(E4m3::encode(-infinity, Overflow::infinity),
              0x7fU);  // no infinity: NaN, as OCP's non-saturating mode
    EXPECT_EQ(E5m2::encode(infinity), 0x7bU);
    EXPECT_EQ(E5m2::encode(infinity, Overflow::infinity), 0x7cU);
    EXPECT_EQ(E5m2::encode(-infinity, Overflow::infinity), 0xfcU);
    EXPECT_EQ(E4m3Ieee::encode(infinity, Overflow::infinity), 0x78U);
    EXPECT_EQ(E4m3::encode(-0.0), 0x80U);
    EXPECT_EQ(Posit8_1::encode(std::nan("")), 0x80U);
    EXPECT_EQ(Posit8_1::encode(-infinity), 0x80U);
    EXPECT_EQ(Posit8_1::encode(-0.0), 0x00U);
    EXPECT_EQ(Bf16::encode(1e39), 0x7f80U);
    EXPECT_EQ(Dlfloat16::encode(1e39), 0x7fffU);
}

}  // namespace
}  // namespace octet
