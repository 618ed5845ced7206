// LLM.int8(): products in INT8 beside a few columns in 16 bits, bit for bit.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <random>

#include "models/formats/registry.h"
#include "sim/config/accelerator_keys.h"
#include "sim/run/calibration.h"
#include "sim/run/outliers.h"
#include "sim/workload/builder.h"
#include "tests/values/reference_runs.h"

namespace octet::test {
namespace {

struct Shape {
    std::uint64_t rows = 9, in = 150, middle = 70, out = 21;
};

// Three products, the last one turned, as of a tied head; two of them share an input.
Graph products_of(const Shape& s) {
    GraphBuilder build("split");
    const TensorId x = build.tensor("x", TensorRole::input, s.rows, s.in);
    const TensorId y = build.dense("first", x, s.middle, true);
    build.mark_output(build.dense("second", y, s.out, true));
    build.mark_output(build.tied("third", y, build.weight("table", s.out + 2, s.middle), false));
    return build.finish();
}

// Columns of very different size: scales and outliers have something to choose from.
void spread_columns(Case& c, TensorId id, std::mt19937& random) {
    std::vector<double> sizes(c.graph.tensors[id].cols);
    for (double& size : sizes) size = std::exp2(static_cast<double>(random() % 9) - 4);
    std::vector<double>& values = c.inputs.sources[id];
    for (std::size_t i = 0; i < values.size(); ++i) values[i] *= sizes[i % sizes.size()];
}

void expect_values(Graph graph, const AcceleratorConfig& config, double share, unsigned seed,
                   Fidelity fidelity) {
    const auto splits = split_outliers(graph, share);
    ASSERT_FALSE(splits.empty());
    Case c = make_case(std::move(graph), config, seed);
    std::mt19937 random(seed);
    spread_columns(c, 0, random);
    choose_outliers(c.graph, splits, c.inputs.sources, {}, 1);
    if (!c.inputs.scales.empty()) c.inputs.scales = calibrate(c.graph, c.inputs.sources, {}, config, 1);
    expect_values_of_reference(c, fidelity);
}

enum class Way {
    held,
    per_pe,
    sums_stay,
    streams,
    registers,
    narrow,
    unfused,
    row_at_a_time,
    lanes,
    lanes_turned
};
constexpr std::array way_names{"held",   "per_pe",  "sums_stay",     "streams", "registers",
                               "narrow", "unfused", "row_at_a_time", "lanes",   "lanes_turned"};
struct SplitCase {
    const char *preset, *narrow;
    Way way;
};
constexpr auto cases = std::to_array<SplitCase>({{"bf16", "int8", Way::held},
                                                 {"fp16", "int8", Way::held},
                                                 {"bf16", "e4m3", Way::held},
                                                 {"bf16", "int8", Way::registers},
                                                 {"bf16", "int8", Way::lanes},
                                                 {"bf16", "int8", Way::streams},
                                                 {"bf16", "int8_vector", Way::held},
                                                 {"fp16", "int8_vector", Way::held},
                                                 {"bf16", "int8_vector", Way::per_pe},
                                                 {"bf16", "int8_vector", Way::sums_stay},
                                                 {"bf16", "int8_vector", Way::streams},
                                                 {"bf16", "int8_vector", Way::registers},
                                                 {"bf16", "int8_vector", Way::narrow},
                                                 {"bf16", "int8_vector", Way::unfused},
                                                 {"bf16", "int8_vector", Way::row_at_a_time},
                                                 {"bf16", "int8_vector", Way::lanes},
                                                 {"bf16", "int8_vector", Way::lanes_turned}});

// By case: one machine a process.
class SplitProducts : public testing::TestWithParam<std::size_t> {};

TEST_P(SplitProducts, HaveTheValuesOfTheReference) {
    const SplitCase& of = cases[GetParam()];
    AcceleratorConfig config = machine_of(of.preset);
    config.formats[FormatUse::quantized] = of.narrow;
    Shape shape;
    Fidelity fidelity = Fidelity::pass;
    switch (of.way) {
        case Way::held:
            break;
        case Way::per_pe:
            config.codec.placement = CodecPlacement::per_pe;
            break;
        case Way::sums_stay:
            config.array.dataflow = Dataflow::output_stationary;
            break;
        case Way::registers:
            fidelity = Fidelity::registers;
            break;
        case Way::narrow:  // nothing stays, and a reduction is cut
            config.buffers.weight_depth = 32;
            config.buffers.input_depth = 8;
            config.sram.capacity_kib = 8;
            shape.rows = 40;
            break;
        case Way::unfused:
            config.fusion = FusionLevel::none;
            config.vector.residual_port = false;
            break;
        case Way::row_at_a_time:
            config.vector.row_at_a_time = true;
            break;
        case Way::lanes_turned:
            config.array.dataflow = Dataflow::input_stationary;
            [[fallthrough]];
        case Way::lanes:
            config.matvec = Matvec::vector;
            shape.rows = 1;
            break;
        case Way::streams:
            config.array.dataflow = Dataflow::input_stationary;
            break;
    }
    expect_values(products_of(shape), config, 0.03, 9, fidelity);
}

INSTANTIATE_TEST_SUITE_P(Formats, SplitProducts, testing::Range<std::size_t>(0, cases.size()),
                         [](const auto& test) {
                             const SplitCase& of = cases[test.param];
                             return std::string(of.preset) + "_" + of.narrow + "_" +
                                    way_names[static_cast<std::size_t>(of.way)];
                         });

// By index: one machine a process.
class RandomSplit : public testing::TestWithParam<int> {};

TEST_P(RandomSplit, HasTheValuesOfTheReference) {
    const char* given = std::getenv("OCTET_SEED");
    const unsigned first =
        given != nullptr ? static_cast<unsigned>(std::strtoul(given, nullptr, 10)) : std::random_device{}();
    SCOPED_TRACE(fmt::format("OCTET_SEED={}", first));
    const unsigned seed = first + static_cast<unsigned>(GetParam());
    std::mt19937 random(seed);
    const auto pick = [&](std::initializer_list<int> of) {
        return *(of.begin() + static_cast<std::ptrdiff_t>(random() % of.size()));
    };
    AcceleratorConfig config = machine_of(random() % 2 == 0 ? "bf16" : "fp16");
    config.formats[FormatUse::quantized] = "int8_vector";
    if (random() % 3 == 0) config.vector.format = random() % 2 == 0 ? "bf16" : "fp16";
    if (random() % 3 == 0) config.pe.accumulator = config.buffers.accumulation_format = "bf16";
    config.array.rows = pick({3, 4, 8, 16, 32});
    config.array.cols = pick({3, 4, 8, 16, 32});
    config.array.dataflow = static_cast<Dataflow>(pick({0, 0, 1, 2}));
    config.vector.lanes = pick({1, 3, 8, 16});
    config.vector.row_at_a_time = random() % 4 == 0;
    config.vector.residual_port = random() % 2 == 0;
    config.fusion = static_cast<FusionLevel>(random() % 5);
    config.buffers.input_depth = static_cast<std::uint64_t>(pick({32, 64, 1024}));
    config.buffers.weight_depth = static_cast<std::uint64_t>(pick({32, 64, 1024}));
    config.buffers.accumulation_depth = static_cast<std::uint64_t>(pick({32, 64, 1024}));
    config.sram.capacity_kib = static_cast<std::uint64_t>(pick({16, 32, 256}));
    config.sram.width_bits = pick({32, 128, 256});
    if (random() % 4 == 0) config.matvec = Matvec::vector;
    Shape shape;
    shape.rows = config.matvec == Matvec::vector && random() % 2 == 0 ? 1 : 1 + random() % 50;
    shape.in = 2 + random() % 160;
    shape.middle = 2 + random() % 90;
    shape.out = 1 + random() % 40;
    ASSERT_TRUE(problems_of_formats(config).empty());
    const double share = pick({1, 5, 30, 50}) / 100.0;
    SCOPED_TRACE(
        fmt::format("{} x {} x {} x {}, {} of columns, {} x {} array, dataflow {}, {} lanes, vector {}, "
                    "buffers {} {} {}, SRAM {} KiB of {} bits, fusion {}, matvec {}",
                    shape.rows, shape.in, shape.middle, shape.out, share, config.array.rows,
                    config.array.cols, static_cast<int>(config.array.dataflow), config.vector.lanes,
                    config.vector.format, config.buffers.input_depth, config.buffers.weight_depth,
                    config.buffers.accumulation_depth, config.sram.capacity_kib, config.sram.width_bits,
                    static_cast<int>(config.fusion), static_cast<int>(config.matvec)));
    expect_values(products_of(shape), config, share, seed,
                  random() % 3 == 0 ? Fidelity::registers : Fidelity::pass);
}
INSTANTIATE_TEST_SUITE_P(Values, RandomSplit, testing::Range(0, 16));

}  // namespace
}  // namespace octet::test
