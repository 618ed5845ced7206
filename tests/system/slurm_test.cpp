// `octet sweep --launcher slurm` on a real Slurm that the test starts and ends.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <thread>

#include "sim/sweep/store.h"
#include "tests/support/program.h"
#include "tests/system/octet.h"
#include "tests/system/slurm_cluster.h"

namespace octet::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using Words = std::vector<std::string>;

constexpr std::size_t points = 24, shards = 4;

std::string sweep_file(const std::string& strategy = "{kind: grid}") {
    return scratch_file("sweep.yaml",
                        fmt::format("kind: sweep\n"
                                    "base: {}/configs/experiments/bert-base-edge16-posit8.yaml\n"
                                    "axes: {{sequence: [64], sram.capacity_kib: [512, 1024, 2048, 4096],"
                                    " pe.preset: [int8, e4m3, bf16, posit8_1_ftz, hybrid_fp8, e5m2]}}\n"
                                    "strategy: {}\n",
                                    OCTET_SOURCE_DIR, strategy));
}

std::uint64_t stored(const std::filesystem::path& store) {
    return std::filesystem::exists(store) ? SweepStore(store, SweepStore::Access::read).count() : 0;
}

std::map<std::string, json> by_config(const std::string& folder) {
    std::map<std::string, json> metrics;
    const json exported = document({"sweep", "export", folder});
    for (const json& row : exported.at("rows")) {
        EXPECT_EQ(row.at("status"), "done");
        EXPECT_TRUE(metrics.emplace(row.at("config").dump(), row.at("metrics")).second) << "a point twice";
    }
    return metrics;
}

// Waits until a shard has some of its points, but not all, and kills its task. Which shard it was; 0: none.
std::size_t kill_one_at_work(const std::filesystem::path& folder) {
    for (int tries = 0; tries < 3000; ++tries) {
        for (std::size_t shard = 1; shard <= shards; ++shard) {
            const auto place = folder / "shards" / std::to_string(shard);
            const std::uint64_t done = stored(place / "store.sqlite");
            const auto tasks = processes_with(place.string());
            if (done < 1 || done + 2 > points / shards || tasks.empty()) continue;
            for (const pid_t task : tasks) kill(task, SIGKILL);
            return shard;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return 0;
}

TEST(SlurmSweep, LosesNothingAndRepeatsNothingThoughATaskIsKilledOneRequeuedAndTheNodeDrained) {
    const SlurmCluster cluster(scratch_folder() + "/slurm");
    const std::string file = sweep_file();
    // A folder whose name a shell or Slurm could misread.
    const std::string folder = scratch_folder() + "/it's a \"b\" $HOME; sweep";
    const Words launch{"sweep",      file,    "--out",    folder,
                       "--launcher", "slurm", "--shards", std::to_string(shards)};
    const Outcome first = octet(launch);
    ASSERT_EQ(first.status, 0) << first.err;
    EXPECT_THAT(first.out,
                testing::ContainsRegex("^0 points known, 24 missing: job 1 works on 4 of 4 shards, then job "
                                       "[0-9]+ merges them\n"));

    const std::size_t dead = kill_one_at_work(folder);
    ASSERT_GT(dead, 0U) << "no shard was seen at work";
    const auto running = cluster.lines({"squeue", "--noheader", "--states=RUNNING", "--format=%i"});
    for (const std::string& task : running)
        if (task != fmt::format("1_{}", dead)) {
            cluster.lines({"scontrol", "requeue", task});
            break;
        }
    EXPECT_FALSE(running.empty());
    cluster.lines(
        {"scontrol", "update", fmt::format("NodeName={}", SlurmCluster::node), "State=DRAIN", "Reason=test"});
    const Outcome meanwhile = octet(launch);
    EXPECT_EQ(meanwhile.status, 1);
    EXPECT_THAT(meanwhile.err, HasSubstr("this sweep is still at work in"));
    EXPECT_TRUE(cluster.wait_for_state("drained", 30));
    cluster.lines({"scontrol", "update", fmt::format("NodeName={}", SlurmCluster::node), "State=RESUME"});
    ASSERT_TRUE(cluster.wait_until_idle(60));

    // The dead shard's points were merged too; what it lacks, and only that, is done by the same command.
    const std::uint64_t before = stored(folder + "/store.sqlite");
    const std::uint64_t of_dead = stored(fmt::format("{}/shards/{}/store.sqlite", folder, dead));
    EXPECT_EQ(before, points - points / shards + of_dead);
    EXPECT_GE(of_dead, 1U);
    const Outcome again = octet(launch);
    EXPECT_THAT(again.out, testing::ContainsRegex(
                               fmt::format("^{} points known, {} missing: job [0-9]+ works on 1 of 4 shards",
                                           before, points - before)))
        << again.err;
    ASSERT_TRUE(cluster.wait_until_idle(60));
    EXPECT_THAT(read_file(fmt::format("{}/slurm/shard-{}.log", folder, dead)),
                HasSubstr(fmt::format("{} simulations, {} points known before", points - before, of_dead)));
    EXPECT_EQ(json::parse(read_file(folder + "/sweep.json")).at("complete"), true)
        << "the job that merges writes it";

    const Outcome last = octet(launch);
    EXPECT_EQ(last.status, 0) << last.err;
    EXPECT_THAT(last.out,
                HasSubstr("24 points: 24 done, 0 failed, 0 invalid; 0 simulations, 24 points known before"));
    EXPECT_TRUE(cluster.lines({"squeue", "--noheader"}).empty()) << "nothing more to submit";
    std::set<std::string> keys;
    for (std::size_t shard = 1; shard <= shards; ++shard)
        SweepStore(fmt::format("{}/shards/{}/store.sqlite", folder, shard), SweepStore::Access::read)
            .each([&](const StoredPoint& point) {
                EXPECT_TRUE(keys.insert(point.key).second) << "simulated twice";
            });
    EXPECT_EQ(keys.size(), points);
    const std::string calm = scratch_folder() + "/calm";
    ASSERT_EQ(octet({"sweep", file, "--out", calm}).status, 0);
    EXPECT_EQ(by_config(folder), by_config(calm));
}

TEST(SlurmSweep, SaysWhyNothingIsSubmitted) {
    const SlurmCluster cluster(scratch_folder() + "/slurm");
    const std::string file = sweep_file();
    const std::string folder = scratch_folder() + "/refused";
    const Words launch{"sweep", file, "--out", folder, "--launcher", "slurm", "--shards", "2"};
    const auto with = [&](Words more) {
        more.insert(more.begin(), launch.begin(), launch.end());
        const Outcome outcome = octet(more);
        EXPECT_EQ(outcome.status, 1);
        EXPECT_EQ(outcome.out, "");
        return outcome.err;
    };
    EXPECT_THAT(with({"--partition", "none"}), HasSubstr("invalid partition specified: none"));
    EXPECT_THAT(with({"--time", "soon"}), HasSubstr("Invalid --time specification"));
    EXPECT_THAT(with({"--slurm-arg=--no-such"}), HasSubstr("unrecognized option '--no-such'"));
}

// Slurm has patterns in the names of its logs.
TEST(SlurmSweep, WorksInAFolderWhoseNameSlurmWouldRead) {
    const SlurmCluster cluster(scratch_folder() + "/slurm");
    const std::string file = scratch_file(
        "tiny.yaml",
        fmt::format("kind: sweep\nbase: {0}/configs/experiments/bert-base-edge16-posit8.yaml\n"
                    "axes: {{workload: [{0}/workloads/tiny.yaml], sequence: [8], array.rows: [8, 16]}}\n"
                    "strategy: {{kind: grid}}\n",
                    OCTET_SOURCE_DIR));
    const std::string folder = scratch_folder() + "/%a \\ %%";
    ASSERT_EQ(octet({"sweep", file, "--out", folder, "--launcher", "slurm", "--shards", "2"}).status, 0);
    ASSERT_TRUE(cluster.wait_until_idle(60));
    EXPECT_EQ(stored(folder + "/store.sqlite"), 2U);
    EXPECT_THAT(read_file(folder + "/slurm/shard-2.log"), HasSubstr("1 points: 1 done"));
    EXPECT_THAT(read_file(folder + "/slurm/merge.log"), HasSubstr("2 points: 2 done"));
}

// A folder with commands that stand in for Slurm's: sbatch appends its arguments to `arguments` and gives the
// number 7, but takes no job that depends on another if `refuse` is there; squeue tells what is in `queue`.
std::string pretended_slurm() {
    std::filesystem::remove_all(scratch_folder() + "/bin");
    const std::string sbatch = scratch_file("bin/sbatch", R"(#!/bin/bash
here=$(dirname "$0")
printf '%s\n' "$@" >>"$here/arguments"
case "$*" in *--dependency=*) [ -e "$here/refuse" ] && { echo 'sbatch: error: no more jobs' >&2; exit 1; } ;; esac
echo 7
)");
    const std::string squeue = scratch_file("bin/squeue", "#!/bin/bash\ncat \"$(dirname \"$0\")/queue\"\n");
    for (const std::string& file : {sbatch, squeue})
        std::filesystem::permissions(file, std::filesystem::perms::owner_all);
    return std::filesystem::path(sbatch).parent_path().string();
}

TEST(SlurmLauncher, SaysSoIfTheShardsAreSubmittedButNotTheJobThatMergesThem) {
    const std::string bin = pretended_slurm();
    std::ofstream(bin + "/refuse").put('\n');
    RunOptions there;
    there.environment = {"PATH=" + bin + ":/usr/bin:/bin"};
    const Words launch{"sweep",      sweep_file(), "--out",    scratch_folder() + "/half",
                       "--launcher", "slurm",      "--shards", "2"};
    const auto run = run_octet(launch, there);
    EXPECT_EQ(run.exit, 1);
    EXPECT_THAT(run.err, HasSubstr("job 7 works on the shards, but the job that merges them is refused"));
    EXPECT_THAT(run.err, HasSubstr("no more jobs"));
    // It is known that the first one is at work.
    std::ofstream(bin + "/queue") << "5\n7\n7\n";
    EXPECT_THAT(run_octet(launch, there).err, HasSubstr("job 7: wait for it, or end it by `scancel 7`"));
    std::ofstream(bin + "/queue") << "5\n77\n";
    std::filesystem::remove(bin + "/refuse");
    const auto again = run_octet(launch, there);
    EXPECT_EQ(again.exit, 0) << again.err;
}

TEST(SlurmLauncher, GivesSbatchWhatItIsTold) {
    const std::string bin = pretended_slurm();
    RunOptions there;
    there.environment = {"PATH=" + bin + ":/usr/bin:/bin"};
    const std::string folder = scratch_folder() + "/told";
    const auto run = run_octet(
        {"sweep", sweep_file(), "--out", folder, "--launcher", "slurm", "--shards", "3", "--partition", "p q",
         "--time", "1:00", "-j", "2", "--slurm-arg=--mem=4G", "--slurm-arg=--array=1-3%1"},
        there);
    EXPECT_EQ(run.exit, 0) << run.err;
    const auto both = [&](const char* name, const char* log) {
        return fmt::format(
            "--parsable\n--job-name=octet-{}\n--output={}/slurm/{}\n--open-mode=append\n--requeue\n"
            "--partition=p q\n--time=1:00\n",
            name, folder, log);
    };
    EXPECT_EQ(read_file(bin + "/arguments"),
              both("shards", "shard-%a.log") +
                  fmt::format("--array=1-3\n--cpus-per-task=2\n--mem=4G\n--array=1-3%1\n{}/slurm/shards.sh\n",
                              folder) +
                  both("merge", "merge.log") +
                  fmt::format("--mem=4G\n--dependency=afterany:7\n{}/slurm/merge.sh\n", folder));
}

TEST(SlurmLauncher, NeedsSlurm) {
    RunOptions alone;
    alone.environment = {"PATH=/nowhere"};
    const auto run = run_octet(
        {"sweep", sweep_file(), "--out", scratch_folder() + "/alone", "--launcher", "slurm", "--shards", "2"},
        alone);
    EXPECT_EQ(run.exit, 1);
    EXPECT_THAT(run.err,
                HasSubstr("there is no sbatch on the PATH: --launcher slurm needs Slurm's commands"));
}

TEST(SlurmLauncher, RefusesAnEvolutionInShardsWithItsPlaceInTheFile) {
    const std::string file = sweep_file("{kind: evolve, population: 4, evaluations: 8}");
    for (const Words& how : {Words{"--launcher", "slurm", "--shards", "2"}, Words{"--shard", "1/2"}}) {
        Words words{"sweep", file, "--out", scratch_folder() + "/evolution"};
        words.insert(words.end(), how.begin(), how.end());
        const Outcome outcome = octet(words);
        EXPECT_EQ(outcome.status, 1);
        EXPECT_THAT(outcome.err,
                    HasSubstr("sweep.yaml:4:11: strategy: an evolution cannot be split into shards"));
    }
}

TEST(SlurmLauncher, ExplainsOptionsThatDoNotGoTogether) {
    const auto message = [](Words more) {
        more.insert(more.begin(), {"sweep", sweep_file()});
        const Outcome outcome = octet(more);
        EXPECT_EQ(outcome.status, 2);
        return outcome.err;
    };
    EXPECT_THAT(message({"--shards", "2"}), HasSubstr("--shards: is for --launcher slurm"));
    EXPECT_THAT(message({"--launcher", "slurm"}), HasSubstr("--launcher slurm: --out and --shards"));
    EXPECT_THAT(message({"--launcher", "slurm", "--out", "x", "--shards", "2", "--shard", "1/2"}),
                HasSubstr("--shard: cannot be used with --launcher slurm"));
    EXPECT_THAT(message({"--launcher", "slurm", "--out", "x", "--shards", "2", "--slurm-arg", "job.sh"}),
                HasSubstr("'job.sh' is no option of sbatch"));
    EXPECT_THAT(message({"--launcher", "lsf"}), HasSubstr("expected local or slurm, got 'lsf'"));
    EXPECT_THAT(message({"--no-simulate"}), HasSubstr("--no-simulate: --out"));
}

}  // namespace
}  // namespace octet::test
