// Accuracy of trained weights, as a user asks for it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>

#include "sim/tensors/tensor_file.h"
#include "tests/system/octet.h"

namespace octet::test {
namespace {

using testing::HasSubstr;

std::string experiment(const std::string& name) {
    return "configs/experiments/" + name + "-edge16-posit8.yaml";
}

// From the float32 logits of sequence 0 that come with a checkpoint: another program worked them out.
struct Known {
    double nll = 0, accuracy = 0;
};
Known known(const std::string& name) {
    const std::string folder = std::string(OCTET_SOURCE_DIR) + "/workloads/checkpoints/" + name + "/";
    const NpyFile logits(folder + "logits_sequence0.npy"), tokens(folder + "tokens.npy");
    const bool masked = std::filesystem::exists(folder + "labels.npy");
    const NpyFile labels(folder + (masked ? "labels.npy" : "tokens.npy"));
    Known k;
    double rows = 0;
    for (std::uint64_t row = 0; row < 256; ++row) {
        if (!masked && row == 255) continue;
        const double target = labels.tensor().at(masked ? row : row + 1);
        if (target < 0) continue;
        double sum = 0, best = -1e300, at = 0;
        for (std::uint64_t c = 0; c < 128; ++c) {
            const double x = logits.tensor().at(row * 128 + c);
            sum += std::exp(x);
            if (x > best) best = x, at = static_cast<double>(c);
        }
        k.nll += std::log(sum) - logits.tensor().at(row * 128 + static_cast<std::uint64_t>(target));
        k.accuracy += at == target;
        ++rows;
    }
    return {k.nll / rows, k.accuracy / rows};
}

class Checkpoints : public testing::TestWithParam<std::string> {};

TEST_P(Checkpoints, TellPerplexityAndAccuracyOfTheMachineAndOfDoublePrecision) {
    const nlohmann::json n = document({"run", experiment(GetParam()), "--set", "phase.batch=1"})["numerics"];
    const Known wanted = known(GetParam());
    EXPECT_NEAR(n["reference"]["nll"].get<double>(), wanted.nll, 1e-6);
    EXPECT_NEAR(n["reference"]["perplexity"].get<double>(), std::exp(wanted.nll), 1e-5);
    EXPECT_NEAR(n["reference"]["accuracy"].get<double>(), wanted.accuracy, 1e-12);
    // 8 bits move it, but not far.
    EXPECT_NE(n["nll"], n["reference"]["nll"]);
    EXPECT_NEAR(n["nll"].get<double>(), wanted.nll, 0.1);
    EXPECT_DOUBLE_EQ(n["perplexity"].get<double>(), std::exp(n["nll"].get<double>()));
}

INSTANTIATE_TEST_SUITE_P(Both, Checkpoints, testing::Values("kjv-llama", "kjv-bert"),
                         [](const auto& c) { return c.param.substr(4); });

TEST(Checkpoint, IsAlmostAsGoodAsDoublePrecisionIn32Bits) {
    const nlohmann::json n = document(
        {"run", experiment("kjv-llama"), "--set", "phase.batch=1", "--set", "pe.preset=fp32"})["numerics"];
    EXPECT_NEAR(n["nll"].get<double>(), n["reference"]["nll"].get<double>(), 1e-4);
    EXPECT_EQ(n["accuracy"], n["reference"]["accuracy"]);
}

TEST(Checkpoint, OfAnotherModelIsRefused) {
    const Outcome other =
        octet({"run", experiment("kjv-llama"), "--set", "inputs.weights=workloads/checkpoints/kjv-bert"});
    EXPECT_EQ(other.status, 1);
    EXPECT_TRUE(other.out.empty());
    EXPECT_THAT(other.err, HasSubstr("workloads/checkpoints/kjv-bert/model.safetensors: "));
    EXPECT_THAT(other.err, HasSubstr("'bert.encoder.layer.0.attention.self.key.weight' (the workload's "
                                     "'layer0.attention.key.weight')"));
    const Outcome shallow = octet({"run", experiment("kjv-llama"), "--set", "workload.layers=5"});
    EXPECT_EQ(shallow.status, 1);
    EXPECT_THAT(
        shallow.err,
        HasSubstr("9 tensors are no weights of the workload: 'model.layers.5.input_layernorm.weight'"));
}

TEST(Checkpoint, IsShownByTheSummaryAndComparedByFormats) {
    const Outcome run =
        octet({"run", experiment("kjv-bert"), "--set", "phase.batch=1", "--set", "phase.sequence=256"});
    EXPECT_THAT(run.out, HasSubstr("\naccuracy     perplexity "));
    EXPECT_THAT(run.out, HasSubstr(" in double precision ("));
    const nlohmann::json compared =
        document({"compare", experiment("kjv-bert"), "--set", "phase.batch=1", "--formats", "posit8_1,bf16"});
    for (const auto& row : compared["rows"]) {
        EXPECT_TRUE(row["perplexity"].is_number()) << row["format"];
        EXPECT_TRUE(row["accuracy"].is_number()) << row["format"];
    }
}

TEST(Checkpoint, TellsHowFastAndAtWhatCostItMakesTokens) {
    const std::vector<std::string> decode{"run",      experiment("kjv-llama"),
                                          "--set",    "phase={kind: decode, context: 64, tokens: 2}",
                                          "--set",    "inputs={weights: workloads/checkpoints/kjv-llama}",
                                          "--values", "none"};
    const nlohmann::json run = document(decode), metrics = run["metrics"];
    const double seconds = run["seconds"].get<double>(),
                 joules = run["energy"]["total_pj"].get<double>() * 1e-12;
    EXPECT_NEAR(metrics["tokens_per_second"].get<double>(), 2 / seconds, 1e-9 / seconds);
    EXPECT_NEAR(metrics["joules_per_token"].get<double>(), joules / 2, 1e-9 * joules);
    EXPECT_NEAR(metrics["hfu"].get<double>(), run["cycles"]["utilization"].get<double>(), 1e-12);
    // One token reads every weight for one multiplication: two operations a byte, keys and values aside.
    EXPECT_GT(metrics["intensity"].get<double>(), 1.0);
    EXPECT_LT(metrics["intensity"].get<double>(), 2.5);
    EXPECT_LT(metrics["attainable"].get<double>(), 1.0);
    EXPECT_LE(metrics["attained"].get<double>(), metrics["attainable"].get<double>());
    EXPECT_THAT(octet(decode).out, HasSubstr(" operations a DRAM byte, "));
}

TEST(Checkpoint, HasNoOperationAboveItsRoof) {
    const nlohmann::json run =
        document({"run", experiment("kjv-llama"), "--set", "phase.batch=1", "--values", "none"});
    std::size_t products = 0;
    for (const auto& o : run["operations"]) {
        EXPECT_EQ(o["attained"].is_null(), o["macs"] == 0) << o["name"];
        if (o["macs"] == 0) continue;
        ++products;
        EXPECT_LE(o["attained"].get<double>(), o["attainable"].get<double>() * (1 + 1e-12)) << o["name"];
    }
    EXPECT_EQ(products, 6U * 9 + 1);
}

}  // namespace
}  // namespace octet::test
