// The integer functions: the published formulas in big integers and rationals, and how far they are from the
// real ones.
#include "models/arithmetic/ibert.h"
#include "models/arithmetic/integer_rows.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <random>
#include <vector>

#include "tests/formats/reference.h"

namespace octet {
namespace {

using boost::multiprecision::cpp_int;
using reference::Rational;

cpp_int floor_of(const Rational& x) {
    cpp_int whole = numerator(x) / denominator(x);
    if (Rational(whole) > x) --whole;
    return whole;
}
cpp_int floor_of(double x) {
    return floor_of(reference::exact(x));
}

TEST(IBertExponential, is_the_published_integer_formula) {
    for (const double scale : {0.1, 0.01, 0.001, 0.0004})
        for (std::int64_t x = 0; x > static_cast<std::int64_t>(-40 / scale);
             x -= 1 + static_cast<std::int64_t>(0.003 / scale)) {
            const cpp_int step = floor_of(-0.6931 / scale), n = 30;
            const cpp_int value = std::max<cpp_int>(x, n * step);
            const cpp_int q = floor_of(Rational(value) / Rational(step)), r = value - step * q;
            const cpp_int b = floor_of(0.96963238 / 0.35815147 / scale),
                          c = floor_of(1 / 0.35815147 / (scale * scale));
            const cpp_int z = (r + b) * r + c;
            const cpp_int expected = std::max<cpp_int>(z * (cpp_int(1) << static_cast<unsigned>(30 - q)), 0);
            const auto result = ibert::exponential({x, scale});
            ASSERT_EQ(result.value, expected) << x;
            ASSERT_NEAR(result.real(), std::exp(static_cast<double>(x) * scale),
                        scale <= 0.001 ? 0.004 : 0.3 * scale + 0.004);
        }
}

TEST(IBertExponential, needs_more_than_32_bits) {
    EXPECT_NEAR(static_cast<double>(ibert::exponential({0, 0.011}).value), 2.5e13, 0.1e13);
    EXPECT_EQ(ibert::exponential({-1000000, 0.01}).value, ibert::exponential({30 * -70, 0.01}).value);
}

TEST(IBertGelu, is_the_published_integer_formula) {
    for (const double scale : {0.05, 0.01, 0.002})
        for (std::int64_t x = static_cast<std::int64_t>(-6 / scale); x < static_cast<std::int64_t>(6 / scale);
             ++x) {
            const double inner = scale / 1.4142;
            const cpp_int b = floor_of(-1.769 / inner), c = floor_of(1 / -0.2888 / (inner * inner));
            const cpp_int magnitude = std::min<cpp_int>(std::abs(x), -b);
            cpp_int curve = (magnitude + b) * (magnitude + b) + c;
            if (x < 0) curve = -curve;
            if (x == 0) curve = 0;
            const cpp_int erf = floor_of(Rational(curve) / 16384);
            const double erf_scale = inner * inner * -0.2888 * 16384;
            const cpp_int expected = x * (erf + floor_of(1 / erf_scale));
            const auto result = ibert::gelu({x, scale});
            ASSERT_EQ(result.value, expected) << x;
            const double real = static_cast<double>(x) * scale;
            if (scale == 0.002) {
                ASSERT_NEAR(result.real(), real / 2 * std::erfc(-real / std::sqrt(2.0)), 0.035) << real;
            }
        }
}

TEST(IBertSquareRoot, is_the_floor_of_the_real_one) {
    std::mt19937_64 random(1);
    for (int i = 0; i < 200000; ++i) {
        const auto x =
            static_cast<std::int64_t>(i < 70000 ? static_cast<std::uint64_t>(i) : random() >> (2 + i % 60));
        const std::int64_t root = ibert::square_root(x);
        ASSERT_LE(cpp_int(root) * root, x);
        ASSERT_GT((cpp_int(root) + 1) * (root + 1), x);
    }
    EXPECT_EQ(ibert::square_root(0), 0);
}

TEST(IBertSoftmax, sums_to_nearly_one_and_is_close_to_the_real_one) {
    std::mt19937 random(2);
    std::vector<std::int64_t> row(100), result(100);
    for (auto& x : row) x = static_cast<std::int64_t>(random() % 2000) - 1000;
    const double scale = 0.005;
    ibert::softmax(row, scale, 16, result);
    double total = 0, largest = -1e9;
    for (const auto x : row) largest = std::max(largest, static_cast<double>(x) * scale);
    for (const auto x : row) total += std::exp(static_cast<double>(x) * scale - largest);
    for (std::size_t i = 0; i < row.size(); ++i)
        EXPECT_NEAR(static_cast<double>(result[i]) / 65536,
                    std::exp(static_cast<double>(row[i]) * scale - largest) / total, 1e-3);
    const auto sum = std::accumulate(result.begin(), result.end(), std::int64_t{0});
    EXPECT_LE(sum, 65536);
    EXPECT_GT(sum, 65536 - 200);
}

TEST(IBertSoftmax, cuts_exponentials_to_16_bits_and_multiplies_by_a_floored_reciprocal) {
    const std::vector<std::int64_t> row{0, -70, -140, -33, -501};
    for (const int bits : {8, 16, 30})
        for (const double scale : {0.01, 0.0123}) {
            std::vector<std::int64_t> result(row.size());
            ibert::softmax(row, scale, bits, result);
            cpp_int sum = 0;
            std::vector<cpp_int> cut;
            const cpp_int top = ibert::exponential({0, scale}).value;
            unsigned places = 0;
            while ((top >> places) >= 65536) ++places;
            for (const auto x : row)
                cut.emplace_back(cpp_int(ibert::exponential({x, scale}).value) >> places), sum += cut.back();
            const cpp_int factor = (cpp_int(1) << 32) / sum;
            for (std::size_t i = 0; i < row.size(); ++i)
                EXPECT_EQ(result[i], (cut[i] * factor) >> static_cast<unsigned>(32 - bits));
        }
}

TEST(IBertLayernorm, rounds_the_mean_and_floors_all_else) {
    for (const std::vector<std::int64_t>& row : {std::vector<std::int64_t>{0, 1, 1, 1},
                                                 {-1, -1, -1, 0},
                                                 {0, 1, 0, 1},
                                                 {-3, 4, 100, -77, 5},
                                                 {-8, -9, -9, 2}}) {
        const cpp_int count = row.size();
        cpp_int sum = 0, squares = 0;
        for (const auto x : row) sum += x;
        const cpp_int mean = floor_of(Rational(sum) / Rational(count) + Rational(1, 2));
        for (const auto x : row) squares += (x - mean) * (x - mean);
        const cpp_int factor = (cpp_int(1) << 31) / sqrt(squares);
        std::vector<std::int64_t> result(row.size());
        EXPECT_EQ(ibert::layernorm(row, result), std::sqrt(static_cast<double>(row.size())) / (1 << 30));
        for (std::size_t i = 0; i < row.size(); ++i)
            EXPECT_EQ(result[i], floor_of(Rational((row[i] - mean) * factor) / 2)) << i;
    }
}

TEST(IBertLayernorm, is_close_to_the_real_one) {
    std::mt19937 random(3);
    for (const int offset : {-500, 0, 333}) {
        std::vector<std::int64_t> row(768), result(768);
        double mean = 0, variance = 0;
        for (auto& x : row)
            x = static_cast<std::int64_t>(random() % 2001) - 1000 + offset,
            mean += static_cast<double>(x) / 768;
        for (const auto x : row)
            variance += (static_cast<double>(x) - mean) * (static_cast<double>(x) - mean) / 768;
        const double scale = ibert::layernorm(row, result);
        for (std::size_t i = 0; i < row.size(); ++i)
            ASSERT_NEAR(static_cast<double>(result[i]) * scale,
                        (static_cast<double>(row[i]) - mean) / std::sqrt(variance), 2e-3);
    }
    std::vector<std::int64_t> flat(8, 5), result(8);
    ibert::layernorm(flat, result);
    EXPECT_EQ(result, std::vector<std::int64_t>(8, 0));
}

// The nearest number of the format to an exact rational.
float nearest(const Rational& exact, const VectorMath& math) {
    const auto near = static_cast<float>(exact.convert_to<double>());
    float best = math.round(double{near});
    for (const float candidate : {std::nextafter(near, -HUGE_VALF), std::nextafter(near, HUGE_VALF),
                                  near * (1 - 0x1p-7F), near * (1 + 0x1p-7F)}) {
        const float rounded = math.round(double{candidate});
        if (abs(reference::exact(rounded) - exact) < abs(reference::exact(best) - exact)) best = rounded;
    }
    return best;
}
// To the nearest whole number, a tie to the even one, within 2^(bits - 1).
cpp_int steps(float x, int bits) {
    const Rational scaled = reference::exact(x) * 4096;
    cpp_int whole = floor_of(Rational(scaled + Rational(1, 2)));
    if (Rational(whole) == scaled + Rational(1, 2) && whole % 2 != 0) --whole;
    const cpp_int end = cpp_int(1) << static_cast<unsigned>(bits - 1);
    return std::clamp<cpp_int>(whole, -end, end - 1);
}

TEST(IntegerGelu, RoundsTheIntegerResultAtItsScaleOnce) {
    std::mt19937_64 random(4);
    const double scale = 0x1p-12 / 1.4142;
    const cpp_int b = floor_of(-1.769 / scale), c = floor_of(1 / -0.2888 / (scale * scale));
    const double erf_scale = scale * scale * -0.2888 * 16384;
    for (const Accumulator format : {Accumulator::fp32, Accumulator::bf16}) {
        const VectorMath math(format);
        for (int i = 0; i < 4000; ++i) {
            float x = std::normal_distribution<float>(0, i % 4 == 0 ? 1000 : 1.5F)(random);
            if (i % 5 == 0) x = std::ldexp(std::round(x * 64), i % 10 == 0 ? -13 : 20);  // ties, and the ends
            x = math.round(double{x});
            const cpp_int value = steps(x, 32), size = abs(value);
            cpp_int curve = (std::min<cpp_int>(size, -b) + b) * (std::min<cpp_int>(size, -b) + b) + c;
            curve *= value.sign();
            const cpp_int erf = floor_of(Rational(curve) / 16384);
            const cpp_int result = value * (erf + floor_of(1 / erf_scale));
            const float wanted = nearest(Rational(result) * reference::exact(0x1p-12 * erf_scale / 2), math);
            ASSERT_EQ(integer_gelu(math, x), wanted) << std::hexfloat << x;
        }
        EXPECT_TRUE(std::isnan(integer_gelu(math, NAN)));
        EXPECT_EQ(integer_gelu(math, HUGE_VALF), integer_gelu(math, 0x1p30F));
    }
    for (float x = -6; x < 6; x += 0.01F)
        EXPECT_NEAR(integer_gelu(VectorMath(Accumulator::fp32), x), x / 2 * std::erfc(-x / std::sqrt(2.0F)),
                    0.019);
}

TEST(IntegerLayernorm, RoundsTheIntegerResultAtItsScaleOnceAndAppliesGammaAndBeta) {
    std::mt19937_64 random(5);
    for (const Accumulator format : {Accumulator::fp32, Accumulator::bf16}) {
        const VectorMath math(format);
        for (const std::size_t n : {1UL, 2UL, 7UL, 64UL, 300UL}) {
            std::vector<float> x(n), gamma(n), beta(n), y(n), plain(n);
            std::normal_distribution<float> normal(0, n == 7 ? 400 : 1);
            for (std::vector<float>* row : {&x, &gamma, &beta})
                for (float& value : *row) value = math.round(double{normal(random)} + (row == &x ? 3 : 0));
            cpp_int sum = 0, squares = 0;
            for (const float value : x) sum += steps(value, 21);
            const cpp_int mean = floor_of(Rational(sum) / Rational(cpp_int(n)) + Rational(1, 2));
            for (const float value : x) squares += (steps(value, 21) - mean) * (steps(value, 21) - mean);
            const cpp_int root = std::max<cpp_int>(sqrt(squares), 1);
            const cpp_int factor = (cpp_int(1) << 31) / root;
            integer_layernorm(math, x, gamma, beta, y);
            integer_layernorm(math, x, {}, {}, plain);
            const double scale = std::sqrt(static_cast<double>(n)) / (1 << 30);
            for (std::size_t i = 0; i < n; ++i) {
                const cpp_int result = floor_of(Rational((steps(x[i], 21) - mean) * factor) / 2);
                const float wanted = nearest(Rational(result) * reference::exact(scale), math);
                ASSERT_EQ(plain[i], wanted) << n << ' ' << i;
                ASSERT_EQ(y[i], math.add(math.multiply(wanted, gamma[i]), beta[i]));
            }
        }
        std::vector<float> x{1, NAN, 3}, y(3);
        integer_layernorm(math, x, {}, {}, y);
        for (const float value : y) EXPECT_TRUE(std::isnan(value));
    }
}

}  // namespace
}  // namespace octet
