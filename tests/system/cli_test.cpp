// `octet run` and `octet check` as a user meets them: streams, exit codes, files, settings.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

#include "tests/system/octet.h"

namespace octet::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::HasSubstr;
using testing::UnorderedElementsAre;
using Words = std::vector<std::string>;

std::string content(const fs::path& path) {
    std::ostringstream text;
    text << std::ifstream(path, std::ios::binary).rdbuf();
    return text.str();
}

std::vector<std::string> names(const fs::path& folder) {
    std::vector<std::string> list;
    for (const auto& entry : fs::directory_iterator(folder)) list.push_back(entry.path().filename());
    return list;
}

// Two small layers on edge16-posit8.
class Program : public testing::Test {
  protected:
    Program()
        : experiment(folder.write(
              "experiment.yaml",
              fmt::format("kind: experiment\naccelerator: {0}/configs/accelerators/edge16-posit8.yaml\n"
                          "workload: {0}/workloads/tiny.yaml\ncosts: {0}/configs/costs/asplos24-40nm.yaml\n"
                          "phase: {{kind: encode, batch: 1, sequence: 16}}\n",
                          OCTET_SOURCE_DIR))) {}

    Outcome run(const Words& more) const {
        Words words{"run", experiment};
        words.insert(words.end(), more.begin(), more.end());
        return octet(words);
    }
    json result(Words more) const {
        more.push_back("--json");
        const Outcome outcome = run(more);
        EXPECT_EQ(outcome.status, 0) << outcome.err;
        return outcome.status == 0 ? json::parse(outcome.out) : json();
    }
    json machine(const Words& more) const { return result(more).at("accelerator"); }
    // The run fails with exit code 1, says nothing on stdout and this on stderr.
    void expect_failure(const Words& more, const std::string& message) const {
        const Outcome outcome = run(more);
        EXPECT_EQ(outcome.status, 1) << testing::PrintToString(more);
        EXPECT_EQ(outcome.out, "");
        EXPECT_THAT(outcome.err, HasSubstr(message));
    }

    Folder folder;
    std::string experiment;
};

TEST_F(Program, PrintsOneJsonDocumentAndNothingElseOnStdout) {
    const Outcome outcome = run({"--json"});
    EXPECT_EQ(outcome.status, 0);
    EXPECT_EQ(outcome.err, "");
    ASSERT_TRUE(json::accept(outcome.out));
    EXPECT_EQ(outcome.out.front(), '{');
    EXPECT_EQ(outcome.out.substr(outcome.out.size() - 2), "}\n");
    const json document = json::parse(outcome.out);
    for (const char* key :
         {"schema", "octet", "accelerator", "workload", "phase", "seed", "cycles", "seconds", "macs",
          "energy", "area", "traffic", "metrics", "operations", "numerics"})
        EXPECT_TRUE(document.contains(key)) << key;
    EXPECT_EQ(document.at("schema"), 1);
}

TEST_F(Program, PrintsASummaryWithTheLatencyAndItsWallTimeOnStderr) {
    const Outcome outcome = run({});
    EXPECT_EQ(outcome.status, 0);
    EXPECT_THAT(outcome.out, testing::ContainsRegex("latency +[0-9.]+ [mu]?s"));
    EXPECT_THAT(outcome.out, testing::Not(HasSubstr("simulated in")));
    EXPECT_THAT(outcome.out, testing::Not(HasSubstr("\033")));  // no terminal, no colours
    EXPECT_THAT(outcome.err, HasSubstr("simulated in"));
}

TEST_F(Program, PrintsNothingOnStdoutWhenItFails) {
    for (const Words& form : {Words{"--json"}, Words{}, Words{"--explain"}}) {
        auto with = [&](Words more) {
            more.insert(more.end(), form.begin(), form.end());
            return more;
        };
        expect_failure(with({"--set", "array.rows=0"}), "array.rows");
        expect_failure(with({"--set", "workload=nowhere.yaml"}), "nowhere.yaml");
        expect_failure(with({"--set", "sram.capacity_kib=1", "--set", "workload.hidden=1024"}),
                       "sram.capacity_kib");
        expect_failure(with({"--set", "buffers.weight.depth=1"}), "buffers.weight.depth");
        expect_failure(with({"--set", "phase.sequence=65"}), "65");
    }
}

TEST_F(Program, ExitsTwoOnWrongUsageOnly) {
    EXPECT_EQ(run({"--jsno"}).status, 2);
    EXPECT_EQ(run({"--set", "array.rows"}).status, 2);
    EXPECT_EQ(run({"--seed", "-3"}).status, 2);
    EXPECT_EQ(octet({"run"}).status, 2);
    EXPECT_EQ(octet({}).status, 2);
    EXPECT_EQ(octet({"run", "nowhere.yaml"}).status, 1);
    EXPECT_EQ(octet({"run", "configs/costs/unit.yaml"}).status, 1);  // a file of another kind
    EXPECT_EQ(octet({"run", folder.path()}).status, 1);              // a folder
    EXPECT_EQ(octet({"run", "/dev/null"}).status, 1);
}

TEST_F(Program, WritesResultSummaryAndLog) {
    const fs::path out = folder.path() / "out";
    const Outcome outcome = run({"--json", "--out", out});
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_THAT(names(out), UnorderedElementsAre("result.json", "summary.txt", "run.log", "units.json"));
    EXPECT_EQ(content(out / "result.json"), outcome.out);
    EXPECT_EQ(content(out / "summary.txt"), run({}).out);
    EXPECT_THAT(content(out / "run.log"), HasSubstr("wall time"));
    EXPECT_THAT(content(out / "run.log"), HasSubstr(experiment));
}

TEST_F(Program, WritesNothingWithoutOut) {
    const Folder elsewhere;
    EXPECT_EQ(octet({"run", experiment}, elsewhere.path()).status, 0);
    EXPECT_TRUE(fs::is_empty(elsewhere.path()));
}

TEST_F(Program, ReplacesOlderResultsAndKeepsOtherFiles) {
    const fs::path out = folder.path() / "out";
    ASSERT_EQ(run({"--out", out, "--set", "array.rows=8"}).status, 0);
    folder.write("out/notes.txt", "mine");
    ASSERT_EQ(run({"--out", out}).status, 0);
    EXPECT_THAT(names(out),
                UnorderedElementsAre("result.json", "summary.txt", "run.log", "units.json", "notes.txt"));
    EXPECT_EQ(json::parse(content(out / "result.json")).at("accelerator").at("array").at("rows"), 16);
}

TEST_F(Program, LeavesNoResultsWhenTheRunFails) {
    const fs::path out = folder.path() / "out";
    expect_failure({"--out", out, "--set", "array.rows=0"}, "array.rows");
    expect_failure({"--out", out, "--set", "buffers.weight.depth=1"}, "buffers.weight.depth");
    EXPECT_FALSE(fs::exists(out));
}

TEST_F(Program, SaysWhereItCannotWriteAndLeavesNothingBehind) {
    const std::string file = folder.write("file", "precious");
    expect_failure({"--json", "--out", file}, "is a file, not a folder");
    EXPECT_EQ(content(file), "precious");
    expect_failure({"--json", "--out", file + "/out"}, "there is no folder " + file);
    expect_failure({"--json", "--out", folder.path() / "no" / "out"},
                   "there is no folder " + (folder.path() / "no").string());
    expect_failure({"--json", "--out", "/proc/octet"}, "/proc/octet");
    expect_failure({"--json", "--out", "/proc"}, "/proc");  // not even root writes here
    const fs::path dangling = folder.path() / "dangling";
    fs::create_symlink(folder.path() / "gone", dangling);
    expect_failure({"--json", "--out", dangling}, dangling);
    EXPECT_THAT(names(folder.path()), UnorderedElementsAre("experiment.yaml", "file", "dangling"));
}

TEST_F(Program, LeavesAFolderAloneInWhichItMayNotWrite) {
    if (geteuid() == 0) GTEST_SKIP() << "root may write everywhere";
    const fs::path out = folder.path() / "out";
    fs::create_directory(out);
    fs::permissions(out, fs::perms::owner_read | fs::perms::owner_exec);
    expect_failure({"--json", "--out", out}, out);
    fs::permissions(out, fs::perms::owner_all);
    EXPECT_TRUE(fs::is_empty(out));
}

TEST_F(Program, DoesNotLeaveHalfAResultWhereAFolderStandsInTheWay) {
    const fs::path out = folder.path() / "out";
    fs::create_directories(out / "result.json" / "mine");
    expect_failure({"--json", "--out", out}, "result.json");
    for (const auto& name : names(out)) EXPECT_THAT(name, testing::Not(HasSubstr(".part"))) << name;
    EXPECT_TRUE(fs::exists(out / "result.json" / "mine"));
}

TEST_F(Program, GivesTheSameBytesForTheSameInputs) {
    const Folder one, two;
    const Outcome first = run({"--json", "--seed", "7", "--out", one.path()});
    const Outcome second = run({"--json", "--seed", "7", "--out", two.path()});
    ASSERT_EQ(first.status, 0) << first.err;
    EXPECT_EQ(first.out, second.out);
    for (const char* name : {"result.json", "summary.txt"})
        EXPECT_EQ(content(one.path() / name), content(two.path() / name)) << name;
    EXPECT_EQ(json::parse(first.out).at("seed"), 7);
}

TEST_F(Program, ResolvesEveryKeyIntoTheDocument) {
    // A document holds the machine in full: as a file of its own it gives the same run.
    const json first = result({"--set", "array.rows=8", "--set", "sram.banks=4"});
    json accelerator = first.at("accelerator");
    accelerator["kind"] = "accelerator";
    const std::string own = folder.write("own.yaml", accelerator.dump());
    const json second = result({"--set", "accelerator=" + own});
    EXPECT_EQ(first, second);
}

TEST_F(Program, TakesTheLastOfSeveralSettings) {
    EXPECT_EQ(machine({"--set", "array.rows=8", "--set", "array.rows=4"}).at("array").at("rows"), 4);
    EXPECT_EQ(machine({"--set", "fusion=none", "--fusion", "scaling"}).at("fusion"), "scaling");
    EXPECT_EQ(machine({"--fusion", "scaling", "--set", "fusion=none"}).at("fusion"), "none");
    EXPECT_EQ(machine({"--set", "array={rows: 4, cols: 4}", "--set", "array.cols=2"}).at("array").at("cols"),
              2);
}

TEST_F(Program, ResetsThePeToItsPresetAndKeepsWhatIsSetAfterwards) {
    const json plain = machine({"--set", "pe.preset=int8"});
    EXPECT_EQ(plain.at("pe").at("accumulator"), "int24");
    EXPECT_EQ(plain.at("buffers").at("accumulation").at("format"), "int32");
    EXPECT_EQ(plain.at("softmax").at("unit"), "exact");
    const json before = machine({"--set", "pe.accumulator=fp32", "--set", "pe.preset=int8"});
    EXPECT_EQ(before.at("pe"), plain.at("pe"));
    const json after = machine({"--set", "pe.preset=int8", "--set", "pe.accumulator=int32"});
    EXPECT_EQ(after.at("pe").at("accumulator"), "int32");
    EXPECT_EQ(after.at("pe").at("storage"), "int8");
    // Other than auto is kept, whatever the preset.
    const json kept = machine({"--set", "buffers.accumulation.format=fp32", "--set", "pe.preset=e4m3"});
    EXPECT_EQ(kept.at("buffers").at("accumulation").at("format"), "fp32");
}

TEST_F(Program, SuggestsTheKeyThatWasMeant) {
    expect_failure({"--set", "array.rwos=8"}, "did you mean 'rows'");
    expect_failure({"--set", "pe.preset=posit8_l"}, "did you mean 'posit8_1'");
    expect_failure({"--set", "phase.seqence=8"}, "did you mean 'sequence'");
    expect_failure({"--fusion", "residul"}, "did you mean 'residual'");
    expect_failure({"--set", "sarm.banks=8"}, "did you mean 'sram'");
}

TEST_F(Program, ReportsAllWrongSettingsAtOnce) {
    const Outcome outcome =
        run({"--set", "array.rows=0", "--set", "sram.banks=many", "--set", "clock_mhz=-1"});
    EXPECT_EQ(outcome.status, 1);
    for (const char* key : {"array.rows", "sram.banks", "clock_mhz"})
        EXPECT_THAT(outcome.err, HasSubstr(key));
}

TEST_F(Program, HasShortFormsOfCommonSettings) {
    const json unit = result({"--costs", "configs/costs/unit.yaml"});
    EXPECT_EQ(unit, result({"--set", "costs=configs/costs/unit.yaml"}));
    EXPECT_NE(unit.at("energy"), result({}).at("energy"));
    EXPECT_EQ(unit.at("cycles"), result({}).at("cycles"));
    EXPECT_EQ(result({"--fusion", "none"}), result({"--set", "fusion=none"}));
    const json exact = result({"--softmax", "exact"});
    EXPECT_EQ(exact, result({"--set", "softmax.unit=exact"}));
    EXPECT_EQ(exact.at("accelerator").at("softmax").at("unit"), "exact");
    EXPECT_NE(exact.at("energy"), result({}).at("energy"));
}

TEST_F(Program, ExplainsWhatItDidAfterTheSummary) {
    const Outcome plain = run({}), explained = run({"--explain"});
    EXPECT_EQ(explained.status, 0);
    EXPECT_EQ(explained.out.substr(0, plain.out.size()), plain.out);
    EXPECT_THAT(explained.out, HasSubstr("attention.query"));
}

TEST(ShippedFiles, AreAllValid) {
    Words words{"check"};
    std::set<std::string> folders;
    for (const char* top : {"configs", "workloads"})
        for (const auto& entry : fs::recursive_directory_iterator(fs::path(OCTET_SOURCE_DIR) / top))
            if (entry.is_regular_file() && entry.path().parent_path().filename() != "topologies" &&
                entry.path().string().find("workloads/checkpoints/") == std::string::npos) {
                EXPECT_EQ(entry.path().extension(), ".yaml") << entry.path();
                words.push_back(entry.path());
                folders.insert(entry.path().parent_path().filename());
            }
    EXPECT_GE(words.size(), 30U);
    for (const char* kind : {"accelerators", "costs", "experiments", "workloads"})
        EXPECT_TRUE(folders.contains(kind)) << kind;
    const Outcome outcome = octet(words);
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    std::size_t valid = 0;
    for (std::size_t at = 0; (at = outcome.out.find(": valid ", at)) != std::string::npos; ++at) ++valid;
    EXPECT_EQ(valid, words.size() - 1);
}

}  // namespace
}  // namespace octet::test
