#include <fmt/format.h>

#include <algorithm>
#include <compare>
#include <utility>

#include "sim/cost/interpolate.h"
#include "sim/cost/table.h"

namespace octet {
namespace {

// Whether the row allows what the query has under `key`.
bool allows(const CostTable& table, const RowKey& key, const CostQuery& query, Quantity quantity) {
    const CostKey* asked = query.find(key.name);
    if (asked == nullptr) return false;
    if (const auto* word = std::get_if<std::string>(&asked->value))
        return std::ranges::find(key.words, *word) != key.words.end();
    if (key.points.empty()) return false;
    if (key.is_axis()) return table.interpolation(key.name, quantity) != Interpolation::none;
    return key.points.front() == std::get<double>(asked->value);
}

bool concerns(const CostRow& row, const CostQuery& query, Quantity quantity) {
    if (row[quantity].empty() || std::ranges::find(row.components, query.component) == row.components.end())
        return false;
    return query.action.empty() || std::ranges::find(row.actions, query.action) != row.actions.end();
}

std::string text(const CostKey& key) {
    if (const auto* word = std::get_if<std::string>(&key.value))
        return fmt::format("{}: {}", key.name, *word);
    return fmt::format("{}: {}", key.name, std::get<double>(key.value));
}

std::string subject(const CostQuery& query) {
    std::string what = query.component;
    if (!query.action.empty()) what += "." + query.action;
    for (std::size_t i = 0; i < query.telling; ++i) what += (i == 0 ? " with " : ", ") + text(query.keys[i]);
    return what;
}

// The row that fails on the fewest keys, and on which: " (line ... has the price for accumulator: bf16)".
std::string nearest(const CostTable& table, const CostQuery& query, Quantity quantity) {
    const CostRow* best = nullptr;
    std::string best_keys;
    std::size_t fewest = ~std::size_t{0};
    for (const CostRow& row : table.rows) {
        if (!concerns(row, query, quantity)) continue;
        std::size_t failed = 0;
        std::string keys;
        for (const RowKey& key : row.keys) {
            if (allows(table, key, query, quantity)) continue;
            ++failed;
            keys += (keys.empty() ? "" : ", ") + key.name + ": ";
            keys += key.words.empty() ? fmt::format("{}", fmt::join(key.points, " "))
                                      : fmt::format("{}", fmt::join(key.words, " "));
        }
        if (failed < fewest) {
            fewest = failed;
            best = &row;
            best_keys = keys;
        }
    }
    return best == nullptr ? "" : fmt::format("\n  the nearest row, {}, is for {}", best->where, best_keys);
}

// More keys first, then fewer axes: a number met exactly says more than a line that passes by it.
std::pair<std::ptrdiff_t, std::ptrdiff_t> specificity(const CostRow& row) {
    return {std::ssize(row.keys), -std::ranges::count_if(row.keys, &RowKey::is_axis)};
}

[[noreturn]] void report_missing(const CostTable& table, const CostQuery& query, Quantity quantity) {
    std::string row = fmt::format("component: {}", query.component);
    if (!query.action.empty()) row += fmt::format(", action: {}", query.action);
    for (std::size_t i = 0; i < query.telling; ++i) row += ", " + text(query.keys[i]);
    throw CostError(fmt::format(
        "{}: no {} for {}; add a row, with your price and its source:\n"
        "  - {{{}, {}: PRICE, source: \"SOURCE\", confidence: assumed}}{}",
        table.path, name(quantity), subject(query), row, name(quantity), nearest(table, query, quantity)));
}

Price price_of(const CostTable& table, std::size_t index, const CostQuery& query, Quantity quantity) {
    const CostRow& row = table.rows[index];
    Price price;
    price.confidence = row.known(quantity).confidence;
    price.row = static_cast<std::uint32_t>(index);
    price.names_width = row.find("width_bits") != nullptr;
    price.uncertainty = row.known(quantity).uncertainty;
    const std::vector<double>& grid = row[quantity];
    if (grid.size() == 1) {
        price.value = grid.front();
        return price;
    }
    std::vector<Place> places;
    std::vector<std::size_t> sizes;
    bool outside = false;
    for (const RowKey& key : row.keys) {
        if (!key.is_axis()) continue;
        const double x = std::get<double>(query.find(key.name)->value);
        places.push_back(place_on(key.points, x, table.interpolation(key.name, quantity)));
        sizes.push_back(key.points.size());
        outside |= places.back().outside;
    }
    price.value = value_at(grid, places, sizes);
    if (outside) price.confidence = std::max(price.confidence, Confidence::scaled);
    if (price.value < 0)
        throw CostError(fmt::format(
            "{}: the {} of {} continued beyond the row's points is negative; add a point or a row", row.where,
            name(quantity), subject(query)));
    return price;
}

}  // namespace

Price look_up(const CostTable& table, const CostQuery& query, Quantity quantity) {
    const std::size_t none = table.rows.size();
    std::size_t best = none, rival = none;
    for (std::size_t i = 0; i < table.rows.size(); ++i) {
        const CostRow& row = table.rows[i];
        if (!concerns(row, query, quantity)) continue;
        if (!std::ranges::all_of(row.keys,
                                 [&](const RowKey& key) { return allows(table, key, query, quantity); }))
            continue;
        const auto order =
            best == none ? std::strong_ordering::greater : specificity(row) <=> specificity(table.rows[best]);
        if (order > 0) {
            best = i;
            rival = none;
        } else if (order == 0) {
            rival = i;
        }
    }
    if (best == none) report_missing(table, query, quantity);
    if (rival != none)
        throw CostError(fmt::format("two rows give the {} of {} and neither is more specific:\n  {}\n  {}",
                                    name(quantity), subject(query), table.rows[best].where,
                                    table.rows[rival].where));
    return price_of(table, best, query, quantity);
}

}  // namespace octet
