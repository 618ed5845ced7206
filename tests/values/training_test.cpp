// Steps of training, bit for bit against plain loops.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>

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
                         testing::Combine(testing::Values("posit8_1", "e4m3", "int8", "bf16"),
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

// Weights in fewer digits than the vector unit has.
TEST(TrainingFormats, RoundAnAxpyOnceToTheFormatOfItsResult) {
    AcceleratorConfig machine = machine_of("fp32");
    machine.formats[FormatUse::update] = "dlfloat16";
    PhaseConfig phase = phase_of(1);
    phase.clip_norm = 0.1;
    expect_values_of_reference(make_case(expand(training_model("decoder"), phase), machine, 4));
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
    const char* presets[] = {"posit8_1", "posit8_2_ftz", "e5m2", "int8", "int4", "bf16", "fp32"};
    AcceleratorConfig machine = machine_of(presets[random() % std::size(presets)]);
    vary_machine(machine, random);
    expect_values_of_reference(make_case(expand(d, phase), machine, seed));
}
INSTANTIATE_TEST_SUITE_P(Values, RandomTraining, testing::Range(0, 12));

}  // namespace
}  // namespace octet::test
