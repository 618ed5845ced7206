#include "sim/run/costs_json.h"

#include <cmath>

namespace octet {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t with_area = static_cast<std::size_t>(Component::leakage);

// The first `count` components of Component.
Json components_of(const Shares& shares, std::size_t count) {
    Json object = Json::object();
    for (std::size_t i = 0; i < count; ++i)
        object[std::string(name(static_cast<Component>(i)))] = number_json(shares.components[i]);
    return object;
}

Json confidence_of(const Shares& shares) {
    Json object = Json::object();
    for (std::size_t i = 0; i < confidence_count; ++i)
        object[std::string(name(static_cast<Confidence>(i)))] = number_json(shares.confidence[i]);
    return object;
}

Json shares_of(const Shares& shares, const std::string& unit, std::size_t count) {
    return {{"total_" + unit, number_json(shares.total)},
            {"low_" + unit, number_json(shares.low)},
            {"high_" + unit, number_json(shares.high)},
            {"components", components_of(shares, count)},
            {"confidence", confidence_of(shares)}};
}

Json area_line_json(const AreaLine& line) {
    return {{"group", name(line.group)},
            {"component", line.component},
            {"count", line.count},
            {"unit_um2", number_json(line.area)},
            {"area_um2", number_json(static_cast<double>(line.count) * line.area)},
            {"unit_leakage_uw", number_json(line.leakage)},
            {"confidence", name(line.confidence)},
            {"uncertainty", number_json(line.uncertainty)},
            {"source", line.source},
            {"row", line.row}};
}

}  // namespace

Json number_json(const std::optional<double>& value) {
    return value && std::isfinite(*value) ? Json(*value) : Json(nullptr);
}

Json energy_json(const Shares& energy) {
    return shares_of(energy, "pj", component_count);
}
Json area_json(const Shares& area) {
    return shares_of(area, "um2", with_area);
}
Json components_json(const Shares& energy) {
    return components_of(energy, component_count);
}

Json line_json(const EnergyLine& line) {
    Json object = {{"group", name(line.group)}, {"component", line.component}, {"action", line.action}};
    if (!line.unit.empty()) object["unit"] = line.unit;
    if (!line.state.empty()) object["state"] = line.state;
    object["count"] = number_json(line.count);
    if (!line.counted.empty()) object["counted"] = line.counted;
    object["price_pj"] = number_json(line.price);
    if (line.access_bits > 0) object["access_bits"] = line.access_bits;
    object["energy_pj"] = number_json(line.energy_pj());
    object["confidence"] = name(line.confidence);
    object["uncertainty"] = number_json(line.uncertainty);
    object["source"] = line.source;
    object["row"] = line.row;
    return object;
}

Json scaling_json(const std::optional<Scaling>& scaling) {
    if (!scaling) return nullptr;
    Json from = Json::array();
    for (const Scaling::From& group : scaling->from)
        from.push_back({{"node_nm", group.process.node_nm},
                        {"voltage", group.process.voltage},
                        {"energy_factor", group.energy},
                        {"area_factor", group.area},
                        {"rows", group.rows}});
    return {{"node_nm", scaling->to.node_nm},
            {"voltage", scaling->to.voltage},
            {"from", from},
            {"rows_off_chip", scaling->off_chip_rows}};
}

Json costs_json(const std::string& table, const std::optional<Scaling>& scaling,
                const std::vector<EnergyLine>& lines, const std::vector<AreaLine>& areas) {
    Json energy = Json::array(), area = Json::array();
    for (const EnergyLine& line : lines) energy.push_back(line_json(line));
    for (const AreaLine& line : areas) area.push_back(area_line_json(line));
    return {
        {"table", table}, {"scaling", scaling_json(scaling)}, {"energy_lines", energy}, {"area_lines", area}};
}

std::optional<double> tops_per_watt(std::uint64_t macs, const Shares& energy) {
    if (macs == 0 || !(energy.total > 0)) return std::nullopt;
    return 2 * static_cast<double>(macs) / energy.total;
}
double energy_delay(const Shares& energy, double seconds) {
    return energy.total * 1e-6 * seconds * 1e3;
}

}  // namespace octet
