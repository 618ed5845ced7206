// Rows of softmax and norms, step by step with operations rounded by the exact reference.
#include "models/arithmetic/rows.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "tests/arithmetic/exact.h"

namespace octet {
namespace {

const reference::Held& bf16 = reference::bf16;

float add(float a, float b) {
    return reference::add(a, b, bf16);
}
float times(float a, float b) {
    return reference::round(reference::exact_product(a, b), bf16, Rounding::nearest_even, 0,
                            std::signbit(a) != std::signbit(b));
}
float to_bf16(double x) {
    return reference::round(reference::exact_units(x), bf16, Rounding::nearest_even);
}
float running_sum(const std::vector<float>& row) {
    float sum = 0;
    for (const float x : row) sum = add(sum, x);
    return sum;
}

std::vector<float> random_row(std::size_t count, std::uint64_t seed, float spread = 2) {
    std::mt19937_64 random(seed);
    std::normal_distribution<float> normal(0, spread);
    std::vector<float> row(count);
    for (float& x : row) x = to_bf16(normal(random));
    return row;
}

const RowMath one_lane{VectorMath(Accumulator::bf16), 1};

TEST(Softmax, takes_the_documented_steps_in_all_four_variants) {
    for (const bool approximate_exponential : {false, true})
        for (const bool approximate_division : {false, true})
            for (const std::size_t count : {1UL, 7UL, 200UL}) {
                const auto x = random_row(count, count);
                SoftmaxUnit unit;
                if (approximate_exponential) unit.exponential.emplace(-4);
                unit.approximate_reciprocal = approximate_division;
                std::vector<float> y(count), kept(count);
                const float sum = softmax(one_lane, unit, x, y, kept);

                float largest = x[0];
                for (const float value : x) largest = std::max(largest, value);
                std::vector<float> raised;
                for (const float value : x) {
                    const float z = add(value, -largest);
                    raised.push_back(approximate_exponential ? to_bf16(ApproximateExponential(-4)(z))
                                                             : one_lane.math.exponential(z));
                }
                const float expected_sum = running_sum(raised);
                EXPECT_EQ(kept, raised);
                ASSERT_EQ(sum, expected_sum);
                const float reciprocal = approximate_division ? to_bf16(approximate_reciprocal(double{sum}))
                                                              : one_lane.math.divide(1, sum);
                double total = 0;
                for (std::size_t i = 0; i < count; ++i) {
                    ASSERT_EQ(y[i], times(raised[i], reciprocal));
                    total += y[i];
                }
                EXPECT_NEAR(total, 1, 0.13);
            }
}

TEST(Softmax, masked_values_take_no_part) {
    std::vector<float> x{1, -HUGE_VALF, 1}, y(3);
    SoftmaxUnit unit;
    softmax(one_lane, unit, x, y);
    EXPECT_EQ(y, (std::vector<float>{0.5, 0, 0.5}));
    unit.exponential.emplace(-4);
    unit.approximate_reciprocal = true;
    softmax(one_lane, unit, x, y);
    EXPECT_EQ(y[1], 0);
    x[0] = NAN;
    softmax(one_lane, unit, x, y);
    EXPECT_TRUE(std::isnan(y[2]));
}

TEST(SoftmaxBackward, follows_its_formula_bit_for_bit) {
    const std::size_t count = 50;
    const auto x = random_row(count, 1), dy = random_row(count, 2);
    SoftmaxUnit unit;
    unit.exponential.emplace(-4);
    unit.approximate_reciprocal = true;
    std::vector<float> y(count), e(count), dz(count);
    const float sum = softmax(one_lane, unit, x, y, e);
    softmax_backward(one_lane, y, e, static_cast<float>(approximate_reciprocal_slope(sum)), dy, dz);
    std::vector<float> products;
    for (std::size_t i = 0; i < count; ++i) products.push_back(times(e[i], dy[i]));
    const float common = to_bf16(-std::exp2(-2 * std::floor(std::log2(sum)) - 1) * running_sum(products));
    for (std::size_t i = 0; i < count; ++i) ASSERT_EQ(dz[i], add(times(y[i], dy[i]), times(e[i], common)));
}

TEST(SoftmaxBackward, is_the_gradient_of_the_forward_pass) {
    // In fp32 with the exact exponential: y_i = e_i r(s), so dz_i = e_i (r(s) dy_i + r'(s) sum_j e_j dy_j).
    const RowMath unit{VectorMath(Accumulator::fp32), 8};
    const std::vector<float> x{0.1F, -1.3F, 0.7F, -0.2F, 0.4F, -2.0F}, dy{1, -2, 0.5F, 0.25F, -1, 3};
    SoftmaxUnit variant;
    variant.approximate_reciprocal = true;
    std::vector<float> y(6), e(6), dz(6);
    const float sum = softmax(unit, variant, x, y, e);
    softmax_backward(unit, y, e, static_cast<float>(approximate_reciprocal_slope(sum)), dy, dz);
    const auto loss = [&](const std::vector<double>& raised) {
        double s = 0, total = 0;
        for (const double r : raised) s += r;
        const int n = std::ilogb(s);
        const double reciprocal = std::ldexp(3 - std::ldexp(s, -n), -n - 1);  // the line itself
        for (std::size_t i = 0; i < 6; ++i) total += raised[i] * reciprocal * dy[i];
        return total;
    };
    std::vector<double> raised(e.begin(), e.end());
    for (std::size_t i = 0; i < 6; ++i) {
        auto more = raised, less = raised;
        more[i] *= std::exp(1e-5);
        less[i] *= std::exp(-1e-5);
        EXPECT_NEAR(dz[i], (loss(more) - loss(less)) / 2e-5, 2e-3) << i;
    }
}

TEST(Norms, take_the_documented_steps) {
    const VectorMath& math = one_lane.math;
    unsigned seed = 5;
    for (const std::size_t count : {96, 257, 257, 257})  // 257 is no number of bf16
        for (const float epsilon : {1e-5F, 0.051F, 0.3F, 0.7F, 1.1F}) {
            const auto x = random_row(count, seed++), gamma = random_row(count, 6, 1),
                       beta = random_row(count, 7, 1);
            const float n = count == 96 ? 96 : 256;
            std::vector<float> y(count), squares;
            layernorm(one_lane, x, gamma, beta, epsilon, y);
            const float mean = math.divide(running_sum(x), n);
            for (const float value : x) squares.push_back(times(add(value, -mean), add(value, -mean)));
            float scale =
                math.reciprocal_square_root(add(math.divide(running_sum(squares), n), to_bf16(epsilon)));
            for (std::size_t i = 0; i < count; ++i)
                ASSERT_EQ(y[i], add(times(times(add(x[i], -mean), scale), gamma[i]), beta[i]));

            rmsnorm(one_lane, x, gamma, epsilon, y);
            squares.clear();
            for (const float value : x) squares.push_back(times(value, value));
            scale = math.reciprocal_square_root(add(math.divide(running_sum(squares), n), to_bf16(epsilon)));
            for (std::size_t i = 0; i < count; ++i) ASSERT_EQ(y[i], times(times(x[i], scale), gamma[i]));
        }
}

TEST(Norms, in_fp32_come_close_to_the_real_ones) {
    const RowMath unit{VectorMath(Accumulator::fp32), 16};
    const auto x = random_row(768, 8);
    std::vector<float> ones(768, 1), zeros(768), y(768);
    layernorm(unit, x, ones, zeros, 1e-12F, y);
    double sum = 0, squares = 0;
    for (const float value : y) sum += value, squares += value * double{value};
    EXPECT_NEAR(sum / 768, 0, 1e-6);
    EXPECT_NEAR(squares / 768, 1, 1e-5);
}

}  // namespace
}  // namespace octet
