// A run of the machine, priced: what every operation and the whole took. No simulation is needed for it, so a
// stored result can be priced again.
#pragma once
#include <vector>

#include "models/accelerator/report.h"
#include "sim/cost/lines.h"

namespace octet {

struct PricedRun {
    Shares energy;                   // pJ
    Shares standing;                 // of it, what time costs
    std::vector<Shares> operations;  // with their part of `standing`: they add up to `energy`
    Shares area;                     // um2
    std::vector<EnergyLine> lines;   // that are not zero: they add up to `energy`
    std::vector<AreaLine> areas;     // they add up to `area`
};

// Throws CostError if something was counted that has no price.
PricedRun price(const PriceList& prices, const MachineReport& report);

}  // namespace octet
