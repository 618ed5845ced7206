#include "sim/cli/cost.h"

#include "sim/config/experiment.h"
#include "sim/config/paths.h"
#include "sim/cost/read.h"

namespace octet {
namespace {

constexpr std::string_view reached = "costs.";

CostTable read_table(const Node& root, const std::string& path) {
    Diagnostics diagnostics;
    CostTable table = read_costs(root, path, diagnostics);
    diagnostics.throw_if_any();
    return table;
}

PricedMachine load_from_experiment(const std::string& path, const std::vector<Setting>& settings) {
    const ExperimentConfig experiment = load_experiment(path, settings);
    const Node& costs = experiment.costs();
    return {experiment.accelerator, read_table(costs, costs.location.file ? *costs.location.file : "")};
}

}  // namespace

CostTable load_costs(const std::string& path, const std::vector<Setting>& settings) {
    constexpr auto kind = std::to_array<std::string_view>({"costs"});
    Node root = load_layers(path, kind);
    for (Setting setting : settings) {
        if (!setting.key.starts_with(reached)) continue;
        setting.key.erase(0, reached.size());
        apply(root, {setting});
    }
    return read_table(root, path);
}

PricedMachine load_priced(const std::string& path, const std::vector<Setting>& settings) {
    constexpr auto kinds = std::to_array<std::string_view>({"accelerator", "experiment"});
    const std::string file = resolve_argument(path);
    if (kind_of(load_layers(file, kinds)) == "experiment") return load_from_experiment(file, settings);
    std::string costs = default_cost_table(file);
    std::vector<Setting> of_machine, of_costs;
    for (const Setting& setting : settings) {
        if (setting.key == "costs")
            costs = resolve_argument(setting.value);
        else
            (setting.key.starts_with(reached) ? of_costs : of_machine).push_back(setting);
    }
    return {load_accelerator(file, of_machine), load_costs(costs, of_costs)};
}

}  // namespace octet
