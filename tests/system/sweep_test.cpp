// `octet sweep`: each point against the run that a user gets with the same values; kills, limits, shards.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fcntl.h>

#include <chrono>
#include <fstream>
#include <map>
#include <random>
#include <thread>

#include "tests/support/program.h"
#include "tests/system/octet.h"

namespace octet::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using Words = std::vector<std::string>;

const std::string source = OCTET_SOURCE_DIR;

std::string sweep_file(const std::string& name, const std::string& rest) {
    return scratch_file(
        name, fmt::format("kind: sweep\nbase: {0}/configs/experiments/bert-base-edge16-posit8.yaml\n"
                          "{1}",
                          source, rest));
}

const std::string tiny = fmt::format("workload: [{}/workloads/tiny.yaml], sequence: [8]", source);

json rows_of(const std::string& folder) {
    return document({"sweep", "export", folder}).at("rows");
}

TEST(SweepVerb, EveryPointIsTheRunWithItsValues) {
    const std::string file = sweep_file(
        "points.yaml", fmt::format("axes: {{{}, pe.preset: [int8, bf16], array.rows: [8, 16], fusion: [none, "
                                   "residual]}}\nstrategy: {{kind: grid}}\n",
                                   tiny));
    const std::string folder = scratch_folder() + "/points";
    const json result = document({"sweep", file, "--out", folder});
    EXPECT_EQ(result.at("points"), 8);
    EXPECT_EQ(result.at("done"), 8);
    const json rows = rows_of(folder);
    ASSERT_EQ(rows.size(), 8U);
    for (const json& row : rows) {
        const json& config = row.at("config");
        const json run = document({"run", "configs/experiments/bert-base-edge16-posit8.yaml", "--set",
                                   "workload=workloads/tiny.yaml", "--set", "phase.sequence=8", "--set",
                                   "pe.preset=" + config.at("pe.preset").get<std::string>(), "--set",
                                   fmt::format("array.rows={}", config.at("array.rows").get<int>()), "--set",
                                   "fusion=" + config.at("fusion").get<std::string>()});
        const json& metrics = row.at("metrics");
        EXPECT_EQ(metrics.at("cycles"), run.at("cycles").at("total")) << config;
        EXPECT_DOUBLE_EQ(metrics.at("energy_uj").get<double>(),
                         run.at("energy").at("total_pj").get<double>() * 1e-6);
        EXPECT_DOUBLE_EQ(metrics.at("area_mm2").get<double>(),
                         run.at("area").at("total_um2").get<double>() * 1e-6);
        EXPECT_DOUBLE_EQ(metrics.at("latency_ms").get<double>(), run.at("seconds").get<double>() * 1e3);
    }
    // The front, found once more by hand.
    for (const json& row : rows) {
        bool beaten = false;
        for (const json& other : rows) {
            int worse = 0, better = 0;
            for (const char* metric : {"latency_ms", "energy_uj", "area_mm2"}) {
                const double a = row.at("metrics").at(metric), b = other.at("metrics").at(metric);
                worse += b > a;
                better += b < a;
            }
            beaten = beaten || (worse == 0 && better > 0);
        }
        const json& front = result.at("pareto");
        EXPECT_EQ(std::find(front.begin(), front.end(), row.at("id")) != front.end(), !beaten) << row;
    }
}

TEST(SweepVerb, SimulatesPointsThatDifferInPricesOnceAndKnownOnesNever) {
    const std::string costs =
        fmt::format("costs: [{0}/configs/costs/asplos24-40nm.yaml, {0}/configs/costs/unit.yaml]", source);
    const std::string file = sweep_file(
        "prices.yaml",
        fmt::format("axes: {{{}, {}, array.rows: [8, 16]}}\nstrategy: {{kind: grid}}\n", tiny, costs));
    const std::string folder = scratch_folder() + "/prices";
    const Outcome first = octet({"sweep", file, "--out", folder});
    ASSERT_EQ(first.status, 0) << first.err;
    EXPECT_THAT(first.out,
                HasSubstr("4 points: 4 done, 0 failed, 0 invalid; 2 simulations, 0 points known before"));
    for (const json& row : rows_of(folder)) {
        const json& config = row.at("config");
        const json run = document({"run", "configs/experiments/bert-base-edge16-posit8.yaml", "--set",
                                   "workload=workloads/tiny.yaml", "--set", "phase.sequence=8", "--costs",
                                   config.at("costs").get<std::string>(), "--set",
                                   fmt::format("array.rows={}", config.at("array.rows").get<int>())});
        EXPECT_DOUBLE_EQ(row.at("metrics").at("energy_uj").get<double>(),
                         run.at("energy").at("total_pj").get<double>() * 1e-6);
        EXPECT_EQ(row.at("metrics").at("tokens_per_second"), run.at("metrics").at("tokens_per_second"));
    }
    EXPECT_THAT(octet({"sweep", file, "--out", folder}).out,
                HasSubstr("0 simulations, 4 points known before"));
    // A changed sweep uses what still applies.
    const std::string wider = sweep_file(
        "wider.yaml", fmt::format("axes: {{array.rows: [8, 16, 32], {}}}\nstrategy: {{kind: grid}}\n", tiny));
    EXPECT_THAT(octet({"sweep", wider, "--out", folder}).out,
                HasSubstr("1 simulations, 2 points known before"));
}

TEST(SweepVerb, LeavesOutWhatConstraintsOnTheConfigurationExcludeAndMarksNoPointOutsideOfThoseOnResults) {
    const std::string file = sweep_file(
        "bound.yaml", fmt::format(R"(axes: {{{}, array.rows: [4, 8, 16], sram.capacity_kib: [64, 128]}}
constraints: ["array.rows >= 8", "sram.capacity_kib < 128", "cycles < 4000"]
objectives: [{{minimize: area_mm2}}]
strategy: {{kind: grid}}
)",
                                  tiny));
    const std::string folder = scratch_folder() + "/bound";
    const json result = document({"sweep", file, "--out", folder});
    EXPECT_EQ(result.at("points"), 2);
    EXPECT_EQ(result.at("excluded"), 4);
    for (const json& row : rows_of(folder)) {
        const bool on_front = result.at("pareto").at(0) == row.at("id");
        EXPECT_TRUE(!on_front || row.at("metrics").at("cycles") < 4000);
    }
}

TEST(SweepVerb, CostsAPointThatFailsThatPointAlone) {
    const std::string file =
        sweep_file("failing.yaml",
                   fmt::format("axes: {{{}, sram.capacity_kib: [1, 64]}}\nstrategy: {{kind: grid}}\n", tiny));
    const std::string folder = scratch_folder() + "/failing";
    const Outcome outcome = octet({"sweep", file, "--out", folder});
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_THAT(outcome.out, HasSubstr("2 points: 1 done, 1 failed, 0 invalid"));
    EXPECT_THAT(outcome.out, HasSubstr("1 x failed: sram.capacity_kib: 1 KiB are too few"));
    EXPECT_THAT(octet({"sweep", file, "--out", folder}).out,
                HasSubstr("0 simulations, 2 points known before"));
    EXPECT_THAT(octet({"sweep", file, "--out", folder, "--retry-failed"}).out,
                HasSubstr("1 simulations, 1 points known before"));
}

TEST(SweepVerb, StopsAPointThatTakesTooLongOrTooMuchMemory) {
    const std::string file =
        sweep_file("limits.yaml", "axes: {phase.sequence: [512]}\nstrategy: {kind: grid}\n");
    EXPECT_THAT(octet({"sweep", file, "--point-timeout", "0.05"}).out,
                HasSubstr("it took longer than 0.05 s"));
    const std::string exact =
        sweep_file("memory.yaml", "axes: {phase.sequence: [128], values: [exact]}\nstrategy: {kind: grid}\n");
    EXPECT_THAT(octet({"sweep", exact, "--point-memory", "200"}).out, HasSubstr("1 x failed: out of memory"));
}

TEST(SweepVerb, TellsOfAMistakeInTheFileBeforeItSimulates) {
    const auto message = [](const std::string& rest) {
        const Outcome outcome =
            octet({"sweep", sweep_file("wrong.yaml", rest + "strategy: {kind: grid}\n"), "--json"});
        EXPECT_EQ(outcome.status, 1);
        EXPECT_EQ(outcome.out, "");
        return outcome.err;
    };
    EXPECT_THAT(message("axes: {array.rowz: [8, 16]}\n"),
                HasSubstr("wrong.yaml:3:21: array.rowz: unknown key, did you mean 'rows'?"));
    EXPECT_THAT(message("axes: {array.rows: [0, -1]}\n"), HasSubstr("expected an integer from 1"));
    EXPECT_THAT(message("axes: {array.rows: [8]}\nobjectives: [{minimize: latency}]\n"),
                HasSubstr("objectives[0]: 'latency' is no metric; there are cycles, latency_ms,"));
    EXPECT_THAT(message("axes: {array.rows: [8]}\nconstraints: [\"area < 5\"]\n"),
                HasSubstr("constraints[0]: 'area' is neither a metric nor a number of the configuration"));
    EXPECT_THAT(message("axes: {workload: [no.yaml]}\n"), HasSubstr("there is no file 'no.yaml'"));
}

TEST(SweepVerb, EndsWithTheSameTableInShardsThatAreMerged) {
    const std::string file = sweep_file(
        "shards.yaml",
        fmt::format("axes: {{{}, array.rows: [4, 8, 16], pe.preset: [int8, bf16]}}\nstrategy: {{kind: "
                    "grid}}\n",
                    tiny));
    const std::string at = scratch_folder() + "/shard";
    Words merge{"sweep", "merge"};
    for (int shard = 1; shard <= 4; ++shard) {
        ASSERT_EQ(octet({"sweep", file, "--out", fmt::format("{}{}", at, shard), "--shard",
                         fmt::format("{}/4", shard)})
                      .status,
                  0);
        merge.push_back(fmt::format("{}{}", at, shard));
    }
    merge.insert(merge.end(), {"--out", at + "-all"});
    ASSERT_EQ(octet(merge).status, 0);
    EXPECT_THAT(octet({"sweep", file, "--out", at + "-all"}).out,
                HasSubstr("0 simulations, 6 points known before"));
    EXPECT_EQ(octet({"sweep", file, "--shard", "5/4"}).status, 2);
}

TEST(SweepVerb, ShowsWhatIsKnownWithoutSimulatingAndTakesOverPointsOfAnotherStore) {
    const std::string file = sweep_file(
        "known.yaml",
        fmt::format(
            "axes: {{{}, array.rows: [4, 8, 16], pe.preset: [int8, bf16]}}\nstrategy: {{kind: grid}}\n",
            tiny));
    const std::string half = scratch_folder() + "/half", whole = scratch_folder() + "/whole";
    ASSERT_EQ(octet({"sweep", file, "--out", half, "--shard", "1/2"}).status, 0);
    const Outcome shown = octet({"sweep", file, "--out", half, "--no-simulate"});
    EXPECT_EQ(shown.status, 1) << "not complete";
    EXPECT_THAT(shown.out,
                HasSubstr("3 points: 3 done, 0 failed, 0 invalid; 0 simulations, 3 points known before\n"
                          "3 points are missing: the sweep goes on from here when it is run again\n"));
    EXPECT_THAT(shown.out, HasSubstr("Pareto-optimal"));
    const Outcome rest = octet({"sweep", file, "--out", whole, "--known", half});
    EXPECT_THAT(rest.out,
                HasSubstr("6 points: 6 done, 0 failed, 0 invalid; 3 simulations, 3 points known before"));
    EXPECT_EQ(octet({"sweep", file, "--out", whole, "--no-simulate"}).status, 0);
    const json halves = rows_of(half), all = rows_of(whole);
    EXPECT_EQ(all.size(), 6U);
    for (const json& row : halves)
        EXPECT_TRUE(std::ranges::any_of(all, [&](const json& other) {
            return other.at("config") == row.at("config") && other.at("metrics") == row.at("metrics");
        })) << row;
}

// `octet sweep` in the background; killed after a while with all its workers.
void run_and_kill(const std::string& file, const std::string& folder, double seconds) {
    const pid_t child = fork();
    if (child == 0) {
        const int null = open("/dev/null", 1);
        dup2(null, 1);
        dup2(null, 2);
        execl(OCTET_BINARY, OCTET_BINARY, "sweep", file.c_str(), "--out", folder.c_str(),
              static_cast<char*>(nullptr));
        _exit(127);
    }
    std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
}

std::map<std::string, json> by_config(const json& rows) {
    std::map<std::string, json> metrics;
    for (const json& row : rows) {
        EXPECT_EQ(row.at("status"), "done");
        EXPECT_TRUE(metrics.emplace(row.at("config").dump(), row.at("metrics")).second) << "a point twice";
    }
    return metrics;
}

TEST(SweepVerb, OfAThousandPointsKilledThreeTimesEndsAsAnUndisturbedOne) {
    const std::string file = sweep_file(
        "thousand.yaml",
        fmt::format(
            "axes: {{workload: [{}/workloads/tiny.yaml], sequence: [4], array.rows: {{range: [4, 13, 1]}}, "
            "array.cols: {{range: [4, 13, 1]}}, clock_mhz: {{range: [50, 500, 50]}}}}\nstrategy: {{kind: "
            "grid}}\n",
            source));
    const std::string disturbed = scratch_folder() + "/disturbed", calm = scratch_folder() + "/calm";
    const unsigned seed = std::random_device{}();
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    for (int kills = 0; kills < 3; ++kills)
        run_and_kill(file, disturbed, 0.2 + static_cast<double>(random() % 800) / 1e3);
    const json interrupted = document({"sweep", file, "--out", disturbed});
    const json undisturbed = document({"sweep", file, "--out", calm});
    EXPECT_EQ(interrupted.at("points"), 1000);
    EXPECT_EQ(interrupted.at("done"), 1000);
    EXPECT_EQ(undisturbed.at("done"), 1000);
    EXPECT_EQ(by_config(rows_of(disturbed)), by_config(rows_of(calm)));
    EXPECT_EQ(interrupted.at("pareto").size(), undisturbed.at("pareto").size());
}

}  // namespace
}  // namespace octet::test
