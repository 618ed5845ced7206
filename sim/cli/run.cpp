// octet run EXPERIMENT
#include <fmt/format.h>

#include <chrono>

#include "sim/cli/process.h"
#include "sim/cli/verbs.h"
#include "sim/config/experiment.h"
#include "sim/config/paths.h"
#include "sim/report/explain.h"
#include "sim/report/files.h"
#include "sim/report/histogram_text.h"
#include "sim/report/terminal.h"
#include "sim/report/timeline.h"
#include "sim/run/simulate.h"

namespace octet {

int run_verb(const RunOptions& options, std::string& out) {
    const auto begin = std::chrono::steady_clock::now();
    ExperimentConfig experiment = load_experiment(resolve_argument(options.experiment), options.settings);
    experiment.seed = options.seed;
    Diagnostics diagnostics;
    check_supported(experiment, diagnostics);
    diagnostics.throw_if_any();
    if (options.histogram && experiment.values != Values::exact) {
        print_error("--histogram needs values: --values exact");
        return 2;
    }
    std::optional<TimelineFile> timeline;
    Followers followers;
    if (!options.timeline.empty()) followers.push_back(&timeline.emplace(options.timeline));
    const Simulation simulation = simulate(experiment, options.histogram, followers);
    if (timeline) timeline->keep();
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    const std::string log =
        fmt::format("experiment {}\nwall time {:.3f} s, of it {:.3f} s in lowering and machine\n",
                    experiment.path, seconds, simulation.lowering_and_machine_seconds);
    if (!options.out.empty()) write_results(options.out, simulation.result, log);
    if (options.json) {
        out += to_text(simulation.result);
        if (options.explain) fmt::print(stderr, "{}", explain(simulation));
    } else {
        out += summary(simulation.result, wants_colour());
        if (options.explain) out += explain(simulation);
        if (options.histogram) out += histogram_text(simulation.result);
    }
    if (!options.json) fmt::print(stderr, "(simulated in {:.2f} s)\n", seconds);
    return 0;
}

}  // namespace octet
