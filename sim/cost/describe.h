// The schema of cost tables, for reading, printing and explaining (sim/config/describe.h).
#pragma once
#include "sim/config/describe.h"
#include "sim/cost/table.h"
#include "sim/cost/vocabulary.h"

namespace octet {

inline constexpr std::array<Named<Confidence>, confidence_count> confidence_table{{
    {"published", Confidence::published},
    {"measured", Confidence::measured},
    {"scaled", Confidence::scaled},
    {"fitted", Confidence::fitted},
    {"assumed", Confidence::assumed},
}};
inline constexpr std::array<Named<Interpolation>, 3> interpolation_table{{
    {"none", Interpolation::none},
    {"linear", Interpolation::linear},
    {"sqrt", Interpolation::sqrt},
}};

template <class V>
void describe(V& v, CostRow& row) {
    v.one_or_more_words("component", row.components, component_words(), "what is priced", required);
    v.one_or_more_words("action", row.actions, action_words(), "what it does; without: that it is there");
    std::vector<RowKey> keys;
    const auto of_row = [&row](std::string_view name) {
        const RowKey* key = row.find(name);
        return key == nullptr ? RowKey{std::string(name), {}, {}} : *key;
    };
    for (const CostKeyName& known : word_keys()) {
        RowKey key = of_row(known.name);
        if (const auto words = words_of(known.name); !words.empty()) {
            v.one_or_more_words(known.name, key.words, words, known.doc);
        } else {
            key.words.resize(1);
            v.text(known.name, key.words.front(), known.doc);
            if (key.words.front().empty()) key.words.clear();
        }
        if (!key.words.empty()) keys.push_back(std::move(key));
    }
    for (const CostKeyName& known : number_keys()) {
        RowKey key = of_row(known.name);
        v.numbers(known.name, key.points, {}, known.doc);
        if (!key.points.empty()) keys.push_back(std::move(key));
    }
    if constexpr (V::reads) row.keys = std::move(keys);
    v.numbers("energy", row.values[0], {}, "pJ of one action");
    v.numbers("area", row.values[1], {}, "um2 of one instance");
    v.numbers("leakage", row.values[2], {}, "uW of one instance");
    v.text("source", row.source, "where the numbers come from", required);
    v.number("node_nm", row.node_nm, {1, 1000}, "process of the numbers");
    v.number("voltage", row.voltage, {0.1, 10}, "supply of the numbers");
    v.choice("confidence", row.confidence, confidence_table, "how well the numbers are known", required);
    v.number("uncertainty", row.uncertainty, {0, 100}, "relative error bound, 0.05 is 5 %");
}

// `interpolate: {clock_mhz: linear}`, or by quantity: `{capacity_bytes: {energy: sqrt, area: linear}}`.
template <class V>
void describe_axes(V& v, std::vector<AxisRule>& axes) {
    for (const CostKeyName& known : number_keys()) {
        AxisRule rule{std::string(known.name), {}};
        for (std::size_t q = 0; q < quantity_count; ++q)
            for (const AxisRule& axis : axes)
                if (axis.key == known.name) rule.how[q] = axis.how[q];
        if constexpr (V::reads) {
            const auto* node = v.find(known.name);
            if (node == nullptr) continue;
            if (node->is_map()) {
                v.group(known.name, known.doc, [&](auto& inner) {
                    for (std::size_t q = 0; q < quantity_count; ++q)
                        inner.choice(name(static_cast<Quantity>(q)), rule.how[q], interpolation_table, "");
                });
                axes.push_back(rule);
                continue;
            }
        }
        v.choice(known.name, rule.how[0], interpolation_table, known.doc);
        rule.how.fill(rule.how[0]);
        if constexpr (V::reads) axes.push_back(rule);
    }
}

template <class V>
void describe(V& v, CostTable& table) {
    v.group(
        "units", "the units of the prices; there is no choice",
        [](auto& inner) {
            // Only these; other units are refused by the reader with the factor between them (read.cpp).
            std::string energy = "pJ", area = "um2", leakage = "uW";
            inner.text("energy", energy, "pJ", required);
            inner.text("area", area, "um2", required);
            inner.text("leakage", leakage, "uW", required);
        },
        required);
    v.group("interpolate", "number keys that rows may give as lists, and the line between their points",
            [&](auto& inner) { describe_axes(inner, table.axes); });
    v.records("rows", table.rows, "the prices", required);
}

}  // namespace octet
