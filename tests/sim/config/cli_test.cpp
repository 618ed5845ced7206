// The command line: exit codes, and what goes to which stream.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "tests/support/program.h"

namespace octet {
namespace {

using test::run_octet;
using test::RunOptions;
using test::scratch_file;
using test::scratch_folder;
using testing::HasSubstr;

const std::string source = OCTET_SOURCE_DIR;
const std::string machine = source + "/configs/accelerators/edge16-posit8.yaml";
const std::string experiment = source + "/configs/experiments/bert-base-edge16-posit8.yaml";

RunOptions with_stdout(const std::string& path) {
    RunOptions options;
    options.stdout_path = path;
    return options;
}

RunOptions elsewhere(const std::string& variable) {
    RunOptions options;
    options.folder = scratch_folder();
    options.environment = {variable};
    return options;
}

TEST(CommandLine, ExitsTwoOnWrongUsageWithNothingOnStdout) {
    const std::vector<std::vector<std::string>> wrong{{},
                                                      {"rnu"},
                                                      {"run"},
                                                      {"check"},
                                                      {"schema", "accelerators"},
                                                      {"run", experiment, "--sed", "1"},
                                                      {"run", experiment, "--seed", "-1"},
                                                      {"run", experiment, "--seed", "x"},
                                                      {"run", experiment, "--set"},
                                                      {"run", experiment, "--set", "rows"},
                                                      {"run", experiment, "more"},
                                                      {"dram"},
                                                      {"dram", "--config", experiment},
                                                      {"workload"}};
    for (const auto& arguments : wrong) {
        const auto run = run_octet(arguments);
        EXPECT_EQ(run.exit, 2) << testing::PrintToString(arguments);
        EXPECT_EQ(run.out, "");
        EXPECT_NE(run.err, "");
    }
}

TEST(CommandLine, ExplainsEveryVerb) {
    EXPECT_EQ(run_octet({"--version"}).out, "octet 0.1.0\n");
    EXPECT_THAT(run_octet({"--help"}).out, HasSubstr("run"));
    for (const auto& verb : std::vector<std::vector<std::string>>{
             {"run"}, {"check"}, {"schema"}, {"workload"}, {"workload", "show"}, {"workload", "expand"}}) {
        auto arguments = verb;
        arguments.push_back("--help");
        const auto run = run_octet(arguments);
        EXPECT_EQ(run.exit, 0);
        EXPECT_EQ(run.err, "");
        EXPECT_THAT(run.out, HasSubstr("Usage: octet"));
    }
}

TEST(CommandLine, PutsResultsOnStdoutAndErrorsOnStderr) {
    const auto good = run_octet({"check", machine});
    EXPECT_EQ(good.exit, 0);
    EXPECT_EQ(good.out, machine + ": valid accelerator\n");
    EXPECT_EQ(good.err, "");
    const auto bad = run_octet({"run", experiment, "--json", "--set", "array.rows=0"});
    EXPECT_EQ(bad.exit, 1);
    EXPECT_EQ(bad.out, "");
    EXPECT_EQ(bad.err, "--set array.rows=0: array.rows: expected an integer from 1 to 4096, got '0'\n");
}

TEST(CommandLine, TakesSettingsAndTheirShortFormsFromLeftToRight) {
    const auto last = [](std::vector<std::string> options) {
        options.insert(options.begin(), {"run", experiment, "--set", "array.rows=0"});
        return run_octet(options).err;
    };
    EXPECT_THAT(last({"--set", "fusion=a", "--fusion", "b"}), HasSubstr("--fusion b: fusion: expected"));
    EXPECT_THAT(last({"--fusion", "b", "--set", "fusion=a"}), HasSubstr("--set fusion=a: fusion: expected"));
    EXPECT_THAT(last({"--softmax=x"}), HasSubstr("--softmax x: softmax.unit: expected auto, exact"));
    EXPECT_THAT(last({"--costs", "nowhere.yaml"}),
                HasSubstr("--costs nowhere.yaml: costs: there is no file"));
    EXPECT_THAT(last({"--values", "x", "--fidelity", "y"}), HasSubstr("--fidelity y: fidelity: expected"));
}

TEST(Check, ReportsEveryFileAndFailsIfOneDoes) {
    const std::string bad = scratch_file("bad.yaml", "kind: accelerator\n");
    const auto run = run_octet({"check", bad, machine});
    EXPECT_EQ(run.exit, 1);
    EXPECT_THAT(run.out, HasSubstr(machine));
    EXPECT_THAT(run.err, HasSubstr(bad + ":1:1: array: missing key"));
    EXPECT_THAT(run.err, HasSubstr(bad + ":1:1: dram: missing key"));
}

TEST(Check, PrintsOneJsonDocument) {
    const std::string bad = scratch_file("bad.yaml", "kind: accelerator\nextends: worse.yaml\n");
    scratch_file("worse.yaml",
                 "kind: accelerator\narray: {rows: \xC3\xA4, cols: 1}\npe: {preset: int8}\ndram: {kind: "
                 "ideal, bytes_per_cycle: 1, latency: 1}\n");
    const auto run = run_octet({"check", "--json", machine, bad});
    EXPECT_EQ(run.exit, 1);
    EXPECT_EQ(run.err, "");
    const auto json = nlohmann::json::parse(run.out);
    EXPECT_EQ(json["schema"], 1);
    EXPECT_EQ(json["files"][0]["kind"], "accelerator");
    EXPECT_TRUE(json["files"][0]["errors"].empty());
    const auto& error = json["files"][1]["errors"][0];
    EXPECT_EQ(error["line"], 2);
    EXPECT_EQ(error["column"], 15);
    EXPECT_EQ(error["key"], "array.rows");
    EXPECT_THAT(error["message"].get<std::string>(), HasSubstr("expected an integer"));
    EXPECT_EQ(error["path"], scratch_folder() + "/worse.yaml");
}

TEST(StandardStreams, ThatCannotBeWrittenAreAnErrorAndNoCrash) {
    for (const char* where : {"/dev/full", "closed"}) {
        const auto run = run_octet({"schema", "accelerator"}, with_stdout(where));
        EXPECT_EQ(run.exit, 1) << where;
        EXPECT_EQ(run.signal, 0);
        EXPECT_THAT(run.err, HasSubstr("cannot write to stdout"));
    }
}

TEST(Installed, ProgramFindsItsConfigsFromAnyFolder) {
    const auto run =
        run_octet({"check", "configs/accelerators/edge16-posit8.yaml"}, elsewhere("OCTET_HOME=" + source));
    EXPECT_EQ(run.exit, 0) << run.err;
    const auto missing =
        run_octet({"check", "configs/accelerators/edge16-posit8.yaml"}, elsewhere("OCTET_HOME=/nowhere"));
    EXPECT_EQ(missing.exit, 1);
}

TEST(Installed, AFileOfTheUserMayNameShippedOnes) {
    const std::string own = scratch_file(
        "own/run.yaml", "kind: accelerator\nextends: configs/accelerators/edge16-posit8.yaml\nname: own\n");
    EXPECT_EQ(run_octet({"check", own}, elsewhere("OCTET_HOME=" + source)).exit, 0);
}

}  // namespace
}  // namespace octet
