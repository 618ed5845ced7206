#include "sim/cost/lines.h"

#include <fmt/format.h>

namespace octet {
namespace {

constexpr std::array<std::string_view, unit_state_count> unit_states{"busy", "stall", "idle"};
constexpr std::array<std::string_view, rank_state_count> rank_states{"active", "precharged"};

bool is_padding(Action action) {
    return action == Action::dram_read_padding_bits || action == Action::dram_write_padding_bits;
}

EnergyLine line_of(const PriceList& prices, const Price& price, Component group, std::string_view component,
                   std::string_view action, double count, std::string_view counted) {
    EnergyLine line;
    line.group = group;
    line.component = component;
    line.action = action;
    line.counted = counted;
    line.count = count;
    line.price = price.value;
    line.confidence = price.confidence;
    line.uncertainty = price.uncertainty;
    line.source = prices.origin(price).source;
    line.row = prices.origin(price).place;
    return line;
}

}  // namespace

Standing standing_of(const PriceList& prices, const MachineReport& report) {
    Standing standing;
    standing.total = report.total;
    for (std::size_t u = 0; u < unit_count; ++u) {
        const std::uint64_t busy = report.units[u].busy, stall = report.units[u].stall();
        standing.cycles[u] = {busy, stall, report.total - std::min(report.total, busy + stall)};
    }
    standing.dram_active = report.dram_active.value_or(prices.dram_ranks * static_cast<double>(report.total));
    standing.dram_refreshes = report.dram_refreshes;
    return standing;
}

std::vector<EnergyLine> action_lines(const PriceList& prices, const Activity& activity) {
    std::vector<EnergyLine> lines;
    for (std::size_t i = 0; i < action_count; ++i) {
        const auto action = static_cast<Action>(i);
        const ActionInfo& what = info(action);
        const std::uint64_t n = activity[action];
        if (!prices.energy[i]) {
            if (n > 0)
                throw CostError(fmt::format("{}.{} was counted {} times but this machine has no price for it",
                                            what.component, what.action, n));
            continue;
        }
        // Refreshes belong to time (standing_lines).
        if (action == Action::dram_refresh && n == 0) continue;
        const std::string_view counted = is_padding(action)    ? "padding bit"
                                         : counts_bits(action) ? "bit"
                                                               : "";
        lines.push_back(line_of(prices, *prices.energy[i], what.group, what.component, what.action,
                                static_cast<double>(n), counted));
        lines.back().access_bits = prices.access_bits[i];
    }
    return lines;
}

std::vector<EnergyLine> standing_lines(const PriceList& prices, const Standing& standing) {
    std::vector<EnergyLine> lines;
    const double microseconds =
        static_cast<double>(standing.total) / prices.clock_mhz;  // and 1 uW is 1 pJ a microsecond
    for (const PricedBlock& block : prices.blocks) {
        if (!block.free_of_charge.empty()) continue;
        lines.push_back(line_of(prices, block.leakage, Component::leakage, block.name, "leakage",
                                static_cast<double>(block.count) * microseconds, "instance us"));
    }
    const double active = standing.dram_active / prices.clock_mhz;
    const std::array<double, rank_state_count> ranks{active, prices.dram_ranks * microseconds - active};
    for (std::size_t s = 0; s < rank_state_count; ++s) {
        lines.push_back(
            line_of(prices, prices.dram_standby[s], Component::dram, "dram", "standby", ranks[s], "rank us"));
        lines.back().state = rank_states[s];
    }
    const auto& refresh = prices.energy[static_cast<std::size_t>(Action::dram_refresh)];
    if (refresh)
        lines.push_back(line_of(prices, *refresh, Component::dram, "dram", "refresh",
                                static_cast<double>(standing.dram_refreshes), ""));
    else if (standing.dram_refreshes > 0)
        throw CostError("the DRAM was refreshed but this machine has no price for it");
    for (std::size_t u = 0; u < unit_count; ++u)
        for (std::size_t s = 0; s < unit_state_count; ++s) {
            lines.push_back(line_of(prices, prices.cycle[u][s], Component::control, "controller", "cycle",
                                    static_cast<double>(standing.cycles[u][s]), "cycle"));
            lines.back().unit = name(static_cast<Unit>(u));
            lines.back().state = unit_states[s];
        }
    return lines;
}

Shares sum_of(std::span<const EnergyLine> lines) {
    Shares energy;
    for (const EnergyLine& line : lines)
        energy.add(line.group, line.confidence, line.energy_pj(), line.uncertainty.value_or(0));
    return energy;
}

std::vector<AreaLine> area_lines(const PriceList& prices) {
    std::vector<AreaLine> lines;
    for (const PricedBlock& block : prices.blocks) {
        const Origin& origin = prices.origin(block.area);
        lines.push_back({block.component, block.name, block.count, block.area.value, block.leakage.value,
                         block.area.confidence, block.area.uncertainty,
                         block.free_of_charge.empty() ? origin.source : block.free_of_charge, origin.place});
    }
    return lines;
}

}  // namespace octet
