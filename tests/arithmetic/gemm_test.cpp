// Whole matrix products: every instruction set gives the bits of the step-by-step specification, on any
// shape.
#include "models/arithmetic/gemm.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <random>
#include <vector>

#include "models/arithmetic/extent.h"
#include "models/arithmetic/random.h"
#include "models/formats/registry.h"
#include "tests/arithmetic/adversary.h"
#include "tests/arithmetic/exact.h"

namespace octet {
namespace {

std::vector<Isa> isas() {
    std::vector<Isa> usable;
    for (const Isa isa : {Isa::baseline, Isa::avx2, Isa::avx512})
        if (isa <= best_isa()) usable.push_back(isa);
    return usable;
}

struct Matrices {
    std::size_t m, n, k;
    std::vector<float> a, b, held;

    FloatGemm problem(std::vector<float>& sums, bool first) const {
        return {m, n, k, a.data(), k, b.data(), n, sums.data(), n, first, {}};
    }
};

Matrices random_matrices(std::mt19937_64& random, const char* format_name, double spread,
                         std::size_t most_k = 90) {
    const FormatInfo& format = *find_format(format_name);
    const auto up_to = [&](std::size_t most) { return 1 + random() % most; };
    Matrices x{up_to(30), up_to(70), up_to(most_k), {}, {}, {}};
    std::normal_distribution<double> normal;
    const auto fill = [&](std::vector<float>& data, std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) {
            const double value = normal(random) * std::exp2(spread * normal(random));
            data.push_back(random() % 17 == 0
                               ? 0.0F
                               : static_cast<float>(format.decode(format.encode(value, format.overflow))));
        }
    };
    fill(x.a, x.m * x.k);
    fill(x.b, x.k * x.n);
    for (std::size_t i = 0; i < x.m * x.n; ++i) x.held.push_back(static_cast<float>(normal(random)));
    return x;
}

void expect_equal(const std::vector<float>& got, const std::vector<float>& expected,
                  const std::string& what) {
    for (std::size_t i = 0; i < got.size(); ++i)
        ASSERT_EQ(std::bit_cast<std::uint32_t>(got[i]), std::bit_cast<std::uint32_t>(expected[i]))
            << what << " element " << i << ": " << got[i] << " for " << expected[i];
}

struct Kind {
    Accumulator accumulator, buffer;
    Rounding rounding;
};
class Gemm : public testing::TestWithParam<Kind> {};

// Makes operands of a multiplier of logarithms of numbers.
void take_logarithms(Matrices& x) {
    for (auto* side : {&x.a, &x.b})
        for (float& value : *side) value = lns_operand(value);
}

TEST_P(Gemm, gives_the_bits_of_single_steps_on_every_instruction_set) {
    std::mt19937_64 random(static_cast<std::uint64_t>(GetParam().accumulator) * 10 + 1);
    const FloatAdd to_buffer = float_add(GetParam().buffer);
    for (int round = 0; round < 24; ++round)
        for (const char* format : {"posit8_1", "e4m3", "e5m2", "bf16", "fp16", "fp32", "lns8"}) {
            Matrices x = random_matrices(random, format, round % 4 * 2.0);
            for (float& value : x.held) value = to_buffer(value, 0);
            if (round % 6 == 5) x.a[0] = NAN, x.b[x.b.size() / 2] = HUGE_VALF;
            GemmRules rules;
            rules.logarithms = std::string_view(format) == "lns8";
            if (rules.logarithms) take_logarithms(x);
            rules.accumulator = GetParam().accumulator;
            rules.buffer = GetParam().buffer;
            rules.rounding = GetParam().rounding;
            rules.chunk = std::size_t{random() % 3 == 0 ? 0UL : std::size_t{1} << random() % 7};
            const bool first = random() % 2 == 0;
            auto expected = x.held;
            gemm_stepwise(rules, x.problem(expected, first));
            for (const Isa isa : isas()) {
                auto sums = x.held;
                gemm(rules, x.problem(sums, first), isa);
                ASSERT_NO_FATAL_FAILURE(
                    expect_equal(sums, expected, format + std::string(" on ") + std::to_string(int(isa))));
            }
        }
}

INSTANTIATE_TEST_SUITE_P(
    Sums, Gemm,
    testing::Values(Kind{Accumulator::fp32, Accumulator::fp32, Rounding::nearest_even},
                    Kind{Accumulator::fp32, Accumulator::bf16, Rounding::nearest_even},
                    Kind{Accumulator::fp32, Accumulator::fp32, Rounding::truncate},
                    Kind{Accumulator::bf16, Accumulator::bf16, Rounding::nearest_even},
                    Kind{Accumulator::bf16, Accumulator::fp32, Rounding::nearest_even},
                    Kind{Accumulator::bf16, Accumulator::fp16, Rounding::nearest_even},
                    Kind{Accumulator::bf16, Accumulator::bf16, Rounding::truncate},
                    Kind{Accumulator::bf16, Accumulator::bf16, Rounding::stochastic},
                    Kind{Accumulator::fp16, Accumulator::fp16, Rounding::nearest_even},
                    Kind{Accumulator::dlfloat16, Accumulator::dlfloat16, Rounding::nearest_even},
                    Kind{Accumulator::fp32, Accumulator::fp32, Rounding::stochastic},
                    Kind{Accumulator::fp16, Accumulator::fp16, Rounding::truncate},
                    Kind{Accumulator::fp16, Accumulator::bf16, Rounding::stochastic},
                    Kind{Accumulator::dlfloat16, Accumulator::fp16, Rounding::truncate},
                    Kind{Accumulator::dlfloat16, Accumulator::dlfloat16, Rounding::stochastic},
                    Kind{Accumulator::fixed, Accumulator::fp32, Rounding::nearest_even},
                    Kind{Accumulator::fixed, Accumulator::bf16, Rounding::nearest_even}),
    [](const auto& test) {
        return std::to_string(int(test.param.accumulator)) + "_" + std::to_string(int(test.param.buffer)) +
               "_" + std::to_string(int(test.param.rounding));
    });

TEST(Logarithms, of_more_products_than_are_made_at_once_add_up_in_the_same_order) {
    std::mt19937_64 random(5);
    for (const std::size_t chunk : {0, 16, 32}) {
        Matrices x{3, 700, 150, {}, {}, {}};
        for (auto [side, count] : {std::pair{&x.a, x.m * x.k}, std::pair{&x.b, x.k * x.n}})
            for (std::size_t i = 0; i < count; ++i)
                side->push_back(static_cast<float>(static_cast<int>(random() % 256) - 128));
        std::ranges::replace_if(
            x.a, [](float value) { return std::abs(value) > 127; }, NAN);
        std::ranges::replace_if(
            x.b, [](float value) { return std::abs(value) > 127; }, 0.0F);
        GemmRules rules;
        rules.logarithms = true;
        rules.chunk = chunk;
        std::vector<float> expected(x.m * x.n), sums(x.m * x.n);
        gemm_stepwise(rules, x.problem(expected, true));
        for (const Isa isa : isas()) {
            gemm(rules, x.problem(sums, true), isa);
            ASSERT_NO_FATAL_FAILURE(expect_equal(sums, expected, "chunk " + std::to_string(chunk)));
        }
    }
}

// The bf16 kernel's short cut: operands of many spreads around the limit, sums far below products, all
// repaired or not.
TEST(Bf16Gemm, short_cut_is_taken_only_where_two_roundings_are_one) {
    std::mt19937_64 random(77);
    int differences = 0;
    for (int round = 0; round < 300; ++round) {
        const Shape shape{"", round % 2 == 0 ? 5 : 8, -5 - round % 14, 5};
        const std::size_t m = 9, n = 33, k = 48;
        const Operands left = attack(all_attacks[round % 5], shape, 8, m * k, random());
        const Operands right = attack(all_attacks[round % 4], shape, 8, k * n, random());
        Matrices x{m, n, k, left.a, right.b, {}};
        if (round % 3 == 0)  // every product meets a sum that is next to nothing
            for (std::size_t i = 0; i < m * k; i += 2) x.a[i] = std::ldexp(x.a[i] < 0 ? -1.0F : 1.0F, -24);
        if (round % 7 < 2)  // the first half of a kernel's panel gives no reason for care
            for (std::size_t i = 0; i < k; ++i) std::fill_n(&x.b[i * n], round % 7 == 0 ? 8 : 16, 1.0F);
        std::vector<float> expected(m * n), twice(m * n);
        const GemmRules rules;
        gemm_stepwise(rules, x.problem(expected, true));
        for (const Isa isa : isas()) {
            std::vector<float> sums(m * n);
            gemm(rules, x.problem(sums, true), isa);
            ASSERT_NO_FATAL_FAILURE(expect_equal(sums, expected, "round " + std::to_string(round)));
        }
        // What rounding to fp32 and again to bf16 would have made of it.
        for (std::size_t i = 0; i < m; ++i)
            for (std::size_t j = 0; j < n; ++j) {
                float held = 0;
                for (std::size_t start = 0; start < k; start += 16) {
                    float sum = 0;
                    for (std::size_t q = start; q < start + 16; ++q)
                        sum = Bf16Accumulator::round<Rounding::nearest_even>(
                            std::fma(x.a[i * k + q], x.b[q * n + j], sum));
                    held = start == 0 ? sum : Bf16Accumulator::add(held, sum);
                }
                differences += held != expected[i * n + j] ? 1 : 0;
            }
    }
    EXPECT_GT(differences, 100);  // or these operands would prove nothing
}

TEST(Extent, is_the_span_of_a_number_between_its_first_and_last_bit) {
    const auto expect = [](float value, int high, int low) {
        EXPECT_EQ(extent_of(value).high, high) << value;
        EXPECT_EQ(extent_of(value).low, low) << value;
    };
    expect(1, 0, 0);
    expect(-1.5F, 0, -1);
    expect(0x1.fep5F, 5, -2);
    expect(0x1.000002p0F, 0, -23);
    expect(0x1p-149F, -126, -149);
    EXPECT_EQ(extent_of(0x1.1p3F).width, 5);
    EXPECT_EQ(extent_of(-HUGE_VALF).high, Extent::nothing);
    for (const float nothing : {0.0F, -0.0F, NAN, -NAN}) {
        EXPECT_EQ(extent_of(nothing).width, 0);
        EXPECT_LT(extent_of(nothing).spread(), -1000);
    }
}

// dlfloat16 has nothing between 0 and its smallest number; half of that, the tie, becomes 0.
TEST(Gemm, of_dlfloat16_decides_below_its_smallest_number) {
    constexpr float least = 0x1.008p-31F, half = least / 2;
    Matrices x{0, 3, 1, {}, {1, -1, 0.5F}, {}};
    for (int place = 16; place > 0; --place)  // where random bits decide: multiples of 2^-16
        for (const float beside : {1 - 0x1p-22F, 1.0F, 1 + 0x1p-22F})
            x.a.push_back(std::ldexp(least, -place) * beside);
    for (const float value : {std::nextafter(half, 0.0F), half, std::nextafter(half, 1.0F),
                              std::nextafter(least, 0.0F), least, std::nextafter(least, 1.0F)})
        x.a.push_back(value);
    x.m = x.a.size();
    GemmRules rules;
    rules.accumulator = rules.buffer = Accumulator::dlfloat16;
    for (const Rounding rounding : {Rounding::nearest_even, Rounding::truncate, Rounding::stochastic})
        for (rules.seed = 0; rules.seed < (rounding == Rounding::stochastic ? 200 : 1); ++rules.seed) {
            rules.rounding = rounding;
            std::vector<float> expected(x.m * x.n), sums(x.m * x.n);
            gemm_stepwise(rules, x.problem(expected, true));
            if (rounding == Rounding::nearest_even) {
                EXPECT_EQ(expected[(x.m - 5) * x.n], 0);
                EXPECT_EQ(expected[(x.m - 4) * x.n], least);
            }
            for (const Isa isa : isas()) {
                gemm(rules, x.problem(sums, true), isa);
                ASSERT_NO_FATAL_FAILURE(
                    expect_equal(sums, expected, "rounding " + std::to_string(int(rounding))));
            }
        }
}

TEST(Gemm, of_dlfloat16_takes_its_smallest_number_where_the_random_bits_just_suffice) {
    constexpr float least = 0x1.008p-31F;
    constexpr std::size_t n = 16;
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        GemmRules rules;
        rules.accumulator = rules.buffer = Accumulator::dlfloat16;
        rules.rounding = Rounding::stochastic;
        rules.seed = seed;
        rules.columns = n;
        Matrices enough{1, n, 1, {least}, {}, {}}, less = enough;
        for (std::size_t j = 0; j < n; ++j) {
            enough.b.push_back(static_cast<float>(65536 - draw(seed, j, 0)) * 0x1p-16F);
            less.b.push_back(enough.b.back() - 0x1p-20F);
        }
        for (const Isa isa : isas()) {
            std::vector<float> sums(n);
            gemm(rules, enough.problem(sums, true), isa);
            EXPECT_EQ(sums, std::vector<float>(n, least)) << seed << " on " << int(isa);
            gemm(rules, less.problem(sums, true), isa);
            EXPECT_EQ(sums, std::vector<float>(n, 0)) << seed << " on " << int(isa);
        }
    }
}

TEST(Gemm, cut_along_k_between_chunks_gives_the_same_bits) {
    std::mt19937_64 random(8);
    for (const Accumulator kind : {Accumulator::fp32, Accumulator::bf16, Accumulator::fp16}) {
        Matrices x = random_matrices(random, "posit8_1", 1);
        x.k = 80;
        x.a.resize(x.m * x.k, 0.75F);
        x.b.resize(x.k * x.n, -1.5F);
        GemmRules rules;
        rules.accumulator = rules.buffer = kind;
        std::vector<float> whole(x.m * x.n), parts(x.m * x.n);
        gemm(rules, x.problem(whole, true));
        for (std::size_t k = 0; k < x.k; k += 32) {
            FloatGemm part = x.problem(parts, k == 0);
            part.a += k;
            part.b += k * x.n;
            part.k = std::min<std::size_t>(32, x.k - k);
            gemm(rules, part);
        }
        expect_equal(parts, whole, "parts");
    }
}

TEST(Gemm, longer_than_a_panel_of_the_kernel_gives_the_same_bits) {
    std::mt19937_64 random(9);
    Matrices x{3, 5, 5000, {}, {}, {}};
    std::normal_distribution<float> normal;
    for (std::size_t i = 0; i < x.m * x.k; ++i) x.a.push_back(std::round(normal(random) * 8) / 8);
    for (std::size_t i = 0; i < x.n * x.k; ++i) x.b.push_back(std::round(normal(random) * 8) / 8);
    for (const Accumulator kind : {Accumulator::fp32, Accumulator::bf16})
        for (const std::size_t chunk : {std::size_t{0}, std::size_t{24}, std::size_t{3000}}) {
            GemmRules rules;
            rules.accumulator = rules.buffer = kind;
            rules.chunk = chunk;
            std::vector<float> expected(x.m * x.n);
            gemm_stepwise(rules, x.problem(expected, true));
            for (const Isa isa : isas()) {
                std::vector<float> sums(x.m * x.n);
                gemm(rules, x.problem(sums, true), isa);
                ASSERT_NO_FATAL_FAILURE(expect_equal(sums, expected, "chunk " + std::to_string(chunk)));
            }
        }
}

TEST(Gemm, of_units_that_do_not_exist_is_refused) {
    GemmRules rules;
    rules.buffer = Accumulator::fixed;
    EXPECT_NE(refusal(rules), "");
    rules.buffer = Accumulator::int32;
    EXPECT_NE(refusal(rules), "");
    EXPECT_THROW(gemm(rules, FloatGemm{}), std::invalid_argument);
    EXPECT_EQ(refusal(GemmRules{}), "");
    rules = {};
    rules.fixed_bits = 40;
    EXPECT_NE(refusal(rules), "");
    rules.accumulator = Accumulator::fixed;
    EXPECT_EQ(refusal(rules), "");
    rules.fixed_bits = 54;
    EXPECT_NE(refusal(rules), "");
}

}  // namespace
}  // namespace octet
