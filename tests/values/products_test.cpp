// What enters the vector unit from products: integers and their scale, overflow, draws, operands that the
// multiplier does not hold.
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "models/arithmetic/gemm.h"
#include "models/formats/registry.h"
#include "sim/workload/builder.h"
#include "tests/values/small_runs.h"

namespace octet::test {
namespace {

// a (m x k) times b (k x n), whole numbers from `least` to 127, those of a times `unit`.
struct Integers {
    std::size_t m, n, k;
    double unit;
    Graph graph;
    SourceTensors sources;
    Integers(std::size_t m_, std::size_t n_, std::size_t k_, int least, double unit_)
        : m(m_), n(n_), k(k_), unit(unit_) {
        GraphBuilder build("integers");
        const auto a = build.tensor("a", TensorRole::input, m, k);
        build.mark_output(build.dense("product", a, n, false));
        graph = build.finish();
        std::mt19937 random(5);
        std::uniform_int_distribution<int> code(least, 127);
        sources = {std::vector<double>(m * k), std::vector<double>(k * n), {}};
        for (double& x : sources[1]) x = code(random);
        for (double& x : sources[0]) x = code(random) * unit;
        sources[0][0] = 127 * unit;  // so that scales are `unit` and 1
        sources[1][0] = 127;
    }
    // Such a and one column b that these are the sums.
    static Integers with_sums(const std::vector<std::int64_t>& sums, std::size_t k, double unit) {
        Integers p(sums.size(), 1, k, -127, unit);
        std::fill(p.sources[1].begin(), p.sources[1].end(), 127);
        p.sources[1].back() = 1;
        for (std::size_t i = 0; i < p.m; ++i) {
            std::int64_t rest = sums[i] / 127;
            for (std::size_t j = 0; j < k; ++j) {
                const std::int64_t code = j + 1 == k ? sums[i] % 127 : std::min<std::int64_t>(rest, 127);
                rest -= code;
                p.sources[0][i * k + j] = static_cast<double>(code) * unit;
            }
        }
        return p;
    }
    std::int64_t a(std::size_t i, std::size_t j) const { return std::llrint(sources[0][i * k + j] / unit); }
    std::int64_t b(std::size_t i, std::size_t j) const { return std::llrint(sources[1][i * n + j]); }
};

TEST(IntegerSums, AreScaledAndRoundedOnceForTheVectorUnit) {
    constexpr double unit = 0x1.3579bcp-7;  // 24 bits, so that its products with sums fit a double
    const FormatInfo& bf16 = *find_format("bf16");
    const auto rounded = [&](double x) { return bf16.decode(bf16.encode(x, bf16.overflow)); };
    // Sums of which a product in fp32, rounded again, becomes another number.
    std::vector<std::int64_t> sums;
    for (std::int64_t sum = 1; sum < 63 * 127 * 127 && sums.size() < 20; ++sum) {
        const double exact = static_cast<double>(sum) * unit;
        if (rounded(exact) != rounded(double{static_cast<float>(exact)})) sums.push_back(sum);
    }
    ASSERT_GE(sums.size(), 3U);
    const Integers p = Integers::with_sums(sums, 64, unit);
    const Entered seen = entered(p.graph, machine_of("int8"), p.sources);
    EXPECT_EQ(seen.scales[0].scale, unit);
    for (std::size_t i = 0; i < p.m; ++i)
        EXPECT_EQ(seen.values[0][i], rounded(static_cast<double>(sums[i]) * unit)) << sums[i];
}

TEST(IntegerSums, WhoseProductsWithTheScaleDoNotFitADoubleAreRoundedOnceToo) {
    // The product is 287 * 2^45 - 1, a hair below the middle between 143 and 144 times 2^46.
    constexpr std::int64_t sum = 611071821, scale = 16524923;
    static_assert(sum * scale == 287 * (std::int64_t{1} << 45) - 1);
    const double unit = std::ldexp(double{scale}, -46);
    const Integers p = Integers::with_sums({sum}, sum / (127 * 127) + 2, unit);
    const Entered seen = entered(p.graph, machine_of("int8"), p.sources);
    EXPECT_EQ(seen.scales[0].scale, unit);
    EXPECT_EQ(seen.values[0][0], 143);
}

class IntegerOverflows : public testing::TestWithParam<IntegerOverflow> {};

TEST_P(IntegerOverflows, AreCountedInTheBufferAndSaturateOrWrap) {
    const Integers p(5, 7, 768, 90, 1);
    AcceleratorConfig machine = machine_of("int8");
    machine.buffers.accumulation_format = "int24";
    machine.pe.overflow = GetParam();
    const Entered seen = entered(p.graph, machine, p.sources);
    const FormatInfo& bf16 = *find_format("bf16");
    std::uint64_t overflows = 0;
    constexpr std::int64_t limit = 1 << 23;
    for (std::size_t i = 0; i < p.m; ++i)
        for (std::size_t j = 0; j < p.n; ++j) {
            std::int64_t held = 0;
            for (std::size_t k = 0; k < p.k; ++k) {
                held += p.a(i, k) * p.b(k, j);
                if (k % 16 != 15) continue;  // the sum of 16 rows does not overflow and is added as a whole
                if (held < limit) continue;
                ++overflows;
                held = GetParam() == IntegerOverflow::saturate ? limit - 1 : held - 2 * limit;
            }
            ASSERT_EQ(seen.values[0][i * p.n + j],
                      bf16.decode(bf16.encode(static_cast<double>(held), bf16.overflow)));
        }
    EXPECT_GT(overflows, 0U);
    EXPECT_EQ(seen.counts[0].saturated, overflows);
}
INSTANTIATE_TEST_SUITE_P(Values, IntegerOverflows,
                         testing::Values(IntegerOverflow::saturate, IntegerOverflow::wrap),
                         [](const auto& mode) {
                             return mode.param == IntegerOverflow::wrap ? "wrap" : "saturate";
                         });

TEST(StochasticRounding, OfAProductGoesOnWithTheDrawsAfterThoseOfTheOneBefore) {
    constexpr std::size_t m = 21, k = 40, n = 35;
    GraphBuilder build("two");
    const auto x = build.tensor("x", TensorRole::input, m, k);
    for (const char* name : {"first", "second"}) build.mark_output(build.dense(name, x, n, false));
    const Graph graph = build.finish();
    SourceTensors sources(graph.tensors.size());
    for (TensorId id = 0; id < graph.tensors.size(); ++id)
        if (graph.tensors[id].role != TensorRole::output)
            sources[id] = normal(graph.tensors[id].elements(), id);
    AcceleratorConfig machine = machine_of("posit8_1");
    machine.pe.rounding = Rounding::stochastic;
    const std::uint64_t seed = 77;
    const Entered seen = entered(graph, machine, sources, seed);
    const FormatInfo& posit = *find_format("posit8_1");
    GemmRules rules;
    rules.rounding = Rounding::stochastic;
    rules.seed = seed;
    for (OperationId id = 0; id < 2; ++id) {
        std::vector<float> a, b, sums(m * n);
        for (const double v : sources[graph.operations[id].inputs[0]])
            a.push_back(static_cast<float>(posit.decode(posit.encode(v, posit.overflow))));
        for (const double v : sources[graph.operations[id].inputs[1]])
            b.push_back(static_cast<float>(posit.decode(posit.encode(v, posit.overflow))));
        gemm_stepwise(rules, FloatGemm{m, n, k, a.data(), k, b.data(), n, sums.data(), n, true, {}});
        EXPECT_EQ(seen.values[id], sums) << id;
        rules.first_draw += m * 3 * 3;  // steps: rows times 3 tiles along k and 3 along n
    }
}

// Each x times `weight`, as it enters the vector unit.
std::vector<float> products(const AcceleratorConfig& machine, const std::vector<double>& x, double weight,
                            Fidelity fidelity = Fidelity::pass) {
    GraphBuilder build("column");
    build.mark_output(build.dense("product", build.tensor("x", TensorRole::input, x.size(), 1), 1, false));
    return entered(build.finish(), machine, {x, {weight}, {}}, 0, fidelity).values[0];
}

TEST(IntegerScales, AreTheLargestMagnitudeOfATensorOverTheLargestCode) {
    GraphBuilder build("column");
    build.mark_output(build.dense("product", build.tensor("x", TensorRole::input, 3, 1), 1, false));
    const Graph graph = build.finish();
    const SourceTensors sources{{-5, 1, 2}, {-3}, {}};  // product 15, -3, -6
    const std::vector<TensorScale> scales{{5.0F / 127}, {3.0F / 127}, {15.0F / 127}};
    EXPECT_EQ(entered(graph, machine_of("int8"), sources).scales, scales);
}

class AroundAZeroPoint : public testing::TestWithParam<Fidelity> {};

// x takes 255 steps of 0.01 from -1 on, w as many from -0.55 on.
TEST_P(AroundAZeroPoint, ProductsAreThoseOfCodesLessTheirZeroPointsAnd0IsAZeroOperand) {
    GraphBuilder build("column");
    build.mark_output(build.dense("product", build.tensor("x", TensorRole::input, 1, 4), 1, false));
    // Code 0 is the number 0.28 of x.
    const Entered seen = entered(build.finish(), machine_of("int8_zp"),
                                 {{0, 0.28, -1, 1.55}, {2, 0, 1, -0.55}, {}}, 0, GetParam());
    const float unit = 0.01F;
    EXPECT_EQ(seen.scales[0], (TensorScale{unit, -28}));
    EXPECT_EQ(seen.scales[1], (TensorScale{unit, -73}));
    const FormatInfo& bf16 = *find_format("bf16");
    const double sum = 0 * 200 + 28 * 0 - 100 * 100 - 155 * 55;
    EXPECT_EQ(seen.values[0][0], bf16.decode(bf16.encode(sum * double{unit * unit}, bf16.overflow)));
    EXPECT_EQ(seen.counts[0].zero_products, 2U);
}

// 4, 3/4; 4/255, 3/4 of 1/255; 0, 0 or their negatives, between 0 and 1 or -1 and 0: 3/4 lies not beyond
// these ends, though beyond half of 255 steps.
void expect_misfits_of(double sign, int zero, Fidelity fidelity) {
    CalibrationConfig calibration;
    calibration.activations = ClipRule::clip;
    calibration.clip = 1;
    GraphBuilder build("columns");
    build.mark_output(build.dense("product", build.tensor("x", TensorRole::input, 3, 1), 2, false));
    const Entered seen = entered(build.finish(), machine_of("int8_zp"),
                                 {{sign, sign / 255, 0}, {4, 0.75}, {}}, 0, fidelity, calibration);
    EXPECT_EQ(seen.scales[2], (TensorScale{1.0F / 255, zero}));
    EXPECT_EQ(seen.counts[0].saturated, 1U);
    EXPECT_EQ(seen.counts[0].underflowed, 1U);
}
TEST_P(AroundAZeroPoint, ResultsAboveTheLargestCodeAndBelowOneStepAreCounted) {
    expect_misfits_of(1, -128, GetParam());
}
TEST_P(AroundAZeroPoint, ResultsBelowTheSmallestCodeAreCounted) {
    expect_misfits_of(-1, 127, GetParam());
}

INSTANTIATE_TEST_SUITE_P(Values, AroundAZeroPoint, testing::Values(Fidelity::pass, Fidelity::registers),
                         [](const auto& fidelity) {
                             return fidelity.param == Fidelity::pass ? "pass" : "register";
                         });

TEST(Operands, ThatTheMultiplierDoesNotHoldSaturate) {
    AcceleratorConfig machine = machine_of("e5m2");
    machine.pe.operand = "e4m3";
    const std::vector<double> x{1024, 448, -57344, 2};
    EXPECT_EQ(products(machine, x, 1024), (std::vector<float>{448 * 448, 448 * 448, -448 * 448, 896}));
}

TEST(Operands, ThatTheMultiplierDoesNotHoldAreRoundedToTheNearest) {
    AcceleratorConfig machine = machine_of("e5m2");
    machine.pe.operand = "e3m2";  // its smallest number is 2^-4
    const std::vector<double> x{0x1.4p-4, 0x1.8p-4, 0x1.cp-4, 0x1.4p-3, -0x1p-5};
    EXPECT_EQ(products(machine, x, 1), (std::vector<float>{0x1p-4F, 0x1p-3F, 0x1p-3F, 0x1p-3F, -0.0F}));
}

class Sums : public testing::TestWithParam<Fidelity> {};

TEST_P(Sums, ThatBecomeAZeroBelowTheSmallestKeepItsSignOnTheirWay) {
    AcceleratorConfig machine = machine_of("fp16");
    machine.pe.accumulator = machine.buffers.accumulation_format = machine.vector.format = "fp16";
    const float zero = products(machine, {-0x1p-14}, 0x1p-14, GetParam())[0];
    EXPECT_EQ(zero, 0);
    EXPECT_TRUE(std::signbit(zero)) << "the first sum of a result is converted, not added to +0";
}

INSTANTIATE_TEST_SUITE_P(Values, Sums, testing::Values(Fidelity::pass, Fidelity::registers),
                         [](const auto& fidelity) {
                             return fidelity.param == Fidelity::pass ? "pass" : "register";
                         });

}  // namespace
}  // namespace octet::test
