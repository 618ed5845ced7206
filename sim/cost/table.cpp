#include "sim/cost/table.h"

#include <algorithm>

namespace octet {
namespace {

constexpr std::array<std::string_view, quantity_count> quantity_names{"energy", "area", "leakage"};
constexpr std::array<std::string_view, quantity_count> quantity_units{"pJ", "um2", "uW"};

}  // namespace

const std::string_view& unit_of(Quantity quantity) {
    return quantity_units[static_cast<std::size_t>(quantity)];
}

AxisRule& rule_of(std::vector<AxisRule>& axes, std::string_view key) {
    const auto it = std::ranges::find(axes, key, &AxisRule::key);
    return it == axes.end() ? axes.emplace_back(AxisRule{std::string(key), {}}) : *it;
}

std::string_view name(Quantity quantity) {
    return quantity_names[static_cast<std::size_t>(quantity)];
}

const RowKey* CostRow::find(std::string_view key) const {
    const auto it = std::ranges::find(keys, key, &RowKey::name);
    return it == keys.end() ? nullptr : &*it;
}

Interpolation CostTable::interpolation(std::string_view key, Quantity quantity) const {
    const auto it = std::ranges::find(axes, key, &AxisRule::key);
    return it == axes.end() ? Interpolation::none : it->how[static_cast<std::size_t>(quantity)];
}

const CostKey* CostQuery::find(std::string_view key) const {
    const auto it = std::ranges::find(keys, key, &CostKey::name);
    return it == keys.end() ? nullptr : &*it;
}

}  // namespace octet
