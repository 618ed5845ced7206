// octet sweep run SWEEP
#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <optional>
#include <set>
#include <thread>

#include "sim/cli/process.h"
#include "sim/cli/sweep_files.h"
#include "sim/cli/sweep_inputs.h"
#include "sim/cli/verbs.h"
#include "sim/config/paths.h"
#include "sim/report/files.h"
#include "sim/report/progress.h"
#include "sim/report/sweep_text.h"
#include "sim/report/terminal.h"
#include "sim/sweep/slurm.h"

namespace octet {
namespace {

namespace fs = std::filesystem;
constexpr auto sweep_kind = std::to_array<std::string_view>({"sweep"});

std::atomic<bool> stop_asked{false};

// The first Ctrl-C lets the points in flight end, the second one ends the program.
class InterruptGuard {
  public:
    InterruptGuard() {
        struct sigaction action {};
        action.sa_handler = [](int) { stop_asked = true; };
        action.sa_flags = SA_RESETHAND;  // and no SA_RESTART: waiting is interrupted
        sigaction(SIGINT, &action, &before_[0]);
        sigaction(SIGTERM, &action, &before_[1]);
    }
    ~InterruptGuard() {
        sigaction(SIGINT, &before_[0], nullptr);
        sigaction(SIGTERM, &before_[1], nullptr);
    }
    InterruptGuard(const InterruptGuard&) = delete;
    InterruptGuard& operator=(const InterruptGuard&) = delete;

  private:
    struct sigaction before_[2]{};
};

SweepConfig checked_sweep(const std::string& file) {
    Diagnostics diagnostics;
    SweepConfig config = read_sweep(load_layers(file, sweep_kind), diagnostics);
    diagnostics.throw_if_any();
    return config;
}

DesignSpace checked_space(const SweepConfig& config) {
    Diagnostics diagnostics;
    DesignSpace space(config, diagnostics);
    diagnostics.throw_if_any();
    return space;
}

// The file, read and found sound.
struct LoadedSweep {
    explicit LoadedSweep(const SweepRunOptions& options)
        : file(resolve_argument(options.file)),
          config(checked_sweep(file)),
          space(checked_space(config)),
          loader(config.base, options.settings, options.seed) {}

    std::string file;
    SweepConfig config;
    DesignSpace space;
    PointLoader loader;
};

// Writes the tables and prints the result. The store is read once for it: others' points are in it too.
int present(const SweepRunOptions& options, LoadedSweep& sweep, const SweepStore& store,
            const SweepResult& result, std::string& out) {
    std::set<std::int64_t> ours;
    for (const SweepPoint& point : result.points) ours.insert(point.id);
    const std::vector<StoredPoint> points = points_of(store);
    std::vector<StoredPoint> failed;
    for (const StoredPoint& point : points)
        if (point.status != PointStatus::done && ours.contains(point.id)) failed.push_back(point);
    const auto objectives = objectives_or_default(sweep.config);
    const nlohmann::ordered_json document = to_json(result, sweep.config, store.path());
    if (!options.out.empty())
        write_files(options.out, {{"inputs.json", to_text(sweep_inputs(sweep.file, sweep.loader))},
                                  {"points.csv", sweep_csv(points)},
                                  {"summary.txt", sweep_text(result, objectives, failed)},
                                  {"sweep.json", to_text(document)}});
    out += options.json ? to_text(document) : sweep_text(result, objectives, failed, 40, wants_colour());
    if (!options.json && !store.path().empty()) out += fmt::format("\nstore {}\n", store.path());
    return result.complete() ? 0 : 1;
}

int run_here(const SweepRunOptions& options, std::string& out) {
    const auto begin = std::chrono::steady_clock::now();
    LoadedSweep loaded(options);
    std::optional<SweepStore> known;
    if (!options.known.empty()) known.emplace(store_path(options.known), SweepStore::Access::read);
    SweepOptions how;
    how.jobs = options.jobs > 0 ? options.jobs : std::max(1U, std::thread::hardware_concurrency());
    how.limits = {options.point_timeout, options.point_memory_mib << 20U};
    how.shard = options.shard;
    how.shards = options.shards;
    how.retry_failed = options.retry_failed;
    how.known = known ? &*known : nullptr;
    how.stop = &stop_asked;
    stop_asked = options.no_simulate;
    const auto place = options.shards > 1 ? SweepStore::Place::any : SweepStore::Place::one_host;
    SweepStore store(store_in(options.out), SweepStore::Access::write, place);
    Sweep sweep(loaded.config, loaded.space, loaded.loader, store, how);
    SweepResult result;
    {
        const InterruptGuard guard;
        SweepProgress progress(objectives_or_default(loaded.config));
        result = sweep.run([&](const SweepState& state) { progress.advance(state); });
    }
    const int code = present(options, loaded, store, result, out);
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    if (!options.json)
        print_error(fmt::format("({:.2f} s, {:.1f} simulations a second)", seconds,
                                static_cast<double>(result.simulated) / seconds));
    return code;
}

// What tasks are told of the command.
std::vector<std::string> words_of(const SweepRunOptions& options) {
    std::vector<std::string> words;
    const auto add = [&](const char* name, const std::string& value) {
        words.emplace_back(name);
        words.push_back(value);
    };
    for (const Setting& setting : options.settings) add("--set", setting.key + "=" + setting.value);
    if (options.seed > 0) add("--seed", fmt::format("{}", options.seed));
    if (options.point_timeout > 0) add("--point-timeout", fmt::format("{}", options.point_timeout));
    if (options.point_memory_mib > 0) add("--point-memory", fmt::format("{}", options.point_memory_mib));
    if (options.retry_failed) words.emplace_back("--retry-failed");
    return words;
}

// What the folder of a sweep on a cluster knows, after merging what its shards have done.
SweepResult gather(const SweepRunOptions& options, LoadedSweep& loaded, SweepStore& store) {
    std::vector<std::vector<StoredPoint>> parts;
    for (const fs::path& shard : shard_stores(options.out))
        parts.push_back(points_of(SweepStore(shard.string(), SweepStore::Access::read)));
    merge_into(store, parts);
    const std::atomic<bool> stop{true};
    SweepOptions how;
    how.stop = &stop;
    how.retry_failed = options.retry_failed;
    return Sweep(loaded.config, loaded.space, loaded.loader, store, how).run();
}

// Shows the result if all is known, else submits the shards in which something is missing.
int run_on_slurm(const SweepRunOptions& options, std::string& out) {
    LoadedSweep loaded(options);
    demand_shardable(loaded.config, options.slurm.shards);
    const std::string path = store_in(options.out);
    demand_no_jobs(options.out);
    std::size_t known = 0, missing = 0;
    std::set<std::uint64_t> shards;
    {
        SweepStore store(path, SweepStore::Access::write, SweepStore::Place::any);
        const SweepResult result = gather(options, loaded, store);
        if (result.complete()) return present(options, loaded, store, result, out);
        known = result.points.size();
        missing = result.missing.size();
        for (const std::uint64_t number : result.missing) shards.insert(number % options.slurm.shards + 1);
    }
    const SlurmSweep sweep{fs::read_symlink("/proc/self/exe").string(), fs::current_path(),
                           fs::absolute(options.out), fs::absolute(loaded.file).string(), words_of(options)};
    SlurmOptions slurm = options.slurm;
    slurm.jobs = options.jobs;
    const SlurmJobs jobs = submit(sweep, slurm, {shards.begin(), shards.end()});
    if (options.json)
        out += to_text(nlohmann::ordered_json{{"schema", 1},
                                              {"octet", OCTET_VERSION},
                                              {"known", known},
                                              {"missing", missing},
                                              {"shards", shards.size()},
                                              {"jobs", {{"shards", jobs.shards}, {"merge", jobs.merge}}},
                                              {"store", path}});
    else
        out += fmt::format(
            "{} points known, {} missing: job {} works on {} of {} shards, then job {} merges them\n"
            "To watch them: squeue --jobs {},{}; octet sweep status {}\n"
            "When they have ended the same command shows the result, or submits what is still missing.\n",
            known, missing, jobs.shards, shards.size(), options.slurm.shards, jobs.merge, jobs.shards,
            jobs.merge, options.out);
    return 0;
}

}  // namespace

int sweep_run_verb(const SweepRunOptions& options, std::string& out) {
    return options.on_slurm ? run_on_slurm(options, out) : run_here(options, out);
}

}  // namespace octet
