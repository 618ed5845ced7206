// Integer sums: exact, saturating or wrapping, every overflow counted.
#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "models/arithmetic/gemm.h"

namespace octet {
namespace {

struct Expected {
    std::int64_t sum = 0;
    std::uint64_t overflows = 0;
};

std::int64_t narrowed(std::int64_t exact, int bits, IntegerOverflow mode, std::uint64_t& overflows) {
    std::int64_t modulus = 1;
    for (int i = 0; i < bits; ++i) modulus *= 2;
    if (exact >= -modulus / 2 && exact < modulus / 2) return exact;
    ++overflows;
    if (mode == IntegerOverflow::saturate) return exact < 0 ? -modulus / 2 : modulus / 2 - 1;
    std::int64_t wrapped = exact % modulus;
    if (wrapped < -modulus / 2) wrapped += modulus;
    if (wrapped >= modulus / 2) wrapped -= modulus;
    return wrapped;
}

TEST(IntegerGemm, saturates_or_wraps_at_every_step_and_counts) {
    std::mt19937_64 random(1);
    std::uint64_t seen = 0;
    for (int round = 0; round < 60; ++round) {
        const std::size_t m = 1 + random() % 9, n = 1 + random() % 40,
                          k = 1 + random() % (round % 3 == 0 ? 3000 : 100);
        std::vector<IntegerOperand> a(m * k), b(k * n);
        for (auto& x : a)
            x = static_cast<IntegerOperand>(round % 2 == 0 ? 127 - random() % 8 : random() % 511 - 255);
        for (auto& x : b)
            x = static_cast<IntegerOperand>(round % 4 == 0   ? 127
                                            : round % 4 == 1 ? -255
                                                             : static_cast<int>(random() % 511) - 255);
        GemmRules rules;
        rules.accumulator = round % 5 == 0 ? Accumulator::int32 : Accumulator::int24;
        rules.buffer = round % 7 == 0 ? Accumulator::int24 : Accumulator::int32;
        rules.overflow = round % 2 == 0 ? IntegerOverflow::saturate : IntegerOverflow::wrap;
        rules.chunk = round % 3 == 0 ? 0 : 1 + random() % 32;
        const std::size_t chunk = rules.chunk == 0 ? k : rules.chunk;
        const bool first = round % 3 != 1;
        std::vector<std::int32_t> start(m * n);
        for (auto& x : start)
            x = static_cast<std::int32_t>(rules.buffer == Accumulator::int24 ? 8388000 : 2147480000) -
                static_cast<int>(random() % 100);

        std::vector<std::int32_t> expected(m * n);
        std::uint64_t overflows = 0;
        for (std::size_t i = 0; i < m * n; ++i) {
            std::int64_t held = first ? 0 : start[i];
            for (std::size_t from = 0; from < k; from += chunk) {
                std::int64_t sum = 0;
                for (std::size_t q = from; q < std::min(from + chunk, k); ++q)
                    sum = narrowed(sum + a[i / n * k + q] * b[q * n + i % n],
                                   rules.accumulator == Accumulator::int24 ? 24 : 32, rules.overflow,
                                   overflows);
                held = narrowed(held + sum, rules.buffer == Accumulator::int24 ? 24 : 32, rules.overflow,
                                overflows);
            }
            expected[i] = static_cast<std::int32_t>(held);
        }
        seen += overflows;
        for (const Isa isa : {Isa::baseline, Isa::avx2, Isa::avx512}) {
            if (isa > best_isa()) continue;
            auto sums = start;
            const auto counted =
                gemm(rules, IntegerGemm{m, n, k, a.data(), k, b.data(), n, sums.data(), n, first, {}}, isa);
            ASSERT_EQ(sums, expected) << "round " << round;
            ASSERT_EQ(counted, overflows) << "round " << round;
        }
    }
    EXPECT_GT(seen, 1000U);
}

TEST(IntegerGemm, of_768_products_overflows_int24_in_one_chain_but_not_in_chunks_of_16) {
    std::vector<IntegerOperand> a(768, 127), b(768, 127);
    std::int32_t sum = 0;
    GemmRules rules;
    rules.accumulator = Accumulator::int24;
    rules.buffer = Accumulator::int32;
    const IntegerGemm problem{1, 1, 768, a.data(), 768, b.data(), 1, &sum, 1, true, {}};
    EXPECT_EQ(gemm(rules, problem), 0U);
    EXPECT_EQ(sum, 768 * 127 * 127);
    rules.chunk = 0;
    EXPECT_EQ(gemm(rules, problem), 768U - 520U);  // 520 = floor(2^23 / 127^2) products fit
    EXPECT_EQ(sum, (1 << 23) - 1);
}

TEST(IntegerGemm, all_65536_products_are_exact) {
    for (int a = -128; a < 128; ++a)
        for (int b = -128; b < 128; ++b) {
            std::uint64_t overflows = 0;
            ASSERT_EQ(Int24Accumulator::mac(5, a, b, IntegerOverflow::saturate, overflows), 5 + a * b);
            ASSERT_EQ(overflows, 0U);
        }
}

}  // namespace
}  // namespace octet
