// What every code means, and that encoding it gives it back.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <set>

#include "models/formats/registry.h"
#include "tests/formats/reference.h"

namespace octet {
namespace {

class Codes : public testing::TestWithParam<reference::Definition> {
  protected:
    const reference::Definition& definition = GetParam();
    const FormatInfo& format = *find_format(definition.name);

    void expect_value(Code code) {
        const reference::Number expected = reference::decode(definition, code);
        const double value = format.decode(code);
        if (expected.kind == reference::Number::nan) {
            ASSERT_TRUE(std::isnan(value)) << code;
            ASSERT_TRUE(std::isnan(format.decode(format.encode(value, format.overflow))) || !format.has_nan)
                << code;
            return;
        }
        if (expected.kind == reference::Number::infinity) {
            ASSERT_TRUE(std::isinf(value)) << code;
        } else {
            ASSERT_EQ(reference::exact(value), expected.value) << code;
        }
        if (value != 0 || definition.family == reference::Family::minifloat) {
            ASSERT_EQ(std::signbit(value), expected.negative) << code;
        }
        const bool never_made = definition.symmetric && code == Code{1} << (format.bits - 1);
        if (!never_made) {
            const bool keeps_infinity = format.kind != FormatKind::block_scaled || std::isfinite(value);
            ASSERT_EQ(
                format.encode(value, Overflow::infinity),
                keeps_infinity ? code : format.encode(std::copysign(format.max, value), Overflow::saturate));
        }
    }
};

TEST_P(Codes, mean_what_the_definition_says_and_encode_back_to_themselves) {
    ASSERT_EQ(format.bits, definition.width());
    if (format.bits <= 19) {
        for (Code code = 0; code < Code{1} << format.bits; ++code) expect_value(code);
    } else {
        std::mt19937 random(1);
        for (int i = 0; i < 100000; ++i) {
            const Code code = static_cast<Code>(random()) >> (32 - format.bits);
            expect_value(i % 2 == 0 ? code
                                    : code & ~(Code{0xff} << (format.bits - 9)));  // half of them subnormal
        }
    }
}

TEST_P(Codes, limits_are_those_of_the_codes) {
    if (definition.width() > 16) return;  // too many codes to list; the formulas are the same
    const auto values = reference::Encoder(definition).magnitudes();
    EXPECT_EQ(format.max, values.back());
    EXPECT_EQ(format.min, values[1]);
    const auto one = std::find(values.begin(), values.end(), 1.0);
    if (one != values.end() && one + 1 != values.end()) {
        EXPECT_EQ(format.epsilon, *(one + 1) - 1);
    }
}

INSTANTIATE_TEST_SUITE_P(Format, Codes, testing::ValuesIn(reference::definitions()),
                         [](const auto& test) { return test.param.name; });

TEST(Formats, every_name_of_the_list_has_a_reference_or_tests_of_its_own) {
    const std::set<std::string_view> others{
        "nf4",  "af4",          "nf4_dq",   "flint4",           "fp4_radix4", "fp4_radix4_odd",
        "lns8", "int4_g128_zp", "dynamic8", "dynamic8_unsigned"};
    for (const FormatInfo& format : formats())
        if (!others.contains(format.name)) {
            EXPECT_NO_THROW(reference::definition(std::string(format.name)));
        }
    EXPECT_EQ(formats().size(), reference::definitions().size() + others.size());
}

}  // namespace
}  // namespace octet
