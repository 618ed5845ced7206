// What the sub-verbs of `octet cost` have in common.
#pragma once
#include <string>
#include <vector>

#include "models/accelerator/config.h"
#include "sim/config/layers.h"
#include "sim/cost/table.h"

namespace octet {

struct PricedMachine {
    AcceleratorConfig machine;
    CostTable costs;
};

// The machine of an accelerator or an experiment, and the table that prices it: the experiment's, or the one
// that `octet op` takes. Settings are those of `octet run`, `costs` and `costs.KEY` among them.
PricedMachine load_priced(const std::string& path, const std::vector<Setting>& settings);

// The table of a file of kind costs, with settings whose keys start with `costs`.
CostTable load_costs(const std::string& path, const std::vector<Setting>& settings = {});

}  // namespace octet
