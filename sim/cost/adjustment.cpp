#include "sim/cost/adjustment.h"

#include <fmt/format.h>

#include <algorithm>

namespace octet {
namespace {

enum class Answer { no, half, yes };

// Whether `wanted` holds all, some or none of `have`. An empty `wanted` holds all.
Answer answers(const std::vector<std::string>& wanted, const std::vector<std::string>& have) {
    if (wanted.empty()) return Answer::yes;
    const auto count = std::ranges::count_if(
        have, [&](const std::string& word) { return std::ranges::find(wanted, word) != wanted.end(); });
    if (count == 0) return Answer::no;
    return static_cast<std::size_t>(count) == have.size() ? Answer::yes : Answer::half;
}

bool changes(const CostRow& row, const Adjustment& adjustment) {
    for (std::size_t q = 0; q < quantity_count; ++q)
        if (adjustment.factors[q] && !row.values[q].empty()) return true;
    return false;
}

void change(CostRow& row, const Adjustment& adjustment) {
    for (std::size_t q = 0; q < quantity_count; ++q) {
        if (!adjustment.factors[q] || row.values[q].empty()) continue;
        for (double& value : row.values[q]) value *= *adjustment.factors[q];
        row.adjusted[q] = {adjustment.confidence, adjustment.uncertainty};
        row.source += fmt::format("; {} x {}: {}", name(static_cast<Quantity>(q)), *adjustment.factors[q],
                                  adjustment.source);
    }
}

}  // namespace

void adjust(CostTable& table, const Node& list, Diagnostics& errors) {
    for (std::size_t i = 0; i < table.adjustments.size(); ++i) {
        const Adjustment& adjustment = table.adjustments[i];
        const std::string key = fmt::format("adjust[{}]", i);
        const Location& where = list.items.at(i).location;
        bool answered = false;
        for (CostRow& row : table.rows) {
            const Answer component = answers(adjustment.components, row.components);
            const Answer action = answers(adjustment.actions, row.actions);
            if (component == Answer::no || action == Answer::no || !changes(row, adjustment)) continue;
            answered = true;
            if (component == Answer::yes && action == Answer::yes)
                change(row, adjustment);
            else
                errors.add(
                    where, key,
                    fmt::format("the row at {} prices more than these components and actions: name all "
                                "of it, or split the row",
                                row.where));
        }
        if (!answered) errors.add(where, key, "no row prices this");
    }
}

}  // namespace octet
