// octet run EXPERIMENT
#include <fmt/format.h>

#include <chrono>
#include <optional>

#include "sim/cli/load.h"
#include "sim/cli/process.h"
#include "sim/cli/verbs.h"
#include "sim/cli/watch.h"
#include "sim/report/files.h"
#include "sim/report/fusion_text.h"
#include "sim/report/histogram_text.h"
#include "sim/report/terminal.h"
#include "sim/report/what_if_text.h"
#include "sim/run/fusion_levels.h"
#include "sim/run/simulate.h"
#include "sim/run/unit_slots.h"
#include "sim/run/what_if.h"

namespace octet {
namespace {

Result changed(const RunOptions& options, const std::vector<Setting>& change) {
    return simulate(load_to_run(options.experiment, options.settings, change, options.seed)).result;
}

// Of time, energy and area; values do not change them.
Result changed_without_values(const RunOptions& options, std::vector<Setting> change) {
    change.push_back({"values", "none", "--what-if"});
    return changed(options, change);
}

}  // namespace

int run_verb(const RunOptions& options, std::string& out) {
    const auto begin = std::chrono::steady_clock::now();
    const ExperimentConfig experiment = load_to_run(options.experiment, options.settings, {}, options.seed);
    if (options.histogram && experiment.values != Values::exact) {
        print_error("--histogram needs values: --values exact");
        return 2;
    }
    if (const auto misuse = Watch::misuse(options.watch, experiment.fidelity); !misuse.empty()) {
        print_error(misuse);
        return 2;
    }
    std::optional<WhatIfs> what_ifs;
    if (options.what_if)
        what_ifs = what_if(experiment.accelerator, [&](const std::vector<Setting>& change) {
            return changed_without_values(options, change);
        });
    std::vector<FusionFigures> levels;
    if (options.watch.explain)
        levels = at_all_levels([&](const std::vector<Setting>& change) { return changed(options, change); });
    Watch watch(options.watch);
    std::optional<UnitSlots> slots;  // for `octet report`
    Followers followers = watch.followers();
    if (!options.out.empty()) followers.push_back(&slots.emplace());
    const Simulation simulation = simulate(experiment, options.histogram, followers, watch.registers());
    watch.finish(simulation);
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    const std::string log =
        fmt::format("experiment {}\nwall time {:.3f} s, of it {:.3f} s in lowering and machine\n",
                    experiment.path, seconds, simulation.lowering_and_machine_seconds);
    if (slots)
        write_results(options.out, simulation.result, log,
                      {{"units.json", to_text(slots->document(simulation.result.machine.total))}});
    if (options.json) {
        nlohmann::ordered_json document = watch.document(simulation);
        if (!levels.empty()) document["explanation"]["fusion_levels"] = to_json(levels);
        if (what_ifs) document["what_if"] = what_if_json(*what_ifs);
        out += to_text(document);
        print_error(watch.text(simulation));
        return 0;
    }
    out += summary(simulation.result, wants_colour()) + watch.text(simulation);
    if (!levels.empty()) out += fusion_text(levels);
    if (what_ifs) out += what_if_text(*what_ifs);
    if (options.histogram) out += histogram_text(simulation.result);
    print_error(fmt::format("(simulated in {:.2f} s)", seconds));
    return 0;
}

}  // namespace octet
