// `octet sweep` and its sub-verbs. For main.cpp alone (CLI11).
#pragma once
#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sim/cli/commands.h"
#include "sim/cli/options.h"
#include "sim/cli/verbs.h"

namespace octet {

// `octet sweep FILE` is `octet sweep run FILE`.
inline std::vector<const char*> with_sweep_verb(int argc, const char* const* argv) {
    std::vector<const char*> words(argv, argv + argc);
    if (argc < 3 || std::string_view(argv[1]) != "sweep") return words;
    constexpr auto verbs =
        std::to_array<std::string_view>({"run", "status", "export", "merge", "--help", "-h"});
    if (std::ranges::find(verbs, argv[2]) == verbs.end()) words.insert(words.begin() + 2, "run");
    return words;
}

// Where points are simulated. `local_only`: options that the launcher of a cluster leaves no room for.
inline void add_launcher(CLI::App& verb, SweepRunOptions& options,
                         const std::vector<CLI::Option*>& local_only) {
    add_choice<bool>(verb, "--launcher", "where points are simulated (default: local)",
                     {{"local", false}, {"slurm", true}}, options.on_slurm);
    SlurmOptions& slurm = options.slurm;
    auto* shards = verb.add_option("--shards", slurm.shards, "with slurm: tasks of the job array")
                       ->check(CLI::Range(1, 1 << 20))
                       ->type_name("N");
    std::vector<CLI::Option*> slurm_only{shards};
    slurm_only.push_back(
        verb.add_option("--partition", slurm.partition, "with slurm: where the jobs go")->type_name("P"));
    slurm_only.push_back(
        verb.add_option("--time", slurm.time, "with slurm: the longest a job may take")->type_name("T"));
    slurm_only.push_back(verb.add_option("--slurm-arg", slurm.arguments,
                                         "with slurm: an argument of sbatch, such as --slurm-arg=--mem=4G")
                             ->take_all()
                             ->type_size(1)
                             ->allow_extra_args(false)
                             ->type_name("ARG"));
    verb.callback([&options, shards, slurm_only, local_only, &verb] {
        const bool there = verb.get_option("--out")->count() > 0;
        if (options.no_simulate && !there) throw CLI::RequiredError("--no-simulate: --out");
        if (!options.on_slurm) {
            for (const CLI::Option* option : slurm_only)
                if (option->count() > 0)
                    throw CLI::ValidationError(option->get_name(), "is for --launcher slurm");
            return;
        }
        for (const CLI::Option* option : local_only)
            if (option->count() > 0)
                throw CLI::ValidationError(option->get_name(), "cannot be used with --launcher slurm");
        if (!there || shards->count() == 0) throw CLI::RequiredError("--launcher slurm: --out and --shards");
        for (const std::string& argument : options.slurm.arguments)
            if (!argument.starts_with('-'))
                throw CLI::ValidationError("--slurm-arg",
                                           fmt::format("{} is no option of sbatch", in_quotes(argument)));
    });
}

inline void take_shard(SweepRunOptions& options, const std::string& text) {
    const auto slash = text.find('/');
    const std::string first = text.substr(0, slash),
                      second = slash == text.npos ? "" : text.substr(slash + 1);
    if (!digits_only(first).empty() || !digits_only(second).empty() || std::stoull(first) < 1 ||
        std::stoull(second) < std::stoull(first))
        throw CLI::ValidationError("--shard",
                                   fmt::format("expected I/N with 1 <= I <= N, got {}", in_quotes(text)));
    options.shard = std::stoull(first) - 1;
    options.shards = std::stoull(second);
}

inline void add_sweep_run(CLI::App& sweep, Commands& commands) {
    const auto options = std::make_shared<SweepRunOptions>();
    CLI::App& run =
        *sweep.add_subcommand("run", "simulate what is not in the store yet (`octet sweep FILE` too)");
    run.add_option("SWEEP", options->file, "a file of kind sweep")->required();
    add_path(run, "--out", options->out, "folder with the store; the same again goes on", "DIR");
    add_jobs(run, options->jobs);
    run.add_option("--point-timeout", options->point_timeout, "seconds a point may take")
        ->check(CLI::Range(0.001, 1e9))
        ->type_name("S");
    run.add_option("--point-memory", options->point_memory_mib, "MiB a point may use")
        ->check(CLI::Range(64, 1 << 24))
        ->type_name("MIB");
    auto* shard =
        run.add_option_function<std::string>(
               "--shard", [&target = *options](const std::string& text) { take_shard(target, text); },
               "I/N: of the points only every N-th, from the I-th on")
            ->type_name("I/N");
    auto* known =
        add_path(run, "--known", options->known,
                 "points of this store, or folder of a sweep, are taken over instead of simulated", "STORE");
    auto* no_simulate =
        run.add_flag("--no-simulate", options->no_simulate, "the table of what is in the store of --out");
    add_launcher(run, *options, {known, no_simulate, shard});
    run.add_flag("--retry-failed", options->retry_failed, "simulate failed points again");
    add_json(run, options->json);
    add_seed(run, options->seed, "fixes all randomness of the simulations");
    add_settings(run);
    commands.add(run, options, sweep_run_verb);
}

inline void add_sweep(CLI::App& app, Commands& commands) {
    CLI::App& sweep = *app.add_subcommand("sweep", "a design space: every point simulated, the Pareto front");
    sweep.require_subcommand(1);
    add_sweep_run(sweep, commands);
    const auto options = std::make_shared<StoreOptions>();
    const auto add = [&](const char* name, const char* help, bool several, auto work) -> CLI::App& {
        CLI::App& verb = *sweep.add_subcommand(name, help);
        auto* stores = verb.add_option("STORE", options->stores, "a store, or the folder of a sweep");
        stores->required();
        if (!several) stores->expected(1);
        commands.add(verb, options, work);
        return verb;
    };
    CLI::App& status = add("status", "how many points are done, failed, invalid", false, sweep_status_verb);
    add_json(status, options->json);
    CLI::App& points = add("export", "all points of a store", false, sweep_export_verb);
    add_json(points, options->json)
        ->excludes(points.add_flag("--csv", options->csv, "print CSV (the default)"));
    points.add_option("--columns", options->columns, "dotted keys and metrics (default: all)")
        ->delimiter(',')
        ->type_name("A,B,...");
    add_out_file(points, options->out);
    CLI::App& merge = add("merge", "several stores into one", true, sweep_merge_verb);
    add_path(merge, "--out", options->out, "folder of the merged store", "DIR")->required();
}

}  // namespace octet
