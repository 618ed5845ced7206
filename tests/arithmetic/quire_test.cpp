// The quire holds what exact integers hold.
#include "models/arithmetic/quire.h"

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

}  // namespace
}  // namespace octet
