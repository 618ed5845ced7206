// Products on several threads, and in blocks of rows: the bits of one call, the same draws and the same
// count.
#include <gtest/gtest.h>

#include <bit>
#include <random>
#include <thread>
#include <vector>

#include "models/arithmetic/gemm.h"

namespace octet {
namespace {

// Large enough for several threads; neither side a multiple of any tile.
constexpr std::size_t M = 150, N = 331, K = 160, blocks = 5;

struct Matrices {
    std::vector<float> a = std::vector<float>(M * K), b = std::vector<float>(K * N),
                       held = std::vector<float>(M * N);
    std::vector<std::uint8_t> a_scales = std::vector<std::uint8_t>(M * blocks),
                              b_scales = std::vector<std::uint8_t>(blocks * N);

    Matrices() {
        std::mt19937 random(4);
        for (auto* data : {&a, &b, &held})
            for (float& x : *data) x = static_cast<float>(static_cast<int>(random() % 31) - 15) / 8;
        for (auto* scales : {&a_scales, &b_scales})
            for (auto& scale : *scales) scale = static_cast<std::uint8_t>(125 + random() % 4);
    }
    FloatGemm problem(std::vector<float>& sums) const {
        return {M, N, K, a.data(), K, b.data(), N, sums.data(), N, false, {}};
    }
};

std::vector<std::uint32_t> bits(const std::vector<float>& values) {
    std::vector<std::uint32_t> all;
    for (const float value : values) all.push_back(std::bit_cast<std::uint32_t>(value));
    return all;
}

struct Case {
    const char* name;
    Accumulator accumulator;
    Rounding rounding;
    std::size_t chunk;
    bool scaled = false;
};
class Parallel : public testing::TestWithParam<Case> {};

TEST_P(Parallel, product_has_the_bits_of_one_thread) {
    const Matrices x;
    GemmRules rules;
    rules.accumulator = GetParam().accumulator;
    rules.buffer = Accumulator::fp32;
    rules.rounding = GetParam().rounding;
    rules.chunk = GetParam().chunk;
    rules.rows = 16;
    rules.columns = 48;
    rules.seed = 99;
    rules.first_draw = 5;
    std::size_t n = N;
    const auto run = [&](unsigned threads) {
        auto sums = x.held;
        FloatGemm problem = x.problem(sums);
        problem.n = n;
        if (GetParam().scaled) problem.scales = {x.a_scales.data(), x.b_scales.data(), blocks, N};
        if (threads == 0)
            gemm(rules, problem);
        else
            gemm_parallel(rules, problem, threads);
        return bits(sums);
    };
    for (const std::size_t columns : {N, M - 1}) {  // cut by columns, and by rows
        n = columns;
        const auto expected = run(0);
        for (const unsigned threads : {1U, 2U, 3U, 7U})
            EXPECT_EQ(run(threads), expected) << n << ' ' << threads;
    }
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, Parallel,
    testing::Values(Case{"fp32", Accumulator::fp32, Rounding::nearest_even, 16},
                    Case{"fp32_scaled", Accumulator::fp32, Rounding::nearest_even, 16, true},
                    Case{"bf16_scaled", Accumulator::bf16, Rounding::nearest_even, 32, true},
                    Case{"bf16", Accumulator::bf16, Rounding::nearest_even, 16},
                    Case{"bf16_stochastic", Accumulator::bf16, Rounding::stochastic, 16},
                    Case{"bf16_stochastic_one_chain", Accumulator::bf16, Rounding::stochastic, 0},
                    Case{"fp16_truncated", Accumulator::fp16, Rounding::truncate, 16},
                    Case{"fixed", Accumulator::fixed, Rounding::nearest_even, 0}),
    [](const auto& test) { return test.param.name; });

TEST(Parallel, integer_product_counts_every_overflow_once) {
    for (const auto& [m, n] : {std::pair<std::size_t, std::size_t>{150, 90}, {40, 400}}) {
        const std::size_t k = 700;
        std::vector<IntegerOperand> a(m * k), b(k * n);
        for (std::size_t i = 0; i < a.size(); ++i)
            a[i] = static_cast<IntegerOperand>(i / k % 5 == 0 ? 127 : i % 7);
        for (std::size_t i = 0; i < b.size(); ++i)
            b[i] = static_cast<IntegerOperand>(i % n % 3 == 0 ? 127 : i % 5);
        GemmRules rules;
        rules.accumulator = Accumulator::int24;
        rules.buffer = Accumulator::int32;
        rules.chunk = 0;
        std::vector<std::int32_t> expected(m * n);
        const auto problem = [&](std::vector<std::int32_t>& sums) {
            return IntegerGemm{m, n, k, a.data(), k, b.data(), n, sums.data(), n, true, {}};
        };
        const std::uint64_t overflows = gemm(rules, problem(expected));
        EXPECT_GT(overflows, 100U);
        for (const unsigned threads : {1U, 2U, 5U}) {
            std::vector<std::int32_t> sums(m * n);
            EXPECT_EQ(gemm_parallel(rules, problem(sums), threads), overflows);
            EXPECT_EQ(sums, expected);
        }
    }
}

TEST(Parallel, product_in_fixed_point_counts_every_saturated_sum_once) {
    const Matrices x;
    GemmRules rules;
    rules.accumulator = Accumulator::fixed;
    rules.fixed_bits = 8;
    rules.fixed_fraction = 5;
    auto expected = x.held;
    const std::uint64_t overflows = gemm(rules, x.problem(expected));
    EXPECT_GT(overflows, 100U);
    for (const unsigned threads : {1U, 2U, 5U}) {
        auto sums = x.held;
        EXPECT_EQ(gemm_parallel(rules, x.problem(sums), threads), overflows);
        EXPECT_EQ(bits(sums), bits(expected));
    }
}

TEST(Parallel, calls_on_disjoint_blocks_of_rows_make_the_draws_of_the_whole) {
    const Matrices x;
    GemmRules rules;
    rules.rounding = Rounding::stochastic;
    auto whole = x.held, parts = x.held;
    gemm(rules, x.problem(whole));
    rules.all_rows = M;
    std::vector<std::thread> threads;
    for (const auto& [first, rows] : {std::pair<std::size_t, std::size_t>{0, 37}, {37, 1}, {38, M - 38}}) {
        FloatGemm block = x.problem(parts);
        block.m = rows;
        block.a += first * K;
        block.sums += first * N;
        rules.first_row = first;
        threads.emplace_back([=] { gemm(rules, block); });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(bits(parts), bits(whole));
}

TEST(Parallel, product_of_a_unit_that_does_not_exist_is_refused) {
    const Matrices x;
    auto sums = x.held;
    GemmRules rules;
    rules.buffer = Accumulator::fixed;
    EXPECT_THROW(gemm_parallel(rules, x.problem(sums), 3), std::invalid_argument);
}

}  // namespace
}  // namespace octet
