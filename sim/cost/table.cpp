#include "sim/cost/table.h"

#include <algorithm>

namespace octet {
namespace {

constexpr std::array<std::string_view, quantity_count> quantity_names{"energy", "area", "leakage"};

}  // namespace

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
