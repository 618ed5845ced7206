#include "sim/cost/scaling.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace octet {
namespace {

// Energy: a2 V^2 + a1 V + a0. Area: relative to 45 nm.
struct Factors {
    double node_nm, a2, a1, a0, area;
};
constexpr auto published = std::to_array<Factors>({
    {7, 0.1776, -0.09097, 0.02447, 0.059},
    {10, 0.2068, -0.09311, 0.02375, 0.10},
    {14, 0.2363, -0.09675, 0.02239, 0.17},
    {16, 0.2958, -0.1241, 0.03024, 0.19},
    {20, 0.373, -0.1582, 0.04104, 0.21},
    {32, 0.9559, -0.7823, 0.471, 0.46},
    {45, 1.103, -0.362, 0.2767, 1},
    {65, 3.755, -4.398, 1.975, 1.5},
    {90, 4.762, -4.781, 2.092, 2.8},
    {130, 7.171, -6.709, 2.904, 6.4},
});
static_assert(published.front().node_nm == smallest_node_nm && published.back().node_nm == largest_node_nm);

// The published nodes on both sides of one, and how far it is from the first.
struct Between {
    const Factors &below, &above;
    double fraction;
};
Between neighbours(double node_nm) {
    const auto* above = std::ranges::lower_bound(published, node_nm, {}, &Factors::node_nm);
    const auto* below = above == published.begin() ? above : above - 1;
    const double fraction =
        above == below ? 0 : (node_nm - below->node_nm) / (above->node_nm - below->node_nm);
    return {*below, *above, fraction};
}

template <class Value>
double on_line(double node_nm, Value value_of) {
    const Between at = neighbours(node_nm);
    return value_of(at.below) + (value_of(at.above) - value_of(at.below)) * at.fraction;
}

double energy_factor(const Process& process) {
    return on_line(process.node_nm,
                   [v = process.voltage](const Factors& f) { return (f.a2 * v + f.a1) * v + f.a0; });
}
double area_factor(double node_nm) {
    return on_line(node_nm, [](const Factors& f) { return f.area; });
}

void multiply(std::vector<double>& values, double factor) {
    for (double& value : values) value *= factor;
}

std::string text(const Process& process) {
    return fmt::format("{} nm {} V", process.node_nm, process.voltage);
}

bool is_off_the_chip(const CostRow& row) {
    return std::ranges::all_of(
        row.components, [](const auto& component) { return component == "dram" || component == "host"; });
}

bool is_nothing(const CostRow& row) {
    const auto zero = [](double value) { return value == 0; };
    return std::ranges::all_of(row.values,
                               [&](const auto& values) { return std::ranges::all_of(values, zero); });
}

Scaling::From& group_of(Scaling& scaling, const Process& from) {
    const auto it = std::ranges::find(scaling.from, from, &Scaling::From::process);
    if (it != scaling.from.end()) return *it;
    return scaling.from.emplace_back(
        Scaling::From{from, energy_ratio(from, scaling.to), area_ratio(from.node_nm, scaling.to.node_nm), 0});
}

void scale_row(CostRow& row, Scaling::From& from, const Process& to) {
    ++from.rows;
    multiply(row.values[static_cast<std::size_t>(Quantity::energy)], from.energy);
    multiply(row.values[static_cast<std::size_t>(Quantity::area)], from.area);
    const bool by_area = row.find("area_um2") != nullptr;
    multiply(row.values[static_cast<std::size_t>(Quantity::leakage)],
             to.voltage / from.process.voltage * (by_area ? 1 : from.area));
    const bool leaks = std::ranges::any_of(row[Quantity::leakage], [](double value) { return value > 0; });
    row.confidence = std::max(row.confidence, leaks ? Confidence::assumed : Confidence::scaled);
    row.source +=
        fmt::format("; scaled from {} to {} by Stillmaker and Baas: ", text(from.process), text(to));
    row.source += leaks ? "leakage by area and voltage" : "";
    if (!row[Quantity::energy].empty() || !row[Quantity::area].empty())
        row.source +=
            fmt::format("{}energy x {:.4g}, area x {:.4g}", leaks ? ", " : "", from.energy, from.area);
    row.node_nm = to.node_nm;
    row.voltage = to.voltage;
}

}  // namespace

double energy_ratio(const Process& from, const Process& to) {
    return energy_factor(to) / energy_factor(from);
}
double area_ratio(double from_nm, double to_nm) {
    return area_factor(to_nm) / area_factor(from_nm);
}

std::string unscalable(const Process& process) {
    if (process.node_nm < smallest_node_nm || process.node_nm > largest_node_nm)
        return fmt::format("there are no factors for {} nm, only from {} to {} nm", process.node_nm,
                           smallest_node_nm, largest_node_nm);
    const Between at = neighbours(process.node_nm);
    const auto least = [](const Factors& f) { return -f.a1 / (2 * f.a2); };
    const double lowest = std::max(least(at.below), at.fraction > 0 ? least(at.above) : 0.0);
    if (process.voltage < lowest)
        return fmt::format("the factors of {} nm hold above {:.2f} V only", process.node_nm, lowest);
    return "";
}

void scale(CostTable& table, const Process& to, const Node& rows, Diagnostics& errors) {
    Scaling scaling;
    scaling.to = to;
    for (std::size_t i = 0; i < table.rows.size(); ++i) {
        CostRow& row = table.rows[i];
        const auto fail = [&](std::string message) {
            errors.add(rows.items[i].location, fmt::format("rows[{}]", i), std::move(message));
        };
        if (is_off_the_chip(row)) {
            ++scaling.off_chip_rows;
        } else if (is_nothing(row)) {
            continue;
        } else if (!row.node_nm || !row.voltage) {
            fail("`scale` needs the process of this row: add node_nm and voltage");
        } else {
            const Process from{*row.node_nm, *row.voltage};
            if (const std::string fault = unscalable(from); !fault.empty())
                fail("`scale` cannot start here: " + fault);
            else if (!(from == to))
                scale_row(row, group_of(scaling, from), to);
        }
    }
    table.scaling = std::move(scaling);
}

}  // namespace octet
