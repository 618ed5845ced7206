#include "sim/cost/prices.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "sim/cost/lines.h"

namespace octet {
namespace {

Price free_price() {
    return {0, Confidence::assumed, no_row, false, std::nullopt};
}

Price action_price(const CostTable& table, const AcceleratorConfig& machine, Action action) {
    const CostQuery query = energy_query(machine, action);
    Price price = look_up(table, query, Quantity::energy);
    if (counts_bits(action) && price.names_width)
        price.value /= std::get<double>(query.find("width_bits")->value);
    if (is_unlimited(machine, action)) price.confidence = Confidence::assumed;
    return price;
}

PricedBlock block_price(const CostTable& table, AreaItem block) {
    PricedBlock priced{block.name,   block.component, block.count,
                       free_price(), free_price(),    block.free_of_charge};
    if (!block.free_of_charge.empty()) return priced;
    priced.area = look_up(table, block.query, Quantity::area);
    block.query.keys.push_back({"area_um2", priced.area.value});
    priced.leakage = look_up(table, block.query, Quantity::leakage);
    return priced;
}

// Runs `step` and keeps the message of a price that is missing, so that all are reported at once.
template <class Step>
void attempt(std::vector<std::string>& problems, Step step) {
    try {
        step();
    } catch (const CostError& error) {
        if (std::ranges::find(problems, error.what()) == problems.end()) problems.emplace_back(error.what());
    }
}

}  // namespace

PriceList resolve(const CostTable& table, const AcceleratorConfig& machine) {
    PriceList list;
    list.clock_mhz = machine.clock_mhz;
    list.dram_ranks = static_cast<double>(dram_ranks(machine));
    list.table = std::filesystem::path(table.path).filename().string();
    list.scaling = table.scaling;
    for (const CostRow& row : table.rows) list.origins.push_back({row.source, row.place});
    std::vector<std::string> problems;
    for (std::size_t i = 0; i < action_count; ++i) {
        const auto action = static_cast<Action>(i);
        if (!can_count(machine, action)) continue;
        if (counts_bits(action)) list.access_bits[i] = access_bits(machine, action);
        attempt(problems, [&] { list.energy[i] = action_price(table, machine, action); });
    }
    for (std::size_t u = 0; u < unit_count; ++u)
        for (std::size_t s = 0; s < unit_state_count; ++s)
            attempt(problems, [&] {
                list.cycle[u][s] =
                    look_up(table, cycle_query(machine, static_cast<Unit>(u), static_cast<UnitState>(s)),
                            Quantity::energy);
            });
    for (std::size_t s = 0; s < rank_state_count; ++s)
        attempt(problems, [&] {
            list.dram_standby[s] =
                look_up(table, standby_query(machine, static_cast<RankState>(s)), Quantity::leakage);
        });
    for (const AreaItem& block : blocks(machine))
        attempt(problems, [&] { list.blocks.push_back(block_price(table, block)); });
    if (!problems.empty()) throw CostError(fmt::format("{}", fmt::join(problems, "\n")));
    return list;
}

const Origin& PriceList::origin(const Price& price) const {
    static const Origin nothing;
    return price.row == no_row ? nothing : origins[price.row];
}

std::vector<bool> used_rows(const PriceList& prices, const CostTable& table) {
    std::vector<bool> used(table.rows.size());
    const auto mark = [&](const Price& price) {
        if (price.row != no_row) used[price.row] = true;
    };
    for (const auto& price : prices.energy)
        if (price) mark(*price);
    for (const auto& of_unit : prices.cycle) std::ranges::for_each(of_unit, mark);
    std::ranges::for_each(prices.dram_standby, mark);
    for (const PricedBlock& block : prices.blocks) {
        mark(block.area);
        mark(block.leakage);
    }
    return used;
}

Shares energy_of(const PriceList& prices, const Activity& activity) {
    Shares energy;
    for (std::size_t i = 0; i < action_count; ++i) {
        const auto action = static_cast<Action>(i);
        const std::uint64_t n = activity[action];
        if (n == 0) continue;
        if (!prices.energy[i])
            throw CostError(fmt::format("{}.{} was counted {} times but this machine has no price for it",
                                        info(action).component, info(action).action, n));
        energy.add(info(action).group, prices.energy[i]->confidence,
                   static_cast<double>(n) * prices.energy[i]->value,
                   prices.energy[i]->uncertainty.value_or(0));
    }
    return energy;
}

Shares static_energy(const PriceList& prices, const MachineReport& report) {
    return sum_of(standing_lines(prices, standing_of(prices, report)));
}

Shares area_of(const PriceList& prices) {
    Shares area;
    for (const PricedBlock& block : prices.blocks)
        area.add(block.component, block.area.confidence, static_cast<double>(block.count) * block.area.value,
                 block.area.uncertainty.value_or(0));
    return area;
}

std::vector<double> oldest_unfinished(const MachineReport& report) {
    std::vector<double> parts(report.operations.size(), 0);
    if (parts.empty() || report.total == 0) return parts;
    const double total = static_cast<double>(report.total);
    Cycle finished = 0;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const Cycle end = std::min(report.operations[i].end, report.total);
        if (end <= finished) continue;
        parts[i] = static_cast<double>(end - finished) / total;
        finished = end;
    }
    parts.back() += static_cast<double>(report.total - finished) / total;
    return parts;
}

}  // namespace octet
