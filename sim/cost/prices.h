// Every price that a machine needs, looked up once: then pricing an Activity is a dot product.
#pragma once
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "models/accelerator/config.h"
#include "models/accelerator/report.h"
#include "sim/cost/machine.h"
#include "sim/cost/shares.h"
#include "sim/cost/table.h"

namespace octet {

constexpr std::uint32_t no_row = ~std::uint32_t{0};

// Instances of one kind in the area tree, with the prices of one.
struct PricedBlock {
    std::string name;
    Component component;
    std::uint64_t count = 0;
    Price area, leakage;  // um2, uW; row is no_row where `free_of_charge`
    std::string free_of_charge;
};

// What a price says of itself.
struct Origin {
    std::string source, place;
};

struct PriceList {
    std::array<std::optional<Price>, action_count> energy;  // pJ a count; none: cannot be counted
    std::array<std::array<Price, unit_state_count>, unit_count> cycle{};  // pJ a cycle of a unit in a state
    std::array<Price, rank_state_count> dram_standby;                     // uW a rank
    double dram_ranks = 1;
    std::vector<PricedBlock> blocks;
    double clock_mhz = 0;
    // Of actions counted in bits, the bits of one access; else 0.
    std::array<double, action_count> access_bits{};
    std::string table;               // its file, without folders
    std::optional<Scaling> scaling;  // of the table
    std::vector<Origin> origins;     // by row of the table

    const Origin& origin(const Price& price) const;
};

// Throws CostError with everything that has no price, or no single one.
PriceList resolve(const CostTable& table, const AcceleratorConfig& machine);

// Which rows of the table the prices come from.
std::vector<bool> used_rows(const PriceList& prices, const CostTable& table);

// Energy in pJ of what was counted. Throws CostError if something was counted that has no price.
Shares energy_of(const PriceList& prices, const Activity& activity);

// Energy in pJ that time costs, whatever is computed: leakage, control of the units by state, DRAM standby
// and refresh.
Shares static_energy(const PriceList& prices, const MachineReport& report);

// um2
Shares area_of(const PriceList& prices);

// For each operation the part of the run, 0 to 1, in which it was the oldest unfinished one. The parts add up
// to 1 (what follows the last completion belongs to the last operation); they are 0 for a run of no cycles.
std::vector<double> oldest_unfinished(const MachineReport& report);

}  // namespace octet
