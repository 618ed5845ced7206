// Products of one vector and a matrix on the lanes of the vector unit: values of a decoded token.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <random>

#include "sim/config/accelerator_keys.h"
#include "sim/lower/program.h"
#include "sim/run/value_run.h"
#include "sim/workload/builder.h"
#include "tests/values/reference_runs.h"

namespace octet::test {
namespace {

struct Token {
    std::uint64_t heads = 2, shared_heads = 1, head = 16, context = 21, ffn = 70;
    OperationKind activation = OperationKind::gelu;
};

// A layer that decodes one token beside caches of keys and values.
Graph layer_of(const Token& t) {
    const std::uint64_t hidden = t.heads * t.head;
    GraphBuilder build("token");
    const TensorId x = build.tensor("x", TensorRole::input, 1, hidden);
    const TensorId keys = build.tensor("keys", TensorRole::input, t.context, t.shared_heads * t.head);
    const TensorId values = build.tensor("values", TensorRole::input, t.context, t.shared_heads * t.head);
    const TensorId mask = build.tensor("mask", TensorRole::input, 1, t.context);
    const TensorId query = build.dense("query", x, hidden, true);
    TensorId p = build.scores("scores", query, keys, 1, t.heads, t.shared_heads);
    p = build.mask("masked", build.scale("scaled", p, 0.25), mask, t.heads);
    p = build.elementwise("softmax", OperationKind::softmax, {p});
    TensorId y = build.context("context", p, values, t.heads, t.shared_heads);
    y = build.elementwise("residual", OperationKind::add, {build.dense("output", y, hidden, false), x});
    const TensorId norm = build.norm("norm", OperationKind::rmsnorm, y, 1e-5);
    TensorId up = build.elementwise("activation", t.activation, {build.dense("up", norm, t.ffn, true)});
    up = build.dense("down", up, hidden, true);
    build.mark_output(build.elementwise("end", OperationKind::add, {up, y}));
    return build.finish();
}

std::vector<std::string> preset_list() {
    std::vector<std::string> list;
    for (const Preset& preset : presets()) list.emplace_back(preset.name);
    return list;
}

class TokenOnTheLanes : public testing::TestWithParam<std::string> {};

TEST_P(TokenOnTheLanes, HasTheValuesOfTheReference) {
    AcceleratorConfig machine = machine_of(GetParam());
    machine.matvec = Matvec::vector;
    expect_values_of_reference(make_case(layer_of({}), machine, 3));
}
INSTANTIATE_TEST_SUITE_P(Values, TokenOnTheLanes, testing::ValuesIn(preset_list()),
                         [](const auto& variant) { return variant.param; });

// The product of a row `x` and a column, as it enters the pass over the results.
Entered product(AcceleratorConfig machine, const std::vector<double>& x, const std::vector<double>& column) {
    machine.matvec = Matvec::vector;
    GraphBuilder build("column");
    build.mark_output(build.dense("product", build.tensor("x", TensorRole::input, 1, x.size()), 1, false));
    return entered(build.finish(), machine, {x, column, {}});
}

TEST(ProductOnTheLanes, CountsIntegerSumsThatDoNotFitAndSaturates) {
    constexpr std::size_t k = 600;
    constexpr std::int64_t limit = 1 << 23;
    AcceleratorConfig machine = machine_of("int8");
    machine.buffers.accumulation_format = "int24";
    machine.vector.format = "fp32";  // holds products and sums
    const Entered seen = product(machine, std::vector<double>(k, 127), std::vector<double>(k, 127));
    std::uint64_t overflows = 0;
    for (std::int64_t n = 1; n <= std::int64_t{k}; ++n) overflows += n * 127 * 127 >= limit ? 1 : 0;
    EXPECT_GT(overflows, 0U);
    EXPECT_EQ(seen.counts[0].saturated, overflows);
    EXPECT_EQ(seen.values[0][0], static_cast<float>(limit - 1));
}

TEST(ProductOnTheLanes, KeepsTheSignOfAZeroBelowTheSmallest) {
    AcceleratorConfig machine = machine_of("fp16");
    machine.pe.accumulator = machine.buffers.accumulation_format = machine.vector.format = "fp16";
    const float zero = product(machine, {-0x1p-14}, {0x1p-14}).values[0][0];
    EXPECT_EQ(zero, 0);
    EXPECT_TRUE(std::signbit(zero)) << "the first sum of a result is converted, not added to +0";
}

class RandomToken : public testing::TestWithParam<int> {};

TEST_P(RandomToken, HasTheValuesOfTheReferenceOnARandomMachine) {
    const char* given = std::getenv("OCTET_SEED");
    const unsigned first =
        given != nullptr ? static_cast<unsigned>(std::strtoul(given, nullptr, 10)) : std::random_device{}();
    SCOPED_TRACE(fmt::format("OCTET_SEED={}", first));
    std::mt19937 random(first + static_cast<unsigned>(GetParam()));
    const auto pick = [&](std::initializer_list<int> of) {
        return *(of.begin() + static_cast<std::ptrdiff_t>(random() % of.size()));
    };
    for (int attempt = 0; attempt < 100; ++attempt) {
        Token t;
        t.shared_heads = static_cast<std::uint64_t>(pick({1, 2, 3}));
        t.heads = t.shared_heads * static_cast<std::uint64_t>(pick({1, 2}));
        t.head = static_cast<std::uint64_t>(pick({3, 8, 16, 40, 64}));
        t.context = 1 + random() % 90;
        t.ffn = static_cast<std::uint64_t>(pick({1, 5, 64, 300}));
        t.activation = static_cast<OperationKind>(static_cast<unsigned>(OperationKind::gelu) + random() % 5);
        const auto names = preset_list();
        AcceleratorConfig machine = machine_of(names[random() % names.size()]);
        machine.matvec = Matvec::vector;
        machine.array.dataflow = static_cast<Dataflow>(random() % 3);
        machine.array.rows = pick({1, 4, 6, 8, 16, 32});
        machine.array.cols = pick({1, 4, 12, 16, 32, 64});
        machine.vector.lanes = pick({1, 3, 4, 16, 40});
        machine.vector.writeback_fifo = pick({1, 2});
        machine.vector.port_beats = pick({1, 2});
        machine.vector.residual_port = random() % 2 == 0;
        machine.controller.overlap_operations = random() % 3 != 0;
        machine.buffers.accumulation_depth = static_cast<std::uint64_t>(pick({1, 3, 16, 1024}));
        machine.fusion = static_cast<FusionLevel>(random() % 5);
        machine.sram.capacity_kib = static_cast<std::uint64_t>(pick({2, 4, 8, 16, 64, 256}));
        machine.sram.width_bits = pick({32, 64, 128, 256});
        machine.sram.banks = pick({1, 4, 16});
        if (random() % 3 == 0 && !is_integer(*find_accumulator(machine.pe.accumulator)))
            machine.buffers.accumulation_format =
                std::vector<std::string>{"bf16", "fp16", "fp32", "dlfloat16"}[random() % 4];
        if (random() % 3 == 0) machine.vector.format = random() % 2 == 0 ? "bf16" : "fp32";
        const Case c = make_case(layer_of(t), machine, first);
        try {
            value_config(machine, first, c.graph.operations.size());
            Program all(c.graph, machine, 0, c.inputs.scales, c.inputs.tokens);
            for (Command command; all.next(command);) {
            }
        } catch (const std::invalid_argument& refusal) {
            const std::string why = refusal.what();
            const bool blocks = machine.array.rows == 6 && find_format(machine.pe.storage)->block_length > 0;
            ASSERT_TRUE(why.starts_with(blocks ? "array.rows" : "sram.capacity_kib")) << why;
            continue;
        }
        SCOPED_TRACE(fmt::format(
            "{}, {} x {} array, dataflow {}, {} lanes, SRAM {} KiB of {} x {} bits, fusion {}, heads {} "
            "({}) of {}, context {}, ffn {}, sums in {} ({} vectors), vectors in {}",
            machine.pe.preset, machine.array.rows, machine.array.cols,
            static_cast<int>(machine.array.dataflow), machine.vector.lanes, machine.sram.capacity_kib,
            machine.sram.banks, machine.sram.width_bits, static_cast<int>(machine.fusion), t.heads,
            t.shared_heads, t.head, t.context, t.ffn, machine.buffers.accumulation_format,
            machine.buffers.accumulation_depth, machine.vector.format));
        return expect_values_of_reference(c);
    }
    FAIL() << "no machine with enough SRAM in 100 attempts";
}
INSTANTIATE_TEST_SUITE_P(Values, RandomToken, testing::Range(0, 16));

}  // namespace
}  // namespace octet::test
