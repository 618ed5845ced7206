// octet dram --config D.yaml --requests T
#include <fmt/format.h>

#include <chrono>

#include "sim/cli/verbs.h"
#include "sim/config/experiment.h"
#include "sim/config/paths.h"
#include "sim/cost/read.h"
#include "sim/report/dram.h"
#include "sim/run/request_file.h"

namespace octet {
namespace {

constexpr auto costs_kind = std::to_array<std::string_view>({"costs"});

CostTable load_costs(const std::string& path) {
    Diagnostics diagnostics;
    CostTable table = read_costs(load_layers(path, costs_kind), path, diagnostics);
    diagnostics.throw_if_any();
    return table;
}

}  // namespace

int dram_verb(const DramOptions& options, std::string& out) {
    const auto begin = std::chrono::steady_clock::now();
    const std::string config = resolve_argument(options.config);
    std::vector<Setting> settings;
    std::string table;
    for (const Setting& setting : options.settings) {
        if (setting.key == "costs")
            table = resolve_argument(setting.value);
        else
            settings.push_back(setting);
    }
    DramRun run;
    run.part = load_dram(config, settings);
    const CostTable costs = load_costs(table.empty() ? default_cost_table(config) : table);
    RequestFile requests(options.requests);
    run.stream = run_dram_stream(run.part, requests);
    if (run.stream.reads + run.stream.writes == 0)
        throw InputError(location_in(options.requests), "", "there is no request in it");
    try {
        run.energy_pj = dram_energy(costs, run.part, run.stream);
    } catch (const CostError& error) {
        // Time is known without prices; who names a table wants energy.
        if (!table.empty()) throw;
        fmt::print(stderr, "{}\n(no energy)\n", error.what());
    }
    out += options.json ? to_json(run).dump(2) + "\n" : summary(run);
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    if (!options.json) fmt::print(stderr, "(simulated in {:.2f} s)\n", seconds);
    return 0;
}

}  // namespace octet
