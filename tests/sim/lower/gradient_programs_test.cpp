// Gradients, updates and functions in integers take the passes of docs/hardware/vector.md.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>

#include "sim/lower/vector_programs.h"

namespace octet {
namespace {

struct Taken {
    const char* what;
    OperationKind kind, function;
    std::size_t inputs, passes;
};

Graph graph_of(const Taken& taken) {
    Graph graph;
    graph.name = "one";
    Operation o{.name = "op", .kind = taken.kind, .inputs = {}};
    o.m = 6;
    o.n = 4;
    o.function = taken.function;
    for (std::size_t i = 0; i < taken.inputs; ++i) {
        const bool factor = taken.kind == OperationKind::rescale && i == 1;
        const bool gamma =
            i > 0 && (is_norm(taken.kind) || (taken.kind == OperationKind::norm_backward && i == 2));
        o.inputs.push_back(static_cast<TensorId>(i));
        graph.tensors.push_back(
            {"t" + std::to_string(i), TensorRole::input, 1, gamma || factor ? 1U : 6U, factor ? 1U : 4U});
    }
    o.output = static_cast<TensorId>(taken.inputs);
    const bool row = reduces(taken.kind);
    graph.tensors.push_back({"y", TensorRole::output, 1, row ? 1U : 6U, row ? 6U : 4U});
    graph.operations.push_back(std::move(o));
    return graph;
}

class GradientProgram : public testing::TestWithParam<Taken> {};

TEST_P(GradientProgram, TakesThePassesOfTheTable) {
    const Graph graph = graph_of(GetParam());
    ASSERT_TRUE(faults(graph).empty()) << faults(graph).front().message;
    const auto passes = vector_program(0, graph, false).passes;
    EXPECT_EQ(passes.size(), GetParam().passes);
}

TEST_P(GradientProgram, ReadsThreeOperandsAtMostAndNoTemporaryBeforeItIsWritten) {
    const Graph graph = graph_of(GetParam());
    const auto slots = temporaries(graph.operations[0]);
    unsigned known = 0;  // slots with something in them
    for (std::size_t i = 0; i < graph.operations[0].inputs.size(); ++i)
        if (std::ranges::find(slots, i) == slots.end()) known |= 1U << i;
    const auto passes = vector_program(0, graph, false).passes;
    for (std::size_t i = 0; i < passes.size(); ++i) {
        EXPECT_LE(std::popcount(unsigned{passes[i].reads}), 3) << "pass " << i;
        EXPECT_EQ(passes[i].reads & ~known, 0U) << "pass " << i;
        const auto values = std::ranges::count_if(passes[i].stages, [](const VectorStage& s) {
            return !s.per_row && s.action != Action::vector_reduce && s.action != Action::softmax_exp;
        });
        EXPECT_LE(values, 2) << "pass " << i << ": there are two stages of arithmetic";
        if (passes[i].writes_operand >= 0) known |= 1U << static_cast<unsigned>(passes[i].writes_operand);
        EXPECT_EQ(i + 1 == passes.size(), passes[i].writes && passes[i].writes_operand < 0) << "pass " << i;
    }
}

using enum OperationKind;
INSTANTIATE_TEST_SUITE_P(
    Of, GradientProgram,
    testing::Values(
        Taken{"layernorm", norm_backward, layernorm, 3, 7}, Taken{"rmsnorm", norm_backward, rmsnorm, 3, 6},
        Taken{"softmax", softmax_backward, matmul, 2, 5}, Taken{"gelu", activation_backward, gelu, 2, 2},
        Taken{"relu", activation_backward, relu, 2, 1}, Taken{"bare_layernorm", layernorm, matmul, 1, 3},
        Taken{"bare_rmsnorm", rmsnorm, matmul, 1, 2}, Taken{"axpy", axpy, matmul, 2, 1},
        Taken{"moment", moment, matmul, 2, 2}, Taken{"second_moment", second_moment, matmul, 2, 2},
        Taken{"adam", adam, matmul, 3, 4}, Taken{"row_squares", row_squares, matmul, 1, 2},
        Taken{"row_sums", row_sums, matmul, 1, 2}, Taken{"distance_sums", distance_sums, matmul, 1, 2},
        Taken{"clip_factor", clip_factor, matmul, 1, 2}, Taken{"rescale", rescale, matmul, 2, 1}),
    [](const auto& test) { return test.param.what; });

std::vector<Action> actions_of(const VectorPass& pass, bool per_row) {
    std::vector<Action> actions;
    for (const VectorStage& stage : pass.stages)
        if (stage.per_row == per_row) actions.push_back(stage.action);
    return actions;
}

TEST(FunctionUnits, InIntegersChangeActionsAndDigitsAndNoPass) {
    VectorConfig config;
    config.gelu = config.layernorm = VectorFunctionUnit::ibert;
    for (const std::size_t inputs : {3U, 1U}) {
        const Graph graph = graph_of({"layernorm", layernorm, matmul, inputs, 0});
        const VectorProgram floats = vector_program(0, graph, false),
                            integers = with_function_units(floats, graph, config);
        ASSERT_EQ(integers.passes.size(), floats.passes.size());
        EXPECT_EQ(actions_of(integers.passes[0], true), std::vector{Action::integer_divide});
        EXPECT_EQ(actions_of(integers.passes[1], true),
                  (std::vector{Action::integer_root, Action::integer_divide}));
        EXPECT_EQ(integers.passes[0].row_latency, 32);
        EXPECT_EQ(integers.passes[1].row_latency, 64);
        for (std::size_t i = 0; i < floats.passes.size(); ++i) {
            EXPECT_EQ(actions_of(integers.passes[i], false), actions_of(floats.passes[i], false));
            EXPECT_EQ(floats.passes[i].row_latency, 0);
            if (i > 1) {
                EXPECT_EQ(integers.passes[i].row_latency, 0);
            }
        }
    }
    const auto action_of = [&](OperationKind kind, const VectorConfig& units) {
        const Graph graph = graph_of({"activation", kind, matmul, 1, 0});
        return with_function_units(vector_program(0, graph, false), graph, units).passes[0].stages[0].action;
    };
    EXPECT_EQ(action_of(gelu, config), Action::integer_gelu);
    EXPECT_EQ(action_of(gelu, {}), Action::vector_polynomial);
    EXPECT_EQ(action_of(silu, config), Action::vector_polynomial) << "GELU alone";
    const Graph rms = graph_of({"rmsnorm", rmsnorm, matmul, 2, 0});
    EXPECT_EQ(with_function_units(vector_program(0, rms, false), rms, config).passes[0].row_latency, 0);
}

}  // namespace
}  // namespace octet
