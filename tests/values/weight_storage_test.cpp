// Weights in a format of their own: values bit for bit, wherever decoders stand and however the array steps.
#include <gtest/gtest.h>

#include <array>
#include <tuple>

#include "models/formats/registry.h"
#include "sim/config/accelerator_keys.h"
#include "sim/workload/builder.h"
#include "sim/workload/description.h"
#include "tests/values/reference_runs.h"

namespace octet::test {
namespace {

// Two layers with reductions of 150 and 70: blocks of 64 and 128 are not filled, and end in the middle of a
// tile. `rows` 1: what a token of a decoder multiplies.
Graph two_products(std::uint64_t rows) {
    GraphBuilder build("two");
    const TensorId x = build.tensor("x", TensorRole::input, rows, 150);
    const TensorId y = build.dense("first", x, 70, true);
    build.mark_output(build.dense("second", y, 21, true));
    return build.finish();
}

// What a backward pass does with weights of 150 x 70: y = x w, and g times w turned.
Graph both_ways() {
    GraphBuilder build("both");
    const TensorId x = build.tensor("x", TensorRole::input, 9, 150),
                   g = build.tensor("g", TensorRole::input, 5, 70);
    build.mark_output(build.dense("forward", x, 70, false));
    build.mark_output(build.tied("backward", g, build.weight("forward.weight", 150, 70), false));
    return build.finish();
}

struct WeightCase {
    const char* preset;
    const char* weights;
    const char* operand;
};
constexpr auto cases = std::to_array<WeightCase>({{"bf16", "int4_g128", "bf16"},
                                                  {"bf16", "int4_g128_zp", "bf16"},
                                                  {"e4m3", "int4_g128", "e5m4"},
                                                  {"bf16", "nf4", "bf16"},
                                                  {"posit8_1", "nf4_dq", "e5m4"},
                                                  {"fp16", "af4", "fp16"},
                                                  {"fp16", "int8", "fp16"},
                                                  {"e4m3", "mxfp4_e2m1", "e4m3"},
                                                  {"bf16", "vsq4", "bf16"},
                                                  {"bf16", "flint4", "bf16"},
                                                  {"e4m3", "posit8_1", "e5m4"},
                                                  {"int8", "int4_g128", "int8"},
                                                  {"int8", "int4_g128_zp", "int8"},
                                                  {"int8", "nf4", "int8"},
                                                  {"int8", "int4", "int8"},
                                                  {"int8_zp", "int8", "int9"},
                                                  {"int8_zp", "int4_g128_zp", "int9"},
                                                  {"bf16", "int8_zp", "bf16"}});

enum class Way {
    held,
    turned,
    sums_stay,
    sums_stay_turned,
    streams,
    streams_turned,
    registers,
    narrow,
    lanes
};
constexpr std::array way_names{"held",    "turned",         "sums_stay", "sums_stay_turned",
                               "streams", "streams_turned", "registers", "narrow",
                               "lanes"};

// By case and way: one machine a process.
class WeightStorage : public testing::TestWithParam<std::tuple<std::size_t, std::size_t>> {};

TEST_P(WeightStorage, HasTheValuesOfTheReference) {
    const WeightCase& of = cases[std::get<0>(GetParam())];
    const auto way = static_cast<Way>(std::get<1>(GetParam()));
    AcceleratorConfig config = machine_of(of.preset);
    config.formats[FormatUse::weights] = of.weights;
    config.pe.operand = of.operand;
    Graph graph = two_products(9);
    switch (way) {
        case Way::held:
            break;
        case Way::turned:
            config.codec.placement = CodecPlacement::per_pe;
            graph = both_ways();
            break;
        case Way::sums_stay:
        case Way::sums_stay_turned:
            config.array.dataflow = Dataflow::output_stationary;
            if (way == Way::sums_stay_turned) graph = both_ways();
            break;
        case Way::streams:
        case Way::streams_turned:
            config.array.dataflow = Dataflow::input_stationary;
            config.codec.placement = CodecPlacement::sram_port;
            if (way == Way::streams_turned) graph = both_ways();
            break;
        case Way::registers:
            return expect_values_of_reference(make_case(graph, config, 4), Fidelity::registers);
        case Way::narrow:  // chunks that begin and end inside of blocks
            config.buffers.weight_depth = 32;
            config.buffers.input_depth = 8;
            config.sram.capacity_kib = 8;
            graph = both_ways();
            break;
        case Way::lanes:
            config.matvec = Matvec::vector;
            graph = two_products(1);
            if (!problems_of_formats(config).empty()) {  // they multiply codes
                EXPECT_EQ(find_format(of.operand)->kind, FormatKind::integer);
                EXPECT_GT(find_format(of.weights)->block_length, 0);
                return;
            }
            break;
    }
    expect_values_of_reference(make_case(graph, config, 3));
}

INSTANTIATE_TEST_SUITE_P(Formats, WeightStorage,
                         testing::Combine(testing::Range<std::size_t>(0, cases.size()),
                                          testing::Range<std::size_t>(0, way_names.size())),
                         [](const auto& test) {
                             const WeightCase& of = cases[std::get<0>(test.param)];
                             return std::string(of.preset) + "_" + of.weights + "_" +
                                    way_names[std::get<1>(test.param)];
                         });

// QLoRA: the frozen weights of a decoder in NF4, its adapters and their gradients in BF16.
TEST(WeightStorage, OfFrozenWeightsServesAllOfAStepOfFineTuning) {
    TransformerDescription d;
    d.name = "small";
    d.layers = 1;
    d.heads = 2;
    d.hidden = 40;
    d.ffn = 72;
    d.vocabulary = 20;
    d.positions = 64;
    PhaseConfig phase;
    phase.kind = PhaseKind::finetune_lora;
    phase.sequence = 6;
    phase.rank = 4;
    phase.targets = {"query", "value"};
    phase.merged = false;
    AcceleratorConfig config = machine_of("bf16");
    config.formats[FormatUse::weights] = "nf4_dq";
    expect_values_of_reference(make_case(expand(d, phase), config, 8));
}

}  // namespace
}  // namespace octet::test
