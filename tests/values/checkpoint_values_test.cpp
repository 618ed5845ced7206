// A shipped checkpoint through the machine: its logits against the plain reference, and what is made of them.
#include <gtest/gtest.h>

#include <cmath>

#include "sim/run/scores.h"
#include "sim/run/value_run.h"
#include "sim/tensors/bind.h"
#include "sim/tensors/tensor_file.h"
#include "sim/workload/load.h"
#include "tests/values/reference_runs.h"

namespace octet::test {
namespace {

class CheckpointValues : public testing::TestWithParam<std::tuple<std::string, std::string, FusionLevel>> {
  protected:
    const std::string name = std::get<0>(GetParam());
    const std::string folder = std::string(OCTET_SOURCE_DIR) + "/workloads/checkpoints/" + name;
};

// Trained weights have a range that drawn ones have not. One sequence, cut to 40 tokens.
TEST_P(CheckpointValues, AreThoseOfThePlainReference) {
    Graph graph = load_workload(std::string(OCTET_SOURCE_DIR) + "/workloads/" + name + ".yaml",
                                {.batch = 1, .sequence = 40})
                      .graph;
    InputsConfig inputs;
    inputs.weights = folder;
    Sources sources = bind_sources(graph, inputs, 0, 1);
    const NpyFile file(folder + "/tokens.npy");
    for (std::size_t i = 0; i < sources.tokens.size(); ++i)
        sources.tokens[i] = static_cast<std::uint64_t>(file.tensor().at(i));
    AcceleratorConfig machine = machine_of(std::get<1>(GetParam()));
    machine.fusion = std::get<2>(GetParam());
    Case c{std::move(graph), machine, {}};
    c.inputs.sources = sources.tensors;
    c.inputs.tokens = sources.tokens;
    if (find_format(machine.pe.storage)->encode_scaled != nullptr)
        c.inputs.scales = calibrate(c.graph, c.inputs.sources, c.inputs.tokens, machine, 1);
    expect_values_of_reference(c);
}

INSTANTIATE_TEST_SUITE_P(Shipped, CheckpointValues,
                         testing::Values(std::tuple{"kjv-llama", "posit8_1_ftz", FusionLevel::residual},
                                         std::tuple{"kjv-llama", "e4m3", FusionLevel::none},
                                         std::tuple{"kjv-llama", "int8", FusionLevel::activation},
                                         std::tuple{"kjv-bert", "posit8_1", FusionLevel::activation},
                                         std::tuple{"kjv-bert", "bf16", FusionLevel::residual}));

}  // namespace
}  // namespace octet::test
