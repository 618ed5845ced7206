// Array conversions give what one-by-one conversions give.
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <random>
#include <vector>

#include "models/formats/registry.h"

namespace octet {
namespace {

class Arrays : public testing::TestWithParam<std::string_view> {
  protected:
    const FormatInfo& format = *find_format(GetParam());

    Code code_at(const std::vector<std::byte>& codes, std::size_t i) const {
        Code code = 0;
        std::memcpy(&code, codes.data() + i * code_bytes(format), code_bytes(format));
        return code;
    }
};

std::vector<float>
samples() {  // every sign, exponent and leading mantissa, exact, a little above, and random
    std::vector<float> values;
    std::mt19937 random(9);
    for (std::uint32_t high = 0; high < 0x10000; high += 3)
        for (const std::uint32_t low :
             {0U, 1U, 0x7fffU, 0x8000U, 0x8001U, static_cast<std::uint32_t>(random() & 0xffff)})
            values.push_back(std::bit_cast<float>(high << 16 | low));
    return values;
}

TEST_P(Arrays, encode_floats_as_one_by_one) {
    const auto values = samples();
    std::vector<std::byte> codes(values.size() * code_bytes(format));
    for (const Overflow overflow : {Overflow::saturate, Overflow::nan, Overflow::infinity}) {
        format.encode_floats(values, codes.data(), overflow);
        for (std::size_t i = 0; i < values.size(); ++i)
            ASSERT_EQ(code_at(codes, i), format.encode(values[i], overflow)) << std::hexfloat << values[i];
    }
}

TEST_P(Arrays, encode_doubles_as_one_by_one) {
    std::vector<double> values;
    for (const float value : samples()) values.push_back(double{value} * (1 + 0x1p-50));
    std::vector<std::byte> codes(values.size() * code_bytes(format));
    format.encode_doubles(values, codes.data(), format.overflow);
    for (std::size_t i = 0; i < values.size(); ++i)
        ASSERT_EQ(code_at(codes, i), format.encode(values[i], format.overflow));
}

TEST_P(Arrays, decode_as_one_by_one) {
    std::vector<Code> wanted;
    for (std::uint64_t code = 0; code < std::uint64_t{1} << format.bits;
         code += format.bits <= 16 ? 1 : 65521)
        wanted.push_back(static_cast<Code>(code));
    std::vector<std::byte> codes(wanted.size() * code_bytes(format));
    for (std::size_t i = 0; i < wanted.size(); ++i)
        std::memcpy(codes.data() + i * code_bytes(format), &wanted[i], code_bytes(format));
    std::vector<float> values(wanted.size());
    format.decode_floats(codes.data(), values);
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        const float expected = static_cast<float>(format.decode(wanted[i]));
        ASSERT_TRUE(values[i] == expected || (std::isnan(values[i]) && std::isnan(expected))) << wanted[i];
        ASSERT_EQ(std::signbit(values[i]), std::signbit(expected));
    }
}

std::vector<std::string_view> names() {
    std::vector<std::string_view> all;
    for (const FormatInfo& format : formats()) all.push_back(format.name);
    return all;
}

INSTANTIATE_TEST_SUITE_P(Format, Arrays, testing::ValuesIn(names()),
                         [](const auto& test) { return std::string(test.param); });

}  // namespace
}  // namespace octet
