// What a machine asks of a cost table: one query an action, one a block of its area. The keys are listed in
// docs/costs.md.
#pragma once
#include <string>
#include <vector>

#include "models/accelerator/config.h"
#include "models/activity.h"
#include "sim/cost/table.h"

namespace octet {

// Whether this machine can ever count the action (an ideal DRAM activates no row). What it cannot count needs
// no price.
bool can_count(const AcceleratorConfig& machine, Action action);

// Whether the action is counted in bits. A row with width_bits then prices an access of that many bits.
bool counts_bits(Action action);

// Of such an action, the bits of one access: a word of a memory, a burst of the DRAM.
double access_bits(const AcceleratorConfig& machine, Action action);

CostQuery energy_query(const AcceleratorConfig& machine, Action action);

enum class UnitState : std::uint8_t { busy, stall, idle, count };
constexpr std::size_t unit_state_count = static_cast<std::size_t>(UnitState::count);

// Clocks and control of one unit in one cycle: row `controller`, `cycle`.
CostQuery cycle_query(const AcceleratorConfig& machine, Unit unit, UnitState state);

// Power of one DRAM rank that does nothing, with a row open or with none: leakage of row `dram`, `standby`.
// An ideal DRAM is always active.
enum class RankState : std::uint8_t { active, precharged, count };
constexpr std::size_t rank_state_count = static_cast<std::size_t>(RankState::count);
CostQuery standby_query(const AcceleratorConfig& machine, RankState state);
std::uint64_t dram_ranks(const AcceleratorConfig& machine);

// `count` equal instances of something that takes area and leaks.
struct AreaItem {
    std::string name;
    Component component;
    std::uint64_t count = 0;
    CostQuery query;
    std::string free_of_charge;  // not empty: why it has no area (then it needs no price)
};
std::vector<AreaItem> blocks(const AcceleratorConfig& machine);

// Whether the buffer that the action reads or writes has no bound: priced as one of default depth, and
// `assumed`.
bool is_unlimited(const AcceleratorConfig& machine, Action action);

}  // namespace octet
