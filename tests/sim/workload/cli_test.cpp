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

TEST(WorkloadShow, ReportsTheShippedDecodersAsPublished) {
    const std::vector<std::pair<std::string, std::uint64_t>> parameters{
        {"roberta-base", 124'645'632},   {"roberta-large", 355'359'744},  {"gpt2", 124'439'808},
        {"gpt2-medium", 354'823'168},    {"gpt2-large", 774'030'080},     {"gpt2-xl", 1'557'611'200},
        {"llama-2-7b", 6'738'415'616},   {"llama-2-13b", 13'015'864'320}, {"llama-3.2-1b", 1'235'814'400},
        {"llama-3.2-3b", 3'212'749'824}, {"mistral-7b", 7'241'732'096},   {"vit-b16", 85'798'656},
        {"kjv-llama", 2'410'944},        {"kjv-bert", 2'781'056}};
    for (const auto& [name, count] : parameters)
        EXPECT_EQ(shown({workloads + name + ".yaml"})["parameters"], count) << name;
    const auto decode = shown({workloads + "llama-2-7b.yaml", "--phase", "decode", "--context", "2048"});
    EXPECT_EQ(decode["macs"], 7'143'948'288);
    EXPECT_NEAR(shown({workloads + "llama-2-7b.yaml", "--sequence", "1024"})["macs"].get<double>() * 1e-9,
                7040.5, 0.05);
    EXPECT_EQ(run_octet({"workload", "show", workloads + "llama-2-7b.yaml", "--phase", "decode"}).exit, 1)
        << "without a context";
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

TEST(WorkloadShow, TakesATopologyTable) {
    const auto json = shown({workloads + "topologies/small-conv.csv"});
    EXPECT_EQ(json["name"], "small-conv");
    ASSERT_EQ(json["operations"].size(), 5U);
    EXPECT_EQ(json["operations"][1]["name"], "reduce");
    EXPECT_EQ(json["operations"][1]["m"], 17 * 17);
    EXPECT_EQ(json["operations"][1]["n"], 32);
    EXPECT_EQ(json["operations"][1]["k"], 3 * 3 * 16);
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

TEST(WorkloadExpand, WritesATopologyTableAsATraceThatIsTheSame) {
    const auto path = test::scratch_folder() + "/transformer-layer.yaml";
    const auto table = workloads + "topologies/transformer-layer.csv";
    ASSERT_EQ(run_octet({"workload", "expand", table, "--out", path}).exit, 0);
    EXPECT_EQ(run_octet({"workload", "expand", path}).out, run_octet({"workload", "expand", table}).out);
    EXPECT_EQ(shown({path}), shown({table}));
}

TEST(WorkloadRun, TakesATopologyTableInThePlaceOfAWorkload) {
    const auto table = workloads + "topologies/transformer-layer.csv";
    const auto direct = run_octet({"run", experiment, "--set", "workload=" + table, "--json"});
    ASSERT_EQ(direct.exit, 0) << direct.err;
    const auto result = nlohmann::json::parse(direct.out);
    EXPECT_EQ(result["workload"]["name"], "transformer-layer");
    ASSERT_EQ(result["operations"].size(), 8U);
    // Every input and weight comes from DRAM, some more than once; every output goes there: a byte a value.
    const int square = 4 * (128 * 256 + 256 * 256), scores = 128 * 64 + 64 * 128,
              context = 128 * 128 + 128 * 64, up = 128 * 256 + 256 * 1024, down = 128 * 1024 + 1024 * 256;
    EXPECT_GE(result["traffic"]["dram_read_bytes"], square + scores + context + up + down);
    EXPECT_EQ(result["traffic"]["dram_write_bytes"], 5 * 128 * 256 + 128 * 128 + 128 * 64 + 128 * 1024);
}

TEST(WorkloadExpand, SaysWhatItCannotWrite) {
    const auto run = run_octet({"workload", "expand", workloads + "tiny.yaml", "--out", "/dev/full"});
    EXPECT_EQ(run.exit, 1);
    EXPECT_EQ(run.err, "octet: cannot write /dev/full: No space left on device\n");
}

const std::string configurations = OCTET_SOURCE_DIR "/tests/sim/workload/huggingface/";

TEST(WorkloadImport, WritesAWorkloadThatRuns) {
    const auto file = test::scratch_folder() + "/imported.yaml";
    const auto run = run_octet({"workload", "import", configurations + "llama-2-7b.json", "--out", file});
    EXPECT_EQ(run.exit, 0) << run.err;
    EXPECT_EQ(run.out, "");
    EXPECT_EQ(run.err, "head: lm (the file is of LlamaForCausalLM); --head none or lm are possible\n");
    const auto json = shown({file, "--phase", "decode", "--context", "2048"});
    EXPECT_EQ(json["name"], "Llama-2-7b-hf");
    EXPECT_EQ(json["macs"], 7'143'948'288);
    EXPECT_EQ(run_octet({"check", file}).exit, 0);
}

TEST(WorkloadImport, PrintsWithoutAFileAndTakesAName) {
    const auto run = run_octet({"workload", "import", configurations + "bert-base.json", "--name", "mine"});
    EXPECT_EQ(run.exit, 0) << run.err;
    EXPECT_EQ(run.out,
              "# From a Hugging Face configuration of model_type bert.\nkind: workload\nname: \"mine\"\n"
              "layers: 12\nhidden: 768\nheads: 12\nffn: 3072\nvocabulary: 30522\npositions: 512\n"
              "token_types: 2\npooler: true\n");
}

TEST(WorkloadImport, TurnsATableIntoATrace) {
    const auto table = workloads + "topologies/small-conv.csv";
    const auto run = run_octet({"workload", "import", table});
    EXPECT_EQ(run.exit, 0) << run.err;
    EXPECT_EQ(run.out, run_octet({"workload", "expand", table}).out);
    EXPECT_THAT(run_octet({"workload", "import", table, "--name", "other"}).out,
                HasSubstr("\nname: other\n"));
}

TEST(WorkloadImport, RefusesWhatItDoesNotKnow) {
    const auto refused = [](const std::vector<std::string>& arguments, int exit, const std::string& why) {
        std::vector<std::string> all{"workload", "import"};
        all.insert(all.end(), arguments.begin(), arguments.end());
        const auto run = run_octet(all);
        EXPECT_EQ(run.exit, exit);
        EXPECT_EQ(run.out, "");
        EXPECT_THAT(run.err, HasSubstr(why));
    };
    const auto yaml = workloads + "tiny.yaml", table = workloads + "topologies/small-conv.csv";
    refused({yaml}, 1, yaml + ":1:1: expected a file that ends in .json");
    refused({table, "--head", "lm"}, 1, "--head belongs to a Hugging Face config.json");
    refused({configurations + "none.json"}, 1, "none.json:1:1: cannot open the file");
    refused({test::scratch_file("broken.json", "{\"model_type\": }")}, 1, "broken.json:1:16: not valid JSON");
    refused({configurations + "gpt2.json", "--name", "a\nb"}, 1, "it holds control characters");
    refused({configurations + "gpt2.json", "--head", "big"}, 2, "--head");
    refused({}, 2, "FILE");
}

}  // namespace
}  // namespace octet
