// Whole transformers on arrays of the other dataflows (`array.dataflow`).
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/system/books.h"
#include "tests/system/octet.h"

namespace octet::test {
namespace {

using Words = std::vector<std::string>;

class Dataflow : public testing::TestWithParam<const char*> {
  protected:
    static Words run(const Words& settings) {
        Words words{"run", "configs/experiments/bert-base-edge16-posit8.yaml", "--set",
                    fmt::format("array.dataflow={}_stationary", GetParam())};
        for (const std::string& setting : settings) words.insert(words.end(), {"--set", setting});
        return words;
    }
};

TEST_P(Dataflow, RunsBertBaseAndItsBooksBalance) {
    const nlohmann::json result = document(run({"phase.sequence=128"}));
    expect_balanced_books(result);
    // 12 layers of 4 products of 768 x 768, 2 of 768 x 3072, 2 of 12 heads.
    const std::uint64_t layer = 128ULL * 768 * (4 * 768 + 2 * 3072) + 2ULL * 128 * 128 * 768;
    EXPECT_EQ(result.at("macs").get<std::uint64_t>(), 12 * layer);
    EXPECT_GT(result.at("cycles").at("utilization").get<double>(), 0.8);
}

// One column of a product on 64 rows of PEs: each of its rows lies at an address of its own, and a turned
// block moves all of them with one vector.
TEST_P(Dataflow, MovesTheRowsOfNarrowBlocksAlikeInBothFidelities) {
    const Folder folder;
    const std::string workload = folder.write("odd.yaml", R"(kind: workload
name: odd
layers: 1
hidden: 66
heads: 2
ffn: 65
activation: gelu
norm: {kind: layernorm, place: post, epsilon: 1e-12}
vocabulary: 64
positions: 64
token_types: 2
pooler: true
head: none
)");
    const Words machine = run({"workload=" + workload, "phase.sequence=50", "array.rows=16", "array.cols=64",
                               "sram.width_bits=256", "vector.lanes=64", "fusion=none"});
    const auto with = [&](const char* fidelity) {
        Words words = machine;
        words.insert(words.end(), {"--values", "exact", "--fidelity", fidelity});
        return document(words);
    };
    const nlohmann::json pass = with("pass");
    expect_balanced_books(pass);
    EXPECT_EQ(with("register").dump(), pass.dump());
}

INSTANTIATE_TEST_SUITE_P(All, Dataflow, testing::Values("weight", "output", "input"),
                         [](const auto& of) { return std::string(of.param); });

}  // namespace
}  // namespace octet::test
