// The vector unit's operations against arithmetic of a hundred digits, rounded once.
#include "models/arithmetic/vector_math.h"

#include <gtest/gtest.h>

#include <boost/multiprecision/cpp_bin_float.hpp>
#include <cmath>
#include <functional>
#include <random>

#include "tests/arithmetic/exact.h"

namespace octet {
namespace {

using Wide = boost::multiprecision::cpp_bin_float_100;
using reference::Exact;

struct Format {
    Accumulator kind;
    const reference::Held& held;
};
const Format formats_tested[] = {{Accumulator::bf16, reference::bf16},
                                 {Accumulator::fp16, reference::fp16},
                                 {Accumulator::dlfloat16, reference::dlfloat16},
                                 {Accumulator::fp32, reference::fp32}};

// The last place of the integer says whether anything was cut off.
Exact with_sticky(const Exact& whole, bool rest) {
    const Exact magnitude = abs(whole) | Exact(rest ? 1 : 0);
    return whole < 0 ? Exact(-magnitude) : magnitude;
}

float rounded(const Wide& value, const reference::Held& format) {
    const Wide scaled = ldexp(value, 320);
    const Exact whole = scaled.convert_to<Exact>();
    Exact sum = abs(whole) | Exact(Wide(whole) != scaled ? 1 : 0);
    if (value < 0) sum = -sum;
    return reference::round(sum, format, Rounding::nearest_even);
}

float quotient(float a, float b, const reference::Held& format) {
    const Exact scaled = reference::exact_units(std::abs(a)) << 320,
                divisor = reference::exact_units(std::abs(b));
    const Exact whole = scaled / divisor;
    const Exact sum = with_sticky(whole, whole * divisor != scaled);
    return reference::round(std::signbit(a) != std::signbit(b) ? Exact(-sum) : sum, format,
                            Rounding::nearest_even);
}

// Any significand, exponents up to `reach`.
float random_number(std::mt19937& random, int reach) {
    const float significand = 1 + static_cast<float>(random() >> 9) * 0x1p-23F;
    const float x =
        std::ldexp(significand, static_cast<int>(random() % static_cast<unsigned>(2 * reach + 1)) - reach);
    return random() % 2 == 0 ? x : -x;
}

struct Function {
    const char* name;
    float (VectorMath::*ours)(float) const;
    std::function<Wide(const Wide&)> theirs;
    double low, high;  // of the arguments tried
};
std::vector<Function> functions() {
    const auto half = [](const Wide& x) { return x / 2; };
    return {
        {"exponential", &VectorMath::exponential, [](const Wide& x) { return Wide(exp(x)); }, -88, 88},
        {"tanh", &VectorMath::tanh, [](const Wide& x) { return Wide(tanh(x)); }, -12, 12},
        {"sigmoid", &VectorMath::sigmoid, [](const Wide& x) { return Wide(1 / (1 + exp(-x))); }, -80, 20},
        {"silu", &VectorMath::silu, [](const Wide& x) { return Wide(x / (1 + exp(-x))); }, -80, 20},
        {"gelu", &VectorMath::gelu,
         [=](const Wide& x) { return Wide(half(x) * boost::math::erfc(Wide(-x / sqrt(Wide(2))))); }, -12, 8},
        {"gelu_tanh", &VectorMath::gelu_tanh,
         [](const Wide& x) {
             const Wide slope = sqrt(2 / boost::math::constants::pi<Wide>());
             return Wide(x / (1 + exp(-2 * slope * (x + Wide("0.044715") * x * x * x))));
         },
         -8, 8},
        {"gelu_sigmoid", &VectorMath::gelu_sigmoid,
         [](const Wide& x) { return Wide(x / (1 + exp(-Wide("1.702") * x))); }, -50, 20},
        {"hgelu", &VectorMath::hgelu, [](const Wide& x) { return Wide(x * (Wide("1.702") * x + 3) / 6); },
         -1.7626, 1.7626},
        {"tanh_slope", &VectorMath::tanh_slope, [](const Wide& x) { return Wide(1 / (cosh(x) * cosh(x))); },
         -40, 40},
        {"sigmoid_slope", &VectorMath::sigmoid_slope,
         [](const Wide& x) { return Wide(1 / (2 + exp(x) + exp(-x))); }, -80, 80},
        {"silu_slope", &VectorMath::silu_slope,
         [](const Wide& x) {
             const Wide s = 1 / (1 + exp(-x));
             return Wide(s + x * s * (1 - s));
         },
         -80, 20},
        {"gelu_slope", &VectorMath::gelu_slope,
         [=](const Wide& x) {
             const Wide density = exp(-half(x * x)) / sqrt(2 * boost::math::constants::pi<Wide>());
             return Wide(half(boost::math::erfc(Wide(-x / sqrt(Wide(2))))) + x * density);
         },
         -12, 8},
        {"gelu_tanh_slope", &VectorMath::gelu_tanh_slope,
         [](const Wide& x) {
             const Wide c = sqrt(2 / boost::math::constants::pi<Wide>());
             const Wide t = tanh(c * (x + Wide("0.044715") * x * x * x));
             return Wide((1 + t) / 2 + x * (1 - t * t) * c * (1 + Wide("0.134145") * x * x) / 2);
         },
         -6, 6},
        {"gelu_sigmoid_slope", &VectorMath::gelu_sigmoid_slope,
         [](const Wide& x) {
             const Wide z = Wide("1.702") * x, s = 1 / (1 + exp(-z));
             return Wide(s + z * s * (1 - s));
         },
         -40, 20},
        {"hgelu_slope", &VectorMath::hgelu_slope,
         [](const Wide& x) { return Wide((2 * Wide("1.702") * x + 3) / 6); }, -1.7626, 1.7626},
        {"square_root", &VectorMath::square_root, [](const Wide& x) { return Wide(sqrt(x)); }, 0, 1e30},
        {"reciprocal_square_root", &VectorMath::reciprocal_square_root,
         [](const Wide& x) { return Wide(1 / sqrt(x)); }, 0, 1e30},
    };
}

class ElementwiseFunction : public testing::TestWithParam<Function> {};

TEST_P(ElementwiseFunction, is_the_exact_function_rounded_once) {
    const Function& f = GetParam();
    std::mt19937 random(1);
    for (const Format& format : formats_tested) {
        const VectorMath math(format.kind);
        const bool narrow = format.kind == Accumulator::bf16;
        for (int i = 0; i < (narrow ? 0x8000 : 1500); ++i) {  // bf16: every 2nd code, all signs and exponents
            const float x =
                narrow
                    ? std::bit_cast<float>(static_cast<std::uint32_t>(i) << 17 | (i % 3 == 0 ? 0x10000U : 0U))
                    : math.add(random_number(random, 6), 0);
            if (!(x >= f.low && x <= f.high) || x == 0 || std::abs(x) < 0x1p-100) continue;
            ASSERT_PRED2(reference::same_bits, (math.*f.ours)(x), rounded(f.theirs(Wide(x)), format.held))
                << format.held.name << ' ' << std::hexfloat << x;
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Of, ElementwiseFunction, testing::ValuesIn(functions()),
                         [](const auto& test) { return test.param.name; });

TEST(VectorMath, sigmoid_is_rounded_once_where_its_tangent_lies_between_two_numbers) {
    const VectorMath math(Accumulator::fp32);
    for (int k = -2047; k < 2048; ++k)
        for (const float scale : {0x1p-23F, 0x1p-24F, 0x1.000002p-23F, 0x1.fffffep-24F, 0x1p-60F}) {
            const float x = static_cast<float>(k) * scale;
            ASSERT_PRED2(reference::same_bits, math.sigmoid(x),
                         rounded(Wide(1 / (1 + exp(Wide(-x)))), reference::fp32))
                << std::hexfloat << x;
        }
}

TEST(VectorMath, limits_are_those_of_analysis) {
    const VectorMath math(Accumulator::bf16);
    EXPECT_EQ(math.exponential(-HUGE_VALF), 0);
    EXPECT_EQ(math.exponential(0), 1);
    EXPECT_EQ(math.exponential(1000), HUGE_VALF);
    EXPECT_EQ(math.gelu(-HUGE_VALF), 0);
    EXPECT_EQ(math.gelu(HUGE_VALF), HUGE_VALF);
    EXPECT_EQ(math.silu(-HUGE_VALF), 0);
    EXPECT_EQ(math.gelu_tanh(-HUGE_VALF), 0);
    EXPECT_EQ(math.sigmoid(-HUGE_VALF), 0);
    EXPECT_EQ(math.gelu_sigmoid(-HUGE_VALF), 0);
    EXPECT_EQ(math.gelu_sigmoid(HUGE_VALF), HUGE_VALF);
    for (const float x : {-HUGE_VALF, -3.0F, -1.765625F}) EXPECT_EQ(math.hgelu(x), 0) << x;
    for (const float x : {HUGE_VALF, 3.0F, 1.765625F}) EXPECT_EQ(math.hgelu(x), x);
    for (const auto slope : {&VectorMath::gelu_slope, &VectorMath::silu_slope, &VectorMath::gelu_tanh_slope,
                             &VectorMath::gelu_sigmoid_slope, &VectorMath::hgelu_slope}) {
        EXPECT_EQ((math.*slope)(-HUGE_VALF), 0);
        EXPECT_EQ((math.*slope)(-1e30F), 0);
        EXPECT_EQ((math.*slope)(1e30F), 1);
        EXPECT_EQ((math.*slope)(HUGE_VALF), 1);
    }
    EXPECT_EQ(math.tanh_slope(HUGE_VALF), 0);
    EXPECT_EQ(math.sigmoid_slope(-HUGE_VALF), 0);
    EXPECT_EQ(math.reciprocal_square_root(4), 0.5);
    EXPECT_EQ(math.square_root(-0.0F), 0);
    for (const Function& f : functions()) EXPECT_TRUE(std::isnan((math.*f.ours)(NAN))) << f.name;
}

TEST(VectorMath, arithmetic_is_rounded_once) {
    std::mt19937 random(2);
    for (const Format& format : formats_tested) {
        const VectorMath math(format.kind);
        const auto number = [&] { return math.add(random_number(random, 10), 0); };
        for (int i = 0; i < 4000; ++i) {
            const float a = number(),
                        b = i % 4 == 0 ? std::ldexp(a, static_cast<int>(random() % 5) - 12) : number();
            ASSERT_PRED2(reference::same_bits, math.add(a, b), reference::add(a, b, format.held));
            ASSERT_PRED2(reference::same_bits, math.subtract(a, b), reference::add(a, -b, format.held));
            ASSERT_PRED2(
                reference::same_bits, math.multiply(a, b),
                reference::round(reference::exact_product(a, b), format.held, Rounding::nearest_even));
            if (b != 0) {
                ASSERT_PRED2(reference::same_bits, math.divide(a, b), quotient(a, b, format.held))
                    << a << " / " << b;
            }
        }
    }
    const VectorMath fp32(Accumulator::fp32);
    EXPECT_TRUE(std::isnan(fp32.divide(0, 0)));
    EXPECT_EQ(fp32.divide(-1, 0), -HUGE_VALF);
    EXPECT_EQ(fp32.divide(0x1p-149F, 2), 0);
}

// Of `row` from `first` on, `width` of them a power of two, as a tree.
float tree(const VectorMath& math, std::span<const float> row, std::size_t first, std::size_t width,
           std::size_t lanes) {
    if (width == 1) return first < row.size() && first % 1000 < lanes ? row[first] : 0.0F;
    return math.add(tree(math, row, first, width / 2, lanes),
                    tree(math, row, first + width / 2, width / 2, lanes));
}

TEST(VectorMath, sum_is_a_tree_over_the_lanes_then_a_running_sum) {
    std::mt19937 random(3);
    std::normal_distribution<float> normal;
    const VectorMath math(Accumulator::bf16);
    for (const std::size_t lanes : {1UL, 3UL, 8UL, 16UL})
        for (const std::size_t count : {1UL, 5UL, 16UL, 100UL}) {
            std::vector<float> row(count);
            for (float& x : row) x = math.add(normal(random), 0);
            float expected = 0;
            for (std::size_t start = 0; start < count; start += lanes)
                expected = math.add(
                    expected, tree(math, std::span(row).subspan(start, std::min(lanes, count - start)), 0,
                                   std::bit_ceil(lanes), lanes));
            EXPECT_EQ(math.sum(row, lanes), expected) << lanes << ' ' << count;
        }
    EXPECT_FALSE(std::signbit(math.sum(std::vector<float>(4, -0.0F), 4))) << "the running sum starts at +0";
}

}  // namespace
}  // namespace octet
