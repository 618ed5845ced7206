// Random descriptions in every phase run, with all books balanced by the program itself, or are refused with
// the place of the reason.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <regex>

#include "sim/config/yaml_writer.h"
#include "sim/workload/keys.h"
#include "tests/system/octet.h"
#include "tests/system/random_model.h"

namespace octet::test {
namespace {

constexpr int shards = 8, models = 25;

class RandomModels : public testing::TestWithParam<int> {};

TEST_P(RandomModels, RunOrAreRefusedWithTheirPlace) {
    const unsigned seed = given_seed() + static_cast<unsigned>(GetParam());
    std::cout << "OCTET_SEED=" << seed - static_cast<unsigned>(GetParam()) << '\n';
    Choice choice(seed);
    const Folder folder;
    int ran = 0, trained = 0;
    for (int i = 0; i < models; ++i) {
        const auto model = random_model(choice);
        const auto phase = random_phase(choice);
        const std::string yaml = "kind: workload\n" + write_yaml(model);
        const std::string path = folder.write("model.yaml", yaml);
        const std::string setting = "phase=" + flow_text(phase);
        const std::string values = choice.below(3) == 0 ? "exact" : "none";
        const std::string fusion = choice.of({"none", "scaling", "activation", "layernorm", "residual"});
        SCOPED_TRACE(fmt::format("model {}: {} {} {}\n{}", i, setting, values, fusion, yaml));
        const auto run =
            octet({"run", "configs/experiments/bert-base-edge16-posit8.yaml", "--json", "--set",
                   "workload=" + path, "--set", setting, "--values", values, "--fusion", fusion});
        if (faults(model, phase).empty()) {
            ASSERT_EQ(run.status, 0) << run.err;
            const auto document = nlohmann::json::parse(run.out);
            ASSERT_EQ(document["macs"], expand(model, phase).macs());
            ++ran;
            trained += trains(phase);
        } else {
            ASSERT_EQ(run.status, 1) << run.err;
            ASSERT_EQ(run.out, "");
            const std::regex place(R"(^(.*model\.yaml:\d+:\d+: |--set ).+: .+)");
            ASSERT_TRUE(std::regex_search(run.err, place)) << run.err;
        }
    }
    std::cout << ran << " of " << models << " ran, of them training " << trained << '\n';
    EXPECT_GE(ran, 1);
}

INSTANTIATE_TEST_SUITE_P(Shards, RandomModels, testing::Range(0, shards));

}  // namespace
}  // namespace octet::test
