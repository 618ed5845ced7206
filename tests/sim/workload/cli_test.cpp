// `octet workload` as a user runs it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/support/program.h"

namespace octet {
namespace {

using test::run_octet;
using testing::HasSubstr;

const std::string workloads = OCTET_SOURCE_DIR "/workloads/";
const std::string experiment = OCTET_SOURCE_DIR "/configs/experiments/bert-base-edge16-posit8.yaml";

nlohmann::json shown(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"workload", "show", "--json"});
    const auto run = run_octet(arguments);
    EXPECT_EQ(run.exit, 0) << run.err;
    return nlohmann::json::parse(run.out);
}

TEST(WorkloadShow, ReportsTheShippedBertBase) {
    const auto json = shown({workloads + "bert-base.yaml"});
    EXPECT_EQ(json["parameters"], 109'482'240);
    EXPECT_EQ(json["macs"], 11'173'625'856);
    EXPECT_EQ(shown({workloads + "bert-base.yaml", "--sequence", "384"})["macs"], 35'332'816'896);
    EXPECT_EQ(shown({workloads + "bert-base.yaml", "--batch", "3"})["macs"], 3 * 11'173'625'856);
}

TEST(WorkloadShow, TakesThePhaseOfAnExperiment) {
    EXPECT_EQ(shown({experiment})["macs"], 35'332'816'896);
    EXPECT_EQ(shown({experiment, "--set", "phase.sequence=128"})["macs"], 11'173'625'856);
    EXPECT_EQ(shown({experiment, "--sequence", "128"})["macs"], 11'173'625'856);
}

TEST(WorkloadShow, CountsBytesAtTheWidthAskedFor) {
    const auto trace = workloads + "traces/gemm-7x13x17.yaml";
    EXPECT_EQ(shown({trace})["bytes"]["weights"], 17 * 13);
    EXPECT_EQ(shown({trace, "--bits", "16"})["bytes"]["weights"], 2 * 17 * 13);
}

TEST(WorkloadShow, RefusesASequenceLongerThanThePositions) {
    const auto run = run_octet({"workload", "show", workloads + "tiny.yaml", "--sequence", "65", "--json"});
    EXPECT_EQ(run.exit, 1);
    EXPECT_EQ(run.out, "");
    EXPECT_EQ(run.err,
              workloads + "tiny.yaml:11:12: positions: a sequence of 65 is longer than the 64 positions\n");
}

TEST(WorkloadShow, RefusesNumbersThatAreNone) {
    for (const std::string option : {"--sequence", "--batch", "--bits"})
        EXPECT_EQ(run_octet({"workload", "show", workloads + "tiny.yaml", option, "0"}).exit, 2) << option;
}

TEST(WorkloadExpand, WritesATraceThatExpandsToItself) {
    const auto path = test::scratch_folder() + "/tiny.yaml";
    const auto to_file =
        run_octet({"workload", "expand", workloads + "tiny.yaml", "--batch", "2", "--out", path});
    ASSERT_EQ(to_file.exit, 0) << to_file.err;
    EXPECT_EQ(to_file.out, "");
    const auto direct = run_octet({"workload", "expand", workloads + "tiny.yaml", "--batch", "2"});
    EXPECT_THAT(direct.out, HasSubstr("kind: trace\nname: tiny\n"));
    EXPECT_EQ(run_octet({"workload", "expand", path}).out, direct.out);
    EXPECT_EQ(shown({path}), shown({workloads + "tiny.yaml", "--batch", "2", "--sequence", "64"}));
}

TEST(WorkloadExpand, SaysWhatItCannotWrite) {
    const auto run = run_octet({"workload", "expand", workloads + "tiny.yaml", "--out", "/dev/full"});
    EXPECT_EQ(run.exit, 1);
    EXPECT_EQ(run.err, "octet: cannot write /dev/full: No space left on device\n");
}

}  // namespace
}  // namespace octet
