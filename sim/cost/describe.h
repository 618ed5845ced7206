// The schema of cost tables, for reading, printing and explaining (sim/config/describe.h).
#pragma once
#include "sim/config/describe.h"
#include "sim/cost/scaling.h"
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

// The lines between the points of each axis, for `quantities`.
template <class V>
void describe_axes(V& v, std::vector<AxisRule>& axes, std::initializer_list<Quantity> quantities) {
    for (const CostKeyName& known : number_keys()) {
        AxisRule& rule = rule_of(axes, known.name);
        Interpolation how = rule[*quantities.begin()];
        v.choice(known.name, how, interpolation_table, known.doc);
        for (const Quantity quantity : quantities) rule[quantity] = how;
    }
}

template <class V>
void describe(V& v, Adjustment& adjustment) {
    v.one_or_more_words("component", adjustment.components, component_words(), "what is priced", required);
    v.one_or_more_words("action", adjustment.actions, action_words(),
                        "what it does; without: all it does and is");
    const Interval factor{0, 1e6};
    v.number("energy", adjustment.factors[0], factor, "factor on the energies");
    v.number("area", adjustment.factors[1], factor, "factor on the areas");
    v.number("leakage", adjustment.factors[2], factor, "factor on the leakages");
    v.text("source", adjustment.source, "where the factor comes from", required);
    v.choice("confidence", adjustment.confidence, confidence_table, "how well the product is known",
             required);
    v.number("uncertainty", adjustment.uncertainty, {0, 100}, "relative error bound of the product");
    bool any = false;
    for (const auto& given : adjustment.factors) any = any || given.has_value();
    v.check("energy", any, "expected a factor: energy, area or leakage");
}

template <class V>
void describe(V& v, Process& process) {
    v.number("node_nm", process.node_nm, {smallest_node_nm, largest_node_nm}, "process to go to", required);
    v.number("voltage", process.voltage, {0.1, 10}, "supply to go to", required);
}

template <class V>
void describe(V& v, CostTable& table) {
    v.group(
        "units", "the units of the prices; there is no choice",
        [](auto& inner) {
            const auto unit = [&](Quantity quantity) {
                std::string written;
                // Other units are refused by read_costs, which knows the factor between them.
                if constexpr (V::reads)
                    inner.text(name(quantity), written, "", required);
                else
                    inner.word(name(quantity), written, std::span(&unit_of(quantity), 1), "", required);
            };
            unit(Quantity::energy);
            unit(Quantity::area);
            unit(Quantity::leakage);
        },
        required);
    const auto axes = [&](std::string_view key, std::string_view doc,
                          std::initializer_list<Quantity> quantities) {
        v.group(key, doc, [&](auto& inner) { describe_axes(inner, table.axes, quantities); });
    };
    axes("interpolate", "number keys that rows may give as lists, and the line between their points",
         {Quantity::energy, Quantity::area, Quantity::leakage});
    axes("interpolate_area", "another line for areas", {Quantity::area});
    axes("interpolate_leakage", "another line for leakages", {Quantity::leakage});
    v.records("adjust", table.adjustments, "factors on prices, each with its source");
    v.section("scale", table.scale, "carries the prices over to another process");
    v.records("rows", table.rows, "the prices", required);
}

}  // namespace octet
