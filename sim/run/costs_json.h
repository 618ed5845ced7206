// Energies, areas and the prices behind them as parts of a result document (docs/result.md).
#pragma once
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "sim/cost/priced_run.h"

namespace octet {

// {"total_pj", "low_pj", "high_pj", "components", "confidence"}; of an area the same in um2.
nlohmann::ordered_json energy_json(const Shares& energy);
nlohmann::ordered_json area_json(const Shares& area);
// By the components of the result document.
nlohmann::ordered_json components_json(const Shares& energy);

// The table, how it was scaled, and every line of energy and area.
nlohmann::ordered_json costs_json(const std::string& table, const std::optional<Scaling>& scaling,
                                  const std::vector<EnergyLine>& lines, const std::vector<AreaLine>& areas);
nlohmann::ordered_json line_json(const EnergyLine& line);
nlohmann::ordered_json scaling_json(const std::optional<Scaling>& scaling);

// A number, null if it is not finite or not there.
nlohmann::ordered_json number_json(const std::optional<double>& value);

// 2 x MACs / pJ; nothing without MACs or energy.
std::optional<double> tops_per_watt(std::uint64_t macs, const Shares& energy);
// uJ x ms
double energy_delay(const Shares& energy, double seconds);

}  // namespace octet
