// What a run with values reports of its arithmetic, and values at the ends of formats, on small graphs.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "models/formats/registry.h"
#include "sim/config/layers.h"
#include "sim/cost/read.h"
#include "sim/run/simulate.h"
#include "sim/workload/builder.h"
#include "tests/values/plain_reference.h"
#include "tests/values/small_runs.h"

namespace octet::test {
namespace {

struct Ran {
    std::vector<std::vector<float>> values;  // by operation
    std::vector<TensorScale> scales;         // by tensor
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

// Preset, fusion, vector format.
using Special = std::tuple<const char*, int, const char*>;
class EveryCode : public testing::TestWithParam<Special> {};

TEST_P(EveryCode, GoesThroughEveryStepOfTheVectorUnitAsInTheReference) {
    const auto& [preset, fusion, vector] = GetParam();
    AcceleratorConfig machine = machine_of(preset);
    if (*vector != 0) machine.vector.format = vector;
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

std::string test_name(const testing::TestParamInfo<Special>& special) {
    const auto& [preset, fusion, vector] = special.param;
    return fmt::format("{}_{}{}{}", preset, fusion == 0 ? "none" : "residual", *vector != 0 ? "_in_" : "",
                       vector);
}

INSTANTIATE_TEST_SUITE_P(Values, EveryCode,
                         testing::Combine(testing::Values("posit8_1", "posit8_1_ftz", "posit8_2", "e4m3",
                                                          "e5m2", "e5m4", "int8", "int8_zp", "bf16", "fp16",
                                                          "tf32", "fp32"),
                                          testing::Values(0, 4), testing::Values("")),
                         test_name);
INSTANTIATE_TEST_SUITE_P(NotHeld, EveryCode,
                         testing::Values(Special{"posit8_2", 0, "fp16"}, Special{"fp16", 0, "bf16"},
                                         Special{"tf32", 4, "bf16"}, Special{"fp32", 0, "bf16"},
                                         Special{"bf16", 4, "fp16"}),
                         test_name);

}  // namespace
}  // namespace octet::test
