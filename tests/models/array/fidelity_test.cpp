// The array register by register against the array pass by pass: the same cycle of every result, the same
// holds, the same bits; and the bits against the scalar specification.
#include <gtest/gtest.h>

#include <random>

#include "models/formats/registry.h"
#include "tests/models/array/both_arrays.h"

namespace octet {
namespace {

// One multiply-accumulate after the other, each rounded by the format's own encoder (to the nearest only).
std::vector<float> scalar(const GemmRules& rules, const Problem<float>& p) {
    const auto format = [](Accumulator kind) {
        const char* names[] = {"fp32", "bf16", "fp16", "dlfloat16"};
        return find_format(names[static_cast<int>(kind)]);
    };
    const auto rounded = [](const FormatInfo& f, double x) {
        return f.decode(f.encode(x, f.has_infinity ? Overflow::infinity : Overflow::nan));
    };
    const FormatInfo &array = *format(rules.accumulator), &buffer = *format(rules.buffer);
    std::vector<float> results;
    for (std::size_t m = 0; m < p.m; ++m)
        for (std::size_t n = 0; n < p.n; ++n) {
            double held = 0;
            for (std::size_t k0 = 0; k0 < p.k; k0 += rules.chunk) {
                double sum = 0;
                for (std::size_t k = k0; k < std::min(p.k, k0 + rules.chunk); ++k)
                    sum = rounded(array, sum + double{p.a[m * p.k + k]} * double{p.b[k * p.n + n]});
                held = k0 == 0 ? rounded(buffer, sum) : rounded(buffer, held + sum);
            }
            results.push_back(static_cast<float>(held));
        }
    return results;
}

TEST(WeightStationaryArray, HasTheCyclesAndTheBitsOfThePassLevelArrayUnderAnyStalls) {
    const unsigned seed = given_seed();
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    int held = 0;
    for (int round = 0; round < 400; ++round) {
        SCOPED_TRACE(round);
        const ArrayConfig config = random_array(random);
        const auto problem = float_problem(random);
        const Passes passes = passes_of(config, problem);
        const Around around = random_around(random, passes);
        const GemmRules rules = random_rules(random, config, false);
        const Seen pass = by_pass(config, passes, around);
        for (std::size_t p = 0; p < passes.count(); ++p) {
            EXPECT_GE(pass.starts[p], around.input_ready[p]);
            EXPECT_GE(pass.weight_starts[p], around.weights_ready[p]);
        }
        std::vector<float> registers, fast;
        const auto step_with = [&](auto arithmetic) {
            return by_register(config, passes, around, pass, problem, arithmetic, registers);
        };
        expect_same_times(pass, rules.fixed_bits > 0 ? step_with(BoundedArithmetic(rules))
                                : rules.accumulator == Accumulator::fixed
                                    ? step_with(QuireArithmetic(rules))
                                    : step_with(FloatArithmetic(rules)));
        gemm(rules, gemm_problem(problem, fast));
        EXPECT_TRUE(same_bits(registers, fast));
        if (rules.rounding == Rounding::nearest_even && rules.accumulator != Accumulator::fixed) {
            EXPECT_TRUE(same_bits(registers, scalar(rules, problem)));
        }
        held += pass.held > 0;
        if (HasFailure()) return;
    }
    EXPECT_GT(held, 40);
}

// Both arrays and the kernel add up the same product. Returns how often a sum did not fit.
std::uint64_t add_up_integers(std::mt19937& random, const ArrayConfig& config,
                              const Problem<IntegerOperand>& problem) {
    const Passes passes = passes_of(config, problem);
    const Around around = random_around(random, passes);
    const GemmRules rules = random_rules(random, config, true);
    const Seen pass = by_pass(config, passes, around);
    IntegerArithmetic arithmetic(rules);
    std::vector<std::int32_t> registers, fast;
    std::uint64_t counted = 0;
    expect_same_times(pass,
                      by_register(config, passes, around, pass, problem, arithmetic, registers, &counted));
    const std::uint64_t overflows = gemm(rules, gemm_problem(problem, fast));
    EXPECT_TRUE(same_bits(registers, fast));
    EXPECT_EQ(counted, overflows);
    return overflows;
}

TEST(WeightStationaryArray, AddsUpIntegersAsThePassLevelArrayDoes) {
    const unsigned seed = given_seed();
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    for (int round = 0; round < 150; ++round) {
        add_up_integers(random, random_array(random), integer_problem(random));
        if (HasFailure()) return;
    }
}

TEST(WeightStationaryArray, CountsEveryIntegerThatOverflowsWithinAColumnAndBelowIt) {
    std::mt19937 random(1);
    ArrayConfig config;
    config.rows = 600;  // 2^23 / 127^2 = 520
    config.cols = 2;
    std::uint64_t overflows = 0;
    for (int round = 0; round < 8; ++round) {
        Problem<IntegerOperand> p{2, 3, 1300, {}, {}};
        for (std::size_t i = 0; i < p.m * p.k; ++i)
            p.a.push_back(static_cast<IntegerOperand>(120 + random() % 8));
        for (std::size_t i = 0; i < p.k * p.n; ++i)
            p.b.push_back(static_cast<IntegerOperand>(round % 2 == 0 ? 120 + random() % 8 : -120));
        overflows += add_up_integers(random, config, p);
    }
    EXPECT_GT(overflows, 100U);
}

// Input stationary: A' holds still, columns of B' stream: the product of the transposes.
TEST(WeightStationaryArray, IsTheInputStationaryOneWithItsOperandsExchanged) {
    std::mt19937 random(5);
    for (int round = 0; round < 60; ++round) {
        ArrayConfig config = random_array(random);
        const auto problem = float_problem(random);
        Problem<float> turned{problem.n, problem.m, problem.k, std::vector<float>(problem.b.size()),
                              std::vector<float>(problem.a.size())};
        for (std::size_t k = 0; k < problem.k; ++k) {
            for (std::size_t n = 0; n < problem.n; ++n)
                turned.a[n * problem.k + k] = problem.b[k * problem.n + n];
            for (std::size_t m = 0; m < problem.m; ++m)
                turned.b[k * problem.m + m] = problem.a[m * problem.k + k];
        }
        GemmRules rules = random_rules(random, config, false);
        rules.rounding = Rounding::nearest_even;
        if (rules.accumulator == Accumulator::fixed)
            rules.accumulator = Accumulator::bf16, rules.fixed_bits = 0;
        const Passes passes = passes_of(config, turned);
        const Around around = random_around(random, passes);
        const Seen pass = by_pass(config, passes, around);
        FloatArithmetic arithmetic(rules);
        std::vector<float> registers, fast;
        expect_same_times(pass, by_register(config, passes, around, pass, turned, arithmetic, registers));
        gemm(rules, gemm_problem(problem, fast));
        for (std::size_t m = 0; m < problem.m; ++m)
            for (std::size_t n = 0; n < problem.n; ++n)
                EXPECT_EQ(std::memcmp(&registers[n * problem.m + m], &fast[m * problem.n + n], sizeof(float)),
                          0);
    }
}

TEST(WeightStationaryArray, TakesTheClosedFormOfTheHardwareWithoutStalls) {
    for (const int latency : {1, 2})
        for (const bool overlap : {true, false}) {
            ArrayConfig config;
            config.rows = 4, config.cols = 3, config.pe_latency = latency, config.overlap_passes = overlap;
            std::mt19937 random(1);
            auto problem = float_problem(random);
            const Passes passes = passes_of(config, problem);
            Around around;
            around.input_ready.assign(passes.count(), 0);
            around.weights_ready.assign(passes.count(), 0);
            around.depth = 1000;
            around.interval.assign(passes.n_tiles, 1);
            around.busy_until.assign(passes.n_tiles, 0);
            const Seen pass = by_pass(config, passes, around);
            const Cycle r = 4, c = 3, l = static_cast<Cycle>(latency), m = problem.m, p = passes.count();
            const Cycle closed =
                overlap ? r + (p - 1) * std::max(m, r) + m + r * l + c - 2 : p * (r + r * l + c + m - 2);
            EXPECT_EQ(pass.last_sum - pass.weight_starts[0], closed);
        }
}

// R + C + K L - 2 cycles a fold, and R for the drain below it.
TEST(OutputStationaryArray, HasTheCyclesOfItsClosedFormAndTheBitsOfOneChain) {
    const unsigned seed = given_seed();
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    for (int round = 0; round < 200; ++round) {
        ArrayConfig config = random_array(random);
        const auto rows = static_cast<std::size_t>(config.rows), cols = static_cast<std::size_t>(config.cols);
        const auto latency = static_cast<std::size_t>(config.pe_latency);
        const auto p = float_problem(random);
        GemmRules rules = random_rules(random, config, false);
        rules.chunk = 0;
        if (rules.accumulator == Accumulator::fixed)
            rules.accumulator = Accumulator::bf16, rules.fixed_bits = 0;
        FloatArithmetic arithmetic(rules);
        OutputStationaryArray<FloatArithmetic> array(config, arithmetic);
        const std::size_t fold = p.k * latency + rows + cols - 2, n_tiles = ceil_div(p.n, cols),
                          m_tiles = ceil_div(p.m, rows), folds = n_tiles * m_tiles;
        std::vector<float> results(p.m * p.n), wanted;
        std::size_t last = 0;
        std::uint64_t none = 0;
        std::vector<std::size_t> drained(folds);
        for (std::size_t c = 0; c < folds * fold + rows; ++c) {
            OutputStationaryArray<FloatArithmetic>::Edge edge;
            const std::size_t f = c / fold, at = c % fold;
            if (array.readable(0)) {
                const std::size_t drained_fold = f - 1, row = drained[drained_fold]++;
                last = c;
                for (std::size_t j = 0; j < cols; ++j) {
                    const std::size_t m = drained_fold % m_tiles * rows + row,
                                      n = drained_fold / m_tiles * cols + j;
                    if (m < p.m && n < p.n)
                        results[m * p.n + n] = arithmetic.into_buffer(nullptr, array.sum(j), none);
                }
            }
            std::vector<float> column;
            edge.drain = f < folds && at + 1 == fold;
            if (f < folds && at % latency == 0 && at / latency < p.k) {
                const std::size_t k = at / latency, n0 = f / m_tiles * cols, m0 = f % m_tiles * rows;
                edge.step = true;
                edge.first = k == 0;
                for (std::size_t m = m0; m < std::min(m0 + rows, p.m); ++m)
                    column.push_back(p.a[m * p.k + k]);
                edge.a = column;
                edge.b = std::span(p.b).subspan(k * p.n + n0, std::min(cols, p.n - n0));
            }
            array.step(edge);
        }
        EXPECT_EQ(last + 1, folds * fold + rows);
        gemm(rules, gemm_problem(p, wanted));
        EXPECT_TRUE(same_bits(results, wanted)) << round;
        if (HasFailure()) return;
    }
}

}  // namespace
}  // namespace octet
