// Steps of training, bit for bit against plain loops.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "sim/lower/program.h"
#include "tests/values/reference_runs.h"
#include "tests/values/training_models.h"

namespace octet::test {
namespace {

PhaseConfig phase_of(int variant) {
    PhaseConfig phase = variant == 0   ? training_phase(PhaseKind::train)
                        : variant == 1 ? lora_phase({"query", "value"}, false)
                                       : lora_phase({"all"}, true);
    phase.optimizer = variant == 0 ? "adamw" : variant == 1 ? "momentum" : "sgd";
    phase.clip_norm = variant == 0 ? 0.3 : variant == 2 ? 100 : 0;
    if (variant != 0)
        phase.axpy_rounding = variant == 1 ? AxpyRounding::stochastic : AxpyRounding::nearest_even;
    return phase;
}

// One machine a process: fusion levels take turns.
class TrainingStep : public testing::TestWithParam<std::tuple<std::string, std::string, int>> {};

TEST_P(TrainingStep, HasTheValuesOfTheReference) {
    const auto& [preset, model, variant] = GetParam();
    AcceleratorConfig machine = machine_of(preset);
    const std::size_t turn = model.size() + preset.size() + static_cast<std::size_t>(variant);
    machine.fusion = static_cast<FusionLevel>(turn % 2 == 0 ? 4 : turn / 2 % 4);
    expect_values_of_reference(make_case(expand(training_model(model), phase_of(variant)), machine, 7));
}
INSTANTIATE_TEST_SUITE_P(Values, TrainingStep,
                         testing::Combine(testing::Values("posit8_1", "e4m3", "int8", "int8_zp",
                                                          "e4m3_scaled", "bf16"),
                                          testing::ValuesIn(training_model_names()), testing::Range(0, 3)),
                         [](const auto& c) {
                             return fmt::format("{}_{}_{}", std::get<0>(c.param), std::get<1>(c.param),
                                                std::get<2>(c.param));
                         });

// Formats with blocks: what products want both ways lies there twice.
class BlockTraining : public testing::TestWithParam<std::tuple<std::string, std::string, int>> {};

TEST_P(BlockTraining, HasTheValuesOfTheReference) {
    const auto& [preset, model, variant] = GetParam();
    AcceleratorConfig machine = machine_of(preset);
    machine.array.rows = 8;
    machine.array.cols = variant == 1 ? 12 : 32;
    if ((model.size() + static_cast<std::size_t>(variant)) % 2 != 0)
        machine.array.dataflow = Dataflow::input_stationary;
    machine.fusion = static_cast<FusionLevel>(variant == 0 ? 4 : 2 * (model.size() % 2));
    expect_values_of_reference(make_case(expand(training_model(model), phase_of(variant)), machine, 7));
}
INSTANTIATE_TEST_SUITE_P(Values, BlockTraining,
                         testing::Combine(testing::Values("mxfp8_e4m3", "msfp12"),
                                          testing::ValuesIn(training_model_names()), testing::Range(0, 3)),
                         [](const auto& c) {
                             return fmt::format("{}_{}_{}", std::get<0>(c.param), std::get<1>(c.param),
                                                std::get<2>(c.param));
                         });

// Formats by use: of gradients, of weight gradients, of weights and states.
TEST(TrainingFormats, HaveTheValuesOfTheReference) {
    AcceleratorConfig machine = machine_of("e4m3");
    machine.pe.operand = "e5m3";
    machine.formats[FormatUse::dgrad] = "e5m2";
    machine.formats[FormatUse::wgrad] = "fp16";
    machine.formats[FormatUse::update] = "fp32";
    expect_values_of_reference(make_case(expand(training_model("encoder"), phase_of(0)), machine, 4));
}

Graph one_update(AxpyRounding rounding, std::uint64_t rows, std::uint64_t columns) {
    Graph graph;
    graph.name = "update";
    Operation o{.name = "updated", .kind = OperationKind::axpy, .inputs = {0, 1}};
    o.output = 2;
    o.m = rows, o.n = columns;
    o.factor = -0.5;
    o.rounding = rounding;
    for (const char* name : {"step", "weight", "updated"})
        graph.tensors.push_back({name, TensorRole::input, 1, rows, columns});
    for (Tensor& t : graph.tensors) t.precise = true, t.use = FormatUse::update;
    graph.tensors[1].role = TensorRole::weight;
    graph.tensors[2].role = TensorRole::output;
    graph.operations = {o};
    return graph;
}

// E5M2 at the scale of what came back, and posits that a scale of 64 suits.
class GradientScales : public testing::TestWithParam<const char*> {};

TEST_P(GradientScales, HaveTheValuesOfTheReference) {
    AcceleratorConfig machine = machine_of(GetParam());
    if (std::string_view(GetParam()) == "e4m3") {
        machine.pe.operand = "e5m3";
        machine.formats[FormatUse::dgrad] = "e5m2";
    }
    PhaseConfig phase = phase_of(1);
    phase.gradient_scaling.emplace();
    const Case c = make_case(expand(training_model("decoder"), phase), machine, 7);
    std::size_t scaled = 0;
    for (TensorId id = 0; id < c.graph.tensors.size(); ++id) {
        EXPECT_EQ(c.graph.tensors[id].scaled, c.graph.tensors[id].use == FormatUse::dgrad);
        scaled += c.inputs.scales[id].scale != 1;
    }
    EXPECT_GT(scaled, 10U);
    expect_values_of_reference(c);
}
INSTANTIATE_TEST_SUITE_P(Values, GradientScales, testing::Values("posit8_1", "e4m3", "int8", "e5m2"));

// SwitchBack: products take eight bits, those of weight gradients sixteen.
class WideWgrad : public testing::TestWithParam<const char*> {};

TEST_P(WideWgrad, HasTheValuesOfTheReference) {
    AcceleratorConfig machine = machine_of("bf16");
    machine.pe.storage = GetParam();
    machine.formats[FormatUse::wgrad_operands] = "bf16";
    PhaseConfig phase = phase_of(0);
    phase.wide_wgrad = true;
    expect_values_of_reference(make_case(expand(training_model("masked"), phase), machine, 5));
}
INSTANTIATE_TEST_SUITE_P(Values, WideWgrad, testing::Values("e4m3", "int8"));

MachineReport report_of(const Graph& graph, const AcceleratorConfig& machine) {
    Program program(graph, machine, 0);
    return run_machine(machine, program);
}

TEST(PagedStates, CrossTheLinkOnceEachWayAndTakeItsTime) {
    PhaseConfig phase = phase_of(1);
    phase.paged_states = true;
    AcceleratorConfig machine = machine_of("posit8_1");
    machine.host = IdealDramConfig{0.25, 500};
    const Graph graph = expand(training_model("decoder"), phase);
    std::uint64_t states = 0;
    for (const Tensor& t : graph.tensors)
        if (t.role == TensorRole::input && t.use == FormatUse::moment) states += 2 * t.elements();
    EXPECT_GT(states, 1000U);
    const MachineReport report = report_of(graph, machine);
    EXPECT_EQ(report.host_read_bytes, states);
    EXPECT_EQ(report.host_write_bytes, states);
    EXPECT_EQ(report.dma_read_bytes, report.dram_read_bytes + states);
    EXPECT_EQ(report.dma_write_bytes, report.dram_write_bytes + states);
    EXPECT_GE(report.total, 2 * states * 4) << "a quarter of a byte a cycle";
    Activity all;
    for (const OperationReport& o : report.operations) all += o.activity;
    EXPECT_EQ(all[Action::host_read_bits], 8 * states);
    EXPECT_EQ(all[Action::host_write_bits], 8 * states);
}

// What a scale takes: a multiplication a value that is encoded or decoded, and a comparison for the largest.
class CountedScales : public testing::TestWithParam<bool> {};

TEST_P(CountedScales, AreAMultiplicationWhereAGradientIsEncodedAndUsedAndAComparison) {
    Graph graph;
    graph.name = "scaled";
    for (const char* name : {"dy", "dx"}) graph.tensors.push_back({name, TensorRole::input, 1, 6, 16});
    graph.tensors[1].role = TensorRole::output;
    for (Tensor& t : graph.tensors) t.use = FormatUse::dgrad, t.scaled = GetParam();
    Operation o{.name = "scale", .kind = OperationKind::scale, .inputs = {0}};
    o.output = 1, o.m = 6, o.n = 16, o.factor = 2;
    graph.operations = {o};
    const Activity counted = report_of(graph, machine_of("posit8_1")).operations[0].activity;
    EXPECT_EQ(counted[Action::vector_multiply], GetParam() ? 3 * 96U : 96U);
    EXPECT_EQ(counted[Action::vector_reduce], GetParam() ? 96U : 0U);
}
INSTANTIATE_TEST_SUITE_P(Values, CountedScales, testing::Bool());

// Eight bits a state, of rows that are longer than a block.
class States : public testing::TestWithParam<const char*> {};

TEST_P(States, InBlocksHaveTheValuesOfTheReference) {
    const bool squares = std::string_view(GetParam()) == "dynamic8_unsigned";
    Graph graph = one_update(AxpyRounding::each_step, 5, 4100);
    Operation& o = graph.operations[0];
    o.kind = squares ? OperationKind::second_moment : OperationKind::axpy;
    o.factor = 0.9;
    for (Tensor& t : graph.tensors) t.use = FormatUse::second_moment;
    AcceleratorConfig machine = machine_of("posit8_1");
    machine.formats[FormatUse::second_moment] = GetParam();
    Case c{graph, machine, {}};
    c.inputs.sources = {normal(5 * 4100, 1), normal(5 * 4100, 2, 1e-3), {}};
    if (squares)
        for (double& x : c.inputs.sources[0]) x = x * x;
    expect_values_of_reference(c);
}
INSTANTIATE_TEST_SUITE_P(Values, States, testing::Values("dynamic8", "dynamic8_unsigned", "nf4", "mxint8"));

// Weights in fewer digits than the vector unit has.
TEST(TrainingFormats, RoundAnAxpyOnceToTheFormatOfItsResult) {
    AcceleratorConfig machine = machine_of("fp32");
    machine.formats[FormatUse::update] = "dlfloat16";
    PhaseConfig phase = phase_of(1);
    phase.clip_norm = 0.1;
    expect_values_of_reference(make_case(expand(training_model("decoder"), phase), machine, 4));
}

// A step of a quarter of the last place: to the nearest a weight never moves.
TEST(StochasticAxpy, MovesWeightsByTheStepOnAverageWhereTheNearestLeavesThemBehind) {
    const std::uint64_t rows = 70, columns = 300;
    for (const AxpyRounding rounding : {AxpyRounding::nearest_even, AxpyRounding::stochastic}) {
        const Graph graph = one_update(rounding, rows, columns);
        Case c{graph, machine_of("posit8_1"), {}};
        c.inputs.seed = 3;
        c.inputs.sources = {
            std::vector<double>(rows * columns, -0x1p-8), std::vector<double>(rows * columns, 1), {}};
        const auto results = plain_results(c.graph, c.machine, c.inputs);
        double moved = 0;
        for (const float w : results[0]) {
            ASSERT_TRUE(w == 1 || w == 1 + 0x1p-7F) << w;
            moved += w > 1 ? 1 : 0;
        }
        const double count = rows * columns, expected = rounding == AxpyRounding::stochastic ? count / 4 : 0;
        EXPECT_NEAR(moved, expected,
                    rounding == AxpyRounding::stochastic ? 5 * std::sqrt(count * 3 / 16) : 0);
        if (rounding == AxpyRounding::stochastic) expect_values_of_reference(c);
    }
}

class SoftmaxGradient : public testing::TestWithParam<int> {};

TEST_P(SoftmaxGradient, OfEveryUnitHasTheValuesOfTheReference) {
    AcceleratorConfig machine = machine_of("posit8_1");
    machine.softmax.unit = GetParam() == 4 ? SoftmaxUnitKind::ibert : SoftmaxUnitKind::posit_approximate;
    machine.softmax.exp = (GetParam() & 1) != 0 ? Approximation::exact : Approximation::approximate;
    machine.softmax.reciprocal = (GetParam() & 2) != 0 ? Approximation::exact : Approximation::approximate;
    expect_values_of_reference(make_case(expand(training_model("decoder"), phase_of(1)), machine, 9));
}
INSTANTIATE_TEST_SUITE_P(Values, SoftmaxGradient, testing::Range(0, 5));

TEST(TrainingStepRegister, HasTheValuesOfTheReferenceInEveryRegister) {
    AcceleratorConfig machine = machine_of("posit8_1");
    machine.array.rows = 8;
    machine.array.cols = 12;
    expect_values_of_reference(make_case(expand(training_model("decoder"), phase_of(2)), machine, 7),
                               Fidelity::registers);
}

class RandomTraining : public testing::TestWithParam<int> {};

TEST_P(RandomTraining, HasTheValuesOfTheReferenceOnARandomMachine) {
    const unsigned seed = training_seed() + static_cast<unsigned>(GetParam());
    SCOPED_TRACE(fmt::format("OCTET_SEED={}", seed - static_cast<unsigned>(GetParam())));
    std::mt19937 random(seed);
    auto [d, phase] = random_training(random);
    phase.optimizer = random() % 2 == 0 ? "adamw" : "momentum";
    if (phase.optimizer == "momentum") phase.axpy_rounding = static_cast<AxpyRounding>(random() % 3);
    phase.clip_norm = random() % 2 == 0 ? 0 : 0.5;
    if (random() % 2 == 0) phase.gradient_scaling.emplace();
    const char* presets[] = {"posit8_1", "posit8_2_ftz", "e5m2", "e5m2_scaled", "int8",  "int8_zp",
                             "int4",     "bf16",         "fp32", "mxfp8_e4m3",  "mxint8"};
    AcceleratorConfig machine = machine_of(presets[random() % std::size(presets)]);
    vary_machine(machine, random);
    const bool blocks = machine.pe.storage.starts_with("mx");
    if (blocks) {
        machine.array.rows = random() % 2 == 0 ? 8 : 16;            // divide them
        if (machine.array.dataflow == Dataflow::output_stationary)  // adds up across them
            machine.array.dataflow = Dataflow::weight_stationary;
        machine.buffers.weight_depth = std::max<std::uint64_t>(machine.buffers.weight_depth, 64);
        machine.sram.capacity_kib = std::max<std::uint64_t>(machine.sram.capacity_kib, 64);
    }
    if (blocks || machine.pe.storage == machine.vector.format)
        phase.gradient_scaling.reset();  // there are none
    const char* states[] = {"", "dynamic8", "nf4", "mxfp8_e4m3", "e5m2"};
    const std::size_t integers = machine.pe.accumulator.starts_with("int") ? 1 : 0;
    if (phase.axpy_rounding == AxpyRounding::each_step)  // else momentum lies in a float
        machine.formats[FormatUse::moment] = states[random() % (std::size(states) - integers)];
    if (random() % 2 == 0) machine.formats[FormatUse::second_moment] = "dynamic8_unsigned";
    if (random() % 3 == 0) {
        machine.host = IdealDramConfig{3.5, 25};
        phase.paged_states = true;
    }
    SCOPED_TRACE(fmt::format(
        "{}, operand {}, sums {}, buffer {}, vector {}, states '{}' and '{}', {} updates, axpy {}, clip {}, "
        "scaling {}, fusion {}, {} x {} {}, {} lanes",
        machine.pe.storage, machine.pe.operand, machine.pe.accumulator, machine.buffers.accumulation_format,
        machine.vector.format, machine.formats[FormatUse::moment], machine.formats[FormatUse::second_moment],
        phase.optimizer, static_cast<int>(phase.axpy_rounding), phase.clip_norm,
        phase.gradient_scaling.has_value(), static_cast<int>(machine.fusion), machine.array.rows,
        machine.array.cols, static_cast<int>(machine.array.dataflow), machine.vector.lanes));
    expect_values_of_reference(make_case(expand(d, phase), machine, seed));
}
INSTANTIATE_TEST_SUITE_P(Values, RandomTraining, testing::Range(0, 12));

}  // namespace
}  // namespace octet::test
