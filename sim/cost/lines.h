// The energy of a run as a bill: a line a price, count x price = energy. The total of a result is the sum of
// its lines.
#pragma once
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "models/accelerator/report.h"
#include "sim/cost/prices.h"

namespace octet {

struct EnergyLine {
    Component group = Component::array;  // of the result document
    std::string component, action;       // as in a cost table; leakage has the action `leakage`
    std::string unit, state;             // of controller cycles; state of DRAM standby
    std::string
        counted;  // what `count` counts, if not actions: bit, padding bit, cycle, instance us, rank us
    double count = 0;
    double price = 0;        // pJ a count (leakage in uW is pJ a us)
    double access_bits = 0;  // of actions counted in bits: those of one access
    Confidence confidence = Confidence::assumed;
    std::optional<double> uncertainty;
    std::string source, row;  // of the price; file:line

    double energy_pj() const { return count * price; }
};

// What time costs is charged by.
struct Standing {
    Cycle total = 0;
    std::array<std::array<std::uint64_t, unit_state_count>, unit_count> cycles{};
    double dram_active = 0;  // cycles in which a rank had a row open, all ranks
    std::uint64_t dram_refreshes = 0;
};
Standing standing_of(const PriceList& prices, const MachineReport& report);

// One line an action that the machine can count, those it did not count included. Throws CostError if
// something was counted that has no price.
std::vector<EnergyLine> action_lines(const PriceList& prices, const Activity& activity);

// Leakage, DRAM standby and refresh, and a line for each unit and state.
std::vector<EnergyLine> standing_lines(const PriceList& prices, const Standing& standing);

Shares sum_of(std::span<const EnergyLine> lines);

// Instances of one kind in the area of a machine.
struct AreaLine {
    Component group = Component::array;
    std::string component;
    std::uint64_t count = 0;
    double area = 0, leakage = 0;  // um2 and uW of one
    Confidence confidence = Confidence::assumed;
    std::optional<double> uncertainty;
    std::string source, row;  // of the area; why there is none
};
std::vector<AreaLine> area_lines(const PriceList& prices);

}  // namespace octet
