// Sums in fixed point hold what exact integers hold.
#include "models/arithmetic/quire.h"

#include "models/arithmetic/gemm.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "tests/arithmetic/exact.h"

namespace octet {
namespace {

TEST(Quire, adds_products_of_any_size_without_loss) {
    std::mt19937_64 random(1);
    std::uniform_int_distribution<int> exponents(-149, 100);
    for (int round = 0; round < 400; ++round) {
        Quire quire;
        reference::Exact sum = 0;
        std::vector<double> terms;
        for (int i = 0; i < 60; ++i) {
            const float a = std::ldexp(static_cast<float>(random() >> 40), exponents(random));
            const float b = std::ldexp(static_cast<float>(random() >> 40), exponents(random) - 23);
            double term = static_cast<double>(a) * b * (random() % 2 == 0 ? 1 : -1);
            if (round % 3 == 0 && i >= 30)
                term = -terms[static_cast<std::size_t>(i - 30)];  // cancel all but the rest
            if (!std::isfinite(term) || std::abs(term) >= 0x1p256) term = 1;
            terms.push_back(term);
            quire.add(term);
            sum += reference::exact_units(term);
            const double odd = quire.to_odd();
            ASSERT_EQ(std::signbit(odd), sum < 0);
            for (const auto* format : {&reference::fp32, &reference::bf16, &reference::dlfloat16})
                ASSERT_PRED2(reference::same_bits,
                             reference::round(reference::exact_units(odd), *format, Rounding::nearest_even),
                             reference::round(sum, *format, Rounding::nearest_even));
        }
    }
}

TEST(Quire, reaches_from_the_smallest_product_to_the_largest) {
    Quire quire;
    for (int i = 0; i < 1000; ++i) quire.add(0x1.fffffep127 * 0x1.fffffep127);
    quire.add(0x1p-298);
    for (int i = 0; i < 1000; ++i) quire.add(-0x1.fffffep127 * 0x1.fffffep127);
    EXPECT_EQ(quire.to_odd(), 0x1p-298);
    quire.add(-0x1p-298);
    EXPECT_EQ(quire.to_odd(), 0);
    EXPECT_FALSE(std::signbit(quire.to_odd()));
}

TEST(Quire, rounds_a_tie_by_any_bit_below_wherever_it_lies) {
    for (const double sign : {1.0, -1.0})
        for (int top = -70; top <= 70; ++top)  // the first bit takes every place of a limb
            for (const int place : {26, 40, 54, 60, 64, 80, 100, 128, 170, 220})
                for (const double beside : {0.0, 1.0, -1.0}) {
                    Quire quire;
                    quire.add(sign * std::ldexp(1.0, top));
                    quire.add(sign * std::ldexp(1.0, top - 24));  // between two numbers of fp32
                    quire.add(sign * beside * std::ldexp(1.0, top - place));
                    const double nearest = sign * (beside > 0 ? 1 + 0x1p-23 : 1.0);
                    EXPECT_EQ(double{static_cast<float>(quire.to_odd())}, std::ldexp(nearest, top))
                        << top << ' ' << place << ' ' << beside;
                }
}

TEST(Quire, remembers_infinities_and_nan) {
    Quire quire;
    quire.add(HUGE_VAL);
    quire.add(-1);
    EXPECT_EQ(quire.to_odd(), HUGE_VAL);
    quire.add(-HUGE_VAL);
    EXPECT_TRUE(std::isnan(quire.to_odd()));
}

// A product cut toward zero at 2^-fraction, and a sum clamped to `bits`, in whole numbers of that place.
struct Register {
    int bits, fraction;
    reference::Exact sum = 0;
    std::uint64_t overflows = 0;

    void add(const reference::Exact& product) {
        using reference::Exact;
        const Exact place = Exact(1) << static_cast<unsigned>(320 - fraction);
        sum += product / place;  // of cpp_int: toward zero
        const Exact end = Exact(1) << static_cast<unsigned>(bits - 1);
        if (sum < end && sum >= -end) return;
        ++overflows;
        sum = sum > 0 ? Exact(end - 1) : Exact(-end);
    }
    reference::Exact units() const { return sum << static_cast<unsigned>(320 - fraction); }
};

// Chunks of a product through gemm, on its way to the buffer rounded once.
TEST(FixedPoint, CutsProductsAndSaturatesSumsAsExactIntegersDo) {
    std::mt19937_64 random(2);
    std::uint64_t cut = 0, saturated = 0, exact = 0;
    for (int round = 0; round < 600; ++round) {
        GemmRules rules;
        rules.accumulator = Accumulator::fixed;
        rules.buffer = round % 2 == 0 ? Accumulator::fp32 : Accumulator::bf16;
        rules.fixed_bits = 2 + static_cast<int>(random() % 52);
        rules.fixed_fraction = static_cast<int>(random() % 24);
        rules.chunk = random() % 3 == 0 ? 0 : 1 + random() % 20;
        const std::size_t k = 1 + random() % 60, chunk = rules.chunk == 0 ? k : rules.chunk;
        constexpr std::size_t m = 3, n = 5;
        std::vector<float> a(m * k), b(k * n), sums(m * n, 0.75F), steps = sums;
        for (std::vector<float>* matrix : {&a, &b})
            for (float& x : *matrix) {
                x = static_cast<float>(static_cast<int>(random() % 31) - 15);
                x = std::ldexp(x, static_cast<int>(random() % 12) - 9);
            }
        const bool first = random() % 2 == 0;
        FloatGemm problem{m, n, k, a.data(), k, b.data(), n, sums.data(), n, first, {}};
        const std::uint64_t counted = gemm(rules, problem);
        problem.sums = steps.data();
        EXPECT_EQ(gemm_stepwise(rules, problem), counted);
        EXPECT_EQ(sums, steps);
        std::uint64_t overflows = 0;
        for (std::size_t i = 0; i < m * n; ++i) {
            float held = 0.75F;
            bool empty = first;
            for (std::size_t start = 0; start < k; start += chunk) {
                Register reg{rules.fixed_bits, rules.fixed_fraction};
                reference::Exact whole = 0;
                for (std::size_t l = start; l < std::min(start + chunk, k); ++l) {
                    const auto product = reference::exact_product(a[i / n * k + l], b[l * n + i % n]);
                    whole += product;
                    reg.add(product);
                }
                overflows += reg.overflows;
                (reg.overflows > 0 ? saturated : reg.units() != whole ? cut : exact) += 1;
                reference::Exact sum = reg.units();
                if (!empty) sum += reference::exact_units(held);
                held = reference::round(sum,
                                        rules.buffer == Accumulator::fp32 ? reference::fp32 : reference::bf16,
                                        Rounding::nearest_even);
                empty = false;
            }
            ASSERT_PRED2(reference::same_bits, sums[i], held)
                << rules.fixed_bits << ' ' << rules.fixed_fraction << ' ' << round;
        }
        ASSERT_EQ(counted, overflows);
    }
    EXPECT_GT(cut, 1000U);
    EXPECT_GT(saturated, 1000U);
    EXPECT_GT(exact, 1000U);
}

TEST(FixedPoint, OfEnoughPlacesGivesTheBitsOfExactSums) {
    std::mt19937_64 random(3);
    GemmRules exact, bounded;
    exact.accumulator = bounded.accumulator = Accumulator::fixed;
    bounded.fixed_bits = 48;  // E4M3: 36 places of products, a sign, 2^11 of them
    bounded.fixed_fraction = 18;
    const std::size_t m = 20, n = 40, k = 64;
    std::vector<float> a(m * k), b(k * n), sums(m * n), wanted(m * n);
    for (std::vector<float>* matrix : {&a, &b})
        for (float& x : *matrix) x = static_cast<float>(E4m3::decode(static_cast<Code>(random() % 255)));
    for (std::vector<float>* matrix : {&a, &b})
        for (float& x : *matrix) x = x == x ? x : 448;
    const auto problem = [&](std::vector<float>& to) {
        return FloatGemm{m, n, k, a.data(), k, b.data(), n, to.data(), n, true, {}};
    };
    gemm(exact, problem(wanted));
    EXPECT_EQ(gemm(bounded, problem(sums)), 0U);
    EXPECT_EQ(sums, wanted);
    bounded.fixed_bits = 30;  // no room for 448 x 448
    EXPECT_GT(gemm(bounded, problem(sums)), 0U);
    EXPECT_NE(sums, wanted);
}

TEST(FixedPoint, SaturatesAtAnInfinityAndKeepsNan) {
    const FixedPoint unit(8, 3);  // -16 to 15.875
    std::uint64_t overflows = 0;
    EXPECT_EQ(unit.add(3, HUGE_VAL, overflows), 15.875);
    EXPECT_EQ(unit.add(3, -1e300, overflows), -16);
    EXPECT_EQ(overflows, 2U);
    EXPECT_TRUE(std::isnan(unit.add(3, std::nan(""), overflows)));
    EXPECT_TRUE(std::isnan(unit.add(std::nan(""), 1, overflows)));
    EXPECT_EQ(unit.add(15, 0.999, overflows), 15.875);
    EXPECT_EQ(unit.add(0, -0.999, overflows), -0.875);
    EXPECT_EQ(unit.add(-15, -1, overflows), -16);
    EXPECT_EQ(overflows, 2U);
}

}  // namespace
}  // namespace octet
