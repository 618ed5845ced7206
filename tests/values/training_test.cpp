// Steps of training, bit for bit against plain loops.
#include <fmt/format.h>
#include <gtest/gtest.h>

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
    const char* presets[] = {"posit8_1", "posit8_2_ftz", "e5m2", "int8", "int4", "bf16", "fp32"};
    AcceleratorConfig machine = machine_of(presets[random() % std::size(presets)]);
    vary_machine(machine, random);
    expect_values_of_reference(make_case(expand(d, phase), machine, seed));
}
INSTANTIATE_TEST_SUITE_P(Values, RandomTraining, testing::Range(0, 12));

}  // namespace
}  // namespace octet::test
