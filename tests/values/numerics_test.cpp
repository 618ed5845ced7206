// What a run with values reports of its arithmetic, and values at the ends of formats, on small graphs.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <random>

#include "models/accelerator/run.h"
#include "models/formats/registry.h"
#include "sim/config/accelerator_keys.h"
#include "sim/config/layers.h"
#include "sim/cost/read.h"
#include "sim/run/simulate.h"
#include "sim/workload/builder.h"
#include "tests/values/plain_reference.h"

namespace octet::test {
namespace {

AcceleratorConfig machine_of(const char* preset) {
    AcceleratorConfig config;
    take_preset(config, *find_preset(preset));
    config.dram = IdealDramConfig{};
    return config;
}

class Collector : public ValueObserver {
  public:
    explicit Collector(const Graph& graph) : graph_(graph) {
        for (const Operation& op : graph.operations)
            results.emplace_back(graph.tensors[op.output].elements());
    }
    void produced(OperationId id, const ResultPart& part, std::size_t rows, std::size_t columns,
                  std::span<const float> values) override {
        const ResultPlace place = place_of(graph_, id, part);
        for (std::size_t r = 0; r < rows; ++r)
            std::copy_n(&values[r * columns], columns, &results[id].at(place.first + r * place.stride));
    }
    std::vector<std::vector<float>> results;  // by operation

  private:
    const Graph& graph_;
};

struct Ran {
    std::vector<std::vector<float>> values;  // by operation
    std::vector<float> scales;               // by tensor
    std::vector<OperationResult> operations;
    NumericsResult total;
};

// One run, through the program and the machine.
Ran run(const Graph& graph, const AcceleratorConfig& machine, const SourceTensors& sources,
        std::uint64_t seed = 0) {
    constexpr auto costs = std::to_array<std::string_view>({"costs"});
    const std::string path = OCTET_SOURCE_DIR "/configs/costs/unit.yaml";
    Diagnostics diagnostics;
    const CostTable table = read_costs(load_layers(path, costs), path, diagnostics);
    diagnostics.throw_if_any();
    ValueRun values(machine, seed, graph, Sources{sources, {}, {}, {}, {}});
    Collector seen(graph);
    values.also(seen);
    RunDescription description;
    description.seed = seed;
    const Simulation simulation =
        simulate(graph, machine, resolve(table, machine), description, &values, Fidelity::pass, {});
    return {seen.results, values.scales(), simulation.result.operations, *simulation.result.numerics};
}

std::vector<double> normal(std::size_t count, unsigned seed, double deviation = 1) {
    std::mt19937 random(seed);
    std::normal_distribution<double> number(0, deviation);
    std::vector<double> values(count);
    for (double& x : values) x = number(random);
    return values;
}

// x of one row and y of one row, multiplied value by value, in e4m3 with sums in fp32.
struct Products {
    Graph graph;
    SourceTensors sources;
    AcceleratorConfig machine = machine_of("e4m3");
    explicit Products(std::vector<double> x, std::vector<double> y) {
        GraphBuilder build("products");
        const auto a = build.tensor("x", TensorRole::input, 1, x.size()),
                   b = build.tensor("y", TensorRole::input, 1, y.size());
        build.mark_output(build.elementwise("product", OperationKind::multiply, {a, b}));
        graph = build.finish();
        sources = {std::move(x), std::move(y), {}};
        machine.vector.format = "fp32";
    }
};

TEST(Counts, AreOfValuesBeyondTheLargestBelowTheSmallestAndOfNoNumbers) {
    const double nan = std::nan(""), least = 0x1p-9;
    //                 448     504    -896   2^-9  2^-10  -2^-11  0   NaN
    const Products p({448, 448, 448, least, least, -least, 0, nan}, {1, 1.125, -2, 1, 0.5, 0.25, 5, 1});
    const Ran ran = run(p.graph, p.machine, p.sources);
    EXPECT_EQ(ran.total.saturated, 2U);
    EXPECT_EQ(ran.total.underflowed, 2U);
    EXPECT_EQ(ran.total.nar, 1U);
    EXPECT_EQ(ran.operations[0].numerics->saturated, 2U);
    EXPECT_EQ(ran.values[0][1], 448);
    EXPECT_EQ(ran.values[0][4], 0) << "a tie goes to the even code";
    // A NaN on both sides has no distance.
    EXPECT_FALSE(ran.total.sqnr_db.has_value());
    EXPECT_FALSE(ran.total.max_abs_error.has_value());
}

TEST(Errors, AreThoseOfTheWrittenValuesAgainstDoublePrecision) {
    //               462 -> 448    -1008 -> -448    3 -> 3
    const Products p({420, 448, 3}, {1.1, -2.25, 1});  // 420 -> 416 and 1.1 -> 1.125 in e4m3
    const Ran ran = run(p.graph, p.machine, p.sources);
    const double a = 420 * 1.1 - 448, b = -1008 + 448;
    EXPECT_DOUBLE_EQ(*ran.total.max_abs_error, 560);
    EXPECT_DOUBLE_EQ(*ran.total.sqnr_db, 10 * std::log10((462 * 462 + 1008 * 1008 + 9) / (a * a + b * b)));
}

TEST(Errors, AreNullWhereAllIsExact) {
    const Products p({1, 2, 3}, {4, 0.5, 2});
    const Ran ran = run(p.graph, p.machine, p.sources);
    EXPECT_EQ(*ran.total.max_abs_error, 0);
    EXPECT_FALSE(ran.total.sqnr_db.has_value()) << "no noise";
}

TEST(Errors, OfEveryOperationAreItsOwnAndThoseOfTheRunOfItsOutputs) {
    GraphBuilder build("three");
    const auto x = build.tensor("x", TensorRole::input, 13, 37);
    const auto y = build.dense("dense", x, 21, true);
    const auto z = build.elementwise("gelu", OperationKind::gelu, {y});
    build.mark_output(build.norm("norm", OperationKind::layernorm, z, 1e-5));
    build.mark_output(build.elementwise("twice", OperationKind::add, {z, z}));
    const Graph graph = build.finish();
    SourceTensors sources(graph.tensors.size());
    for (TensorId id = 0; id < graph.tensors.size(); ++id)
        if (graph.tensors[id].role == TensorRole::input || graph.tensors[id].role == TensorRole::weight)
            sources[id] = normal(graph.tensors[id].elements(), id, 3);
    const Ran ran = run(graph, machine_of("e4m3"), sources);
    double signal = 0, noise = 0, largest = 0;
    std::uint64_t saturated = 0;
    evaluate(graph, sources, {}, 1, [&](OperationId id, std::span<const double> exact) {
        double s = 0, n = 0, most = 0;
        for (std::size_t i = 0; i < exact.size(); ++i) {
            const double off = double{ran.values[id][i]} - exact[i];
            s += exact[i] * exact[i];
            n += off * off;
            most = std::max(most, std::abs(off));
        }
        const NumericsResult& seen = *ran.operations[id].numerics;
        EXPECT_NEAR(*seen.sqnr_db, 10 * std::log10(s / n), 1e-9) << graph.operations[id].name;
        EXPECT_DOUBLE_EQ(*seen.max_abs_error, most) << graph.operations[id].name;
        saturated += seen.saturated;
        if (id < 2) return true;
        signal += s;
        noise += n;
        largest = std::max(largest, most);
        return true;
    });
    EXPECT_NEAR(*ran.total.sqnr_db, 10 * std::log10(signal / noise), 1e-9);
    EXPECT_DOUBLE_EQ(*ran.total.max_abs_error, largest);
    EXPECT_EQ(ran.total.saturated, saturated);
}

using Special = std::tuple<const char*, int>;
class EveryCode : public testing::TestWithParam<Special> {};

TEST_P(EveryCode, GoesThroughEveryStepOfTheVectorUnitAsInTheReference) {
    const auto& [preset, fusion] = GetParam();
    AcceleratorConfig machine = machine_of(preset);
    machine.fusion = static_cast<FusionLevel>(fusion);
    const FormatInfo& storage = *find_format(machine.pe.storage);
    GraphBuilder build("all");
    const auto x = build.tensor("x", TensorRole::input, 16, 16),
               y = build.tensor("y", TensorRole::input, 16, 16);
    std::vector<TensorId> made;
    for (const OperationKind kind : {OperationKind::relu, OperationKind::gelu, OperationKind::silu,
                                     OperationKind::tanh, OperationKind::sigmoid, OperationKind::softmax})
        made.push_back(build.elementwise(fmt::format("one{}", made.size()), kind, {x}));
    for (const OperationKind kind : {OperationKind::add, OperationKind::multiply})
        made.push_back(build.elementwise(fmt::format("two{}", made.size()), kind, {x, y}));
    for (const OperationKind kind : {OperationKind::layernorm, OperationKind::rmsnorm, OperationKind::nonorm})
        made.push_back(build.norm(fmt::format("norm{}", made.size()), kind, x, 1e-3));
    made.push_back(build.scale("scale", x, 1.0 / 3));
    const auto product = build.dense("dense", x, 16, false);
    made.push_back(build.elementwise("relu", OperationKind::relu, {product}));
    for (const TensorId id : made) build.mark_output(id);
    const Graph graph = build.finish();
    PlainInputs inputs;
    inputs.sources.resize(graph.tensors.size());
    for (TensorId id = 0; id < graph.tensors.size(); ++id) {
        const Tensor& t = graph.tensors[id];
        if (t.role != TensorRole::input && t.role != TensorRole::weight) continue;
        inputs.sources[id] = normal(t.elements(), id);
        for (std::size_t i = 0; i < inputs.sources[id].size() && t.role == TensorRole::input; ++i) {
            // x runs through all codes of 8 bits, y through them the other way; of wider formats through
            // some.
            const Code code = static_cast<Code>(id == x ? i : 255 - i)
                              << (storage.bits > 8 ? storage.bits - 8 : 0);
            if (storage.bits >= 8) inputs.sources[id][i] = storage.decode(code);
        }
    }
    const Ran ran = run(graph, machine, inputs.sources);
    inputs.scales = ran.scales;
    const auto wanted = plain_results(graph, machine, inputs);
    for (OperationId id = 0; id < graph.operations.size(); ++id)
        for (std::size_t i = 0; i < wanted[id].size(); ++i)
            ASSERT_EQ(std::memcmp(&ran.values[id][i], &wanted[id][i], sizeof(float)), 0)
                << graph.operations[id].name << ' ' << i << ": machine " << ran.values[id][i]
                << ", reference " << wanted[id][i];
}

INSTANTIATE_TEST_SUITE_P(Values, EveryCode,
                         testing::Combine(testing::Values("posit8_1", "posit8_1_ftz", "posit8_2", "e4m3",
                                                          "e5m2", "e5m4", "int8", "bf16", "fp16", "tf32",
                                                          "fp32"),
                                          testing::Values(0, 4)),
                         [](const auto& special) {
                             return fmt::format("{}_{}", std::get<0>(special.param),
                                                std::get<1>(special.param) == 0 ? "none" : "residual");
                         });

// What enters the vector unit from products, before anything is encoded, by operation.
struct Entered {
    std::vector<std::vector<float>> values;
    std::vector<float> scales;  // by tensor
    std::vector<ValueCounts> counts;
};
Entered entered(const Graph& graph, const AcceleratorConfig& machine, const SourceTensors& sources,
                std::uint64_t seed = 0) {
    class Unencoded final : public ValueObserver {
      public:
        explicit Unencoded(const Graph& graph) : graph_(graph) {
            for (const Operation& op : graph.operations) values.emplace_back(op.elements());
        }
        void produced(OperationId, const ResultPart&, std::size_t, std::size_t,
                      std::span<const float>) override {}
        void unencoded(OperationId id, const ResultPart& part, std::size_t rows, std::size_t columns,
                       std::span<const float> v) override {
            const ResultPlace place = place_of(graph_, id, part);
            for (std::size_t r = 0; r < rows; ++r)
                std::copy_n(&v[r * columns], columns, &values[id].at(place.first + r * place.stride));
        }
        std::vector<std::vector<float>> values;

      private:
        const Graph& graph_;
    } seen(graph);
    ValueRun values(machine, seed, graph, Sources{sources, {}, {}, {}, {}});
    values.also(seen);
    Program program(graph, machine, seed, values.scales(), {});
    MachineValues& memory = values.begin(program);
    run_machine(machine, program, &memory, Fidelity::pass);
    return {seen.values, values.scales(), memory.counts};
}

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
    Integers p(sums.size(), 1, 64, -127, unit);
    std::fill(p.sources[1].begin(), p.sources[1].end(), 127);
    p.sources[1].back() = 1;
    for (std::size_t i = 0; i < p.m; ++i) {
        std::int64_t rest = sums[i] / 127;
        for (std::size_t k = 0; k < p.k; ++k) {
            const std::int64_t code = k + 1 == p.k ? sums[i] % 127 : std::min<std::int64_t>(rest, 127);
            rest -= code;
            p.sources[0][i * p.k + k] = static_cast<double>(code) * unit;
        }
    }
    ASSERT_EQ(p.sources[0][0], 127 * unit);
    const Entered seen = entered(p.graph, machine_of("int8"), p.sources);
    EXPECT_EQ(seen.scales[0], unit);
    for (std::size_t i = 0; i < p.m; ++i)
        EXPECT_EQ(seen.values[0][i], rounded(static_cast<double>(sums[i]) * unit)) << sums[i];
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

}  // namespace
}  // namespace octet::test
