// The shipped checkpoints in double precision, held against logits that another program worked out in double
// precision from the same files.
#include <gtest/gtest.h>

#include <cmath>

#include "sim/reference/evaluate.h"
#include "sim/run/scores.h"
#include "sim/tensors/bind.h"
#include "sim/tensors/tensor_file.h"
#include "sim/workload/load.h"

namespace octet {
namespace {

class ShippedCheckpoint : public testing::TestWithParam<std::string> {
  protected:
    const std::string folder = std::string(OCTET_SOURCE_DIR) + "/workloads/checkpoints/" + GetParam() + "/";
    const Graph graph = load_workload(std::string(OCTET_SOURCE_DIR) + "/workloads/" + GetParam() + ".yaml",
                                      {.batch = 1, .sequence = 256})
                            .graph;
    Sources sources() const {
        InputsConfig inputs;
        inputs.weights = folder;
        inputs.tokens = folder + "tokens.npy";
        if (GetParam() == "kjv-bert") inputs.labels = folder + "labels.npy";
        return bind_sources(graph, inputs, 0, 1);
    }
};

TEST_P(ShippedCheckpoint, HasTheLogitsOfAnIndependentEvaluation) {
    const NpyFile file(folder + "logits_sequence0.npy");
    const std::vector<double> wanted = file.tensor().numbers();
    const Sources bound = sources();
    ASSERT_TRUE(bound.targets);
    std::vector<double> logits;
    evaluate(graph, bound.tensors, bound.tokens, 1, [&](OperationId id, std::span<const double> values) {
        if (id == bound.targets->operation) logits.assign(values.begin(), values.end());
        return true;
    });
    ASSERT_EQ(logits.size(), wanted.size());
    double largest = 0;
    for (std::size_t i = 0; i < wanted.size(); ++i)
        largest = std::max(largest, std::fabs(logits[i] - wanted[i]));
    EXPECT_LT(largest, 1e-4);
    // So cross-entropy and accuracy of this sequence are the same, whoever adds them up.
    const Scores ours = score(*bound.targets, logits), theirs = score(*bound.targets, wanted);
    EXPECT_NEAR(ours.nll.value(), theirs.nll.value(), 1e-6);
    EXPECT_EQ(ours.accuracy, theirs.accuracy);
}

TEST_P(ShippedCheckpoint, HasEveryParameterOfItsWorkload) {
    const SafetensorsFile file(folder + "model.safetensors");
    std::uint64_t values = 0;
    for (const auto& [name, tensor] : file.tensors()) values += tensor.elements();
    EXPECT_EQ(values, graph.parameters());
    EXPECT_EQ(values, GetParam() == "kjv-bert" ? 2'781'056U : 2'410'944U);
}

INSTANTIATE_TEST_SUITE_P(Both, ShippedCheckpoint, testing::Values("kjv-llama", "kjv-bert"),
                         [](const auto& c) { return c.param.substr(4); });

}  // namespace
}  // namespace octet
