// Dot products of hostile operands, step by step in exact arithmetic, for every accumulator and rounding.
#include <gtest/gtest.h>

#include <cmath>
#include <tuple>

#include "models/arithmetic/gemm.h"
#include "models/arithmetic/random.h"
#include "tests/arithmetic/adversary.h"
#include "tests/arithmetic/exact.h"

namespace octet {
namespace {

constexpr std::size_t lengths[] = {1, 2, 3, 5, 16, 17, 31, 48, 100, 255, 1000, 4096};
const Shape shapes[] = {mild, mild_bf16_like, e5m4_like, bf16_like, tiny_bf16_like, fp16_like, fp32_like};

const reference::Held& held(Accumulator kind) {
    return kind == Accumulator::fp32   ? reference::fp32
           : kind == Accumulator::bf16 ? reference::bf16
           : kind == Accumulator::fp16 ? reference::fp16
                                       : reference::dlfloat16;
}

// The rules of gemm.h for one result, written down again.
float chunked_dot(const Operands& x, const GemmRules& rules) {
    const std::size_t length = x.a.size(), chunk = rules.chunk == 0 ? length : rules.chunk;
    float buffer = 0;
    for (std::size_t start = 0; start < length; start += chunk) {
        float sum = 0;
        reference::Exact whole = 0;
        for (std::size_t k = start; k < std::min(start + chunk, length); ++k) {
            if (rules.accumulator == Accumulator::fixed) {
                whole += reference::exact_product(x.a[k], x.b[k]);
                continue;
            }
            std::uint32_t random = 0;
            if (rules.rounding == Rounding::stochastic)
                random = rules.chunk == 0
                             ? draw(rules.seed, 0, rules.first_draw + k)
                             : draw(rules.seed, k % chunk * rules.columns, rules.first_draw + k / chunk);
            sum = reference::mac(sum, x.a[k], x.b[k], held(rules.accumulator), rules.rounding, random);
        }
        const auto& buffered = held(rules.buffer);
        if (rules.accumulator == Accumulator::fixed) {
            if (!std::isfinite(buffer)) break;  // and so it stays
            if (start != 0) whole += reference::exact_units(buffer);
            buffer = reference::round(whole, buffered, Rounding::nearest_even);
        } else {
            buffer = start == 0 ? reference::mac(-0.0F, sum, 1, buffered, Rounding::nearest_even)
                                : reference::add(buffer, sum, buffered);
        }
    }
    return buffer;
}

float computed(const Operands& x, const GemmRules& rules, Isa isa) {
    float result = NAN;
    FloatGemm problem{1, 1, x.a.size(), x.a.data(), x.a.size(), x.b.data(), 1, &result, 1, true, {}};
    gemm(rules, problem, isa);
    return result;
}

struct Case {
    Accumulator accumulator, buffer;
    Rounding rounding;
};
std::string name_of(const Case& c) {
    const auto sum = [](Accumulator kind) {
        return kind == Accumulator::fixed ? std::string("fixed") : std::string(held(kind).name);
    };
    const char* modes[] = {"nearest", "truncate", "stochastic"};
    return sum(c.accumulator) + "_into_" + sum(c.buffer) + "_" + modes[static_cast<int>(c.rounding)];
}

class Dot : public testing::TestWithParam<Case> {};

TEST_P(Dot, of_hostile_operands_is_the_exact_step_by_step_result) {
    GemmRules rules;
    rules.accumulator = GetParam().accumulator;
    rules.buffer = GetParam().buffer;
    rules.rounding = GetParam().rounding;
    rules.seed = 12345;
    rules.first_draw = 7;
    const int sum_bits = rules.accumulator == Accumulator::fixed ? 24 : held(rules.accumulator).mantissa + 1;
    int finite = 0, all = 0;
    for (const Shape& shape : shapes)
        for (const Attack kind : all_attacks)
            for (const std::size_t length : lengths) {
                const Operands x =
                    attack(kind, shape, sum_bits, length, length * 31 + static_cast<std::size_t>(kind));
                rules.chunk = length % 3 == 0 ? 0 : length % 2 == 0 ? 16 : 32;
                const float expected = chunked_dot(x, rules);
                finite += std::isfinite(expected) ? 1 : 0;
                ++all;
                for (const Isa isa : {Isa::baseline, Isa::avx2, Isa::avx512}) {
                    if (isa > best_isa()) continue;
                    ASSERT_PRED2(reference::same_bits, computed(x, rules, isa), expected)
                        << shape.name << " attack " << static_cast<int>(kind) << " length " << length
                        << " chunk " << rules.chunk << " isa " << static_cast<int>(isa);
                }
            }
}

std::vector<Case> cases() {
    using enum Accumulator;
    std::vector<Case> all;
    for (const Accumulator sum : {fp32, bf16, fp16, dlfloat16})
        for (const Rounding mode : {Rounding::nearest_even, Rounding::truncate, Rounding::stochastic})
            all.push_back({sum, sum, mode});
    all.push_back({fp32, bf16, Rounding::nearest_even});
    all.push_back({bf16, fp32, Rounding::nearest_even});
    all.push_back({bf16, fp16, Rounding::truncate});
    for (const Accumulator buffer : {fp32, bf16, fp16, dlfloat16})
        all.push_back({fixed, buffer, Rounding::nearest_even});
    return all;
}

INSTANTIATE_TEST_SUITE_P(Sums, Dot, testing::ValuesIn(cases()),
                         [](const auto& test) { return name_of(test.param); });

TEST(Dot, depends_on_the_length_of_the_chunks) {
    const Operands x = attack(Attack::wide_exponents, e5m4_like, 8, 768, 3);
    GemmRules by_16, by_32, in_one;
    by_32.chunk = 32;
    in_one.chunk = 0;
    const float a = computed(x, by_16, best_isa()), b = computed(x, by_32, best_isa()),
                c = computed(x, in_one, best_isa());
    EXPECT_TRUE(a != b || b != c);
}

TEST(StochasticRounding, is_right_on_average_and_reproducible) {
    GemmRules rules;
    rules.rounding = Rounding::stochastic;
    rules.chunk = 0;
    Operands x;
    for (int i = 0; i < 64; ++i) x.a.push_back(1), x.b.push_back(i == 0 ? 256.0F : 0.6875F);
    double total = 0;
    for (std::uint64_t seed = 0; seed < 4000; ++seed) {
        rules.seed = seed;
        total += computed(x, rules, best_isa());
    }
    EXPECT_NEAR(total / 4000, 256 + 63 * 0.6875, 0.3);
    rules.rounding = Rounding::nearest_even;
    EXPECT_EQ(computed(x, rules, best_isa()), 256);  // to the nearest, all of it is lost
}

TEST(StochasticRounding, draws_are_those_of_the_documented_generator) {
    const auto top16 = [](std::uint64_t state) {  // SplitMix64 by its published steps
        std::uint64_t z = state;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
        return z ^ (z >> 31);
    };
    for (std::uint64_t seed : {0ULL, 1ULL, 0xffffffffffffffffULL})
        for (std::uint64_t generator : {0ULL, 5ULL, 255ULL})
            for (std::uint64_t index : {0ULL, 1ULL, 1000000ULL})
                EXPECT_EQ(
                    draw(seed, generator, index),
                    top16(top16(seed + generator * 0x9e3779b97f4a7c15ULL) + index * 0xd1b54a32d192ed03ULL) >>
                        48);
    double mean = 0;
    for (std::uint64_t i = 0; i < 100000; ++i) mean += draw(1, 2, i) / 100000.0;
    EXPECT_NEAR(mean, 32767.5, 300);
}

}  // namespace
}  // namespace octet
