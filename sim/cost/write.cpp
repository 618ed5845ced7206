#include "sim/cost/write.h"

#include <fmt/format.h>
#include <yaml-cpp/emitter.h>

#include <algorithm>

#include "sim/cost/describe.h"

namespace octet {
namespace {

// The shortest text that reads as the same number.
std::string text(double number) {
    return fmt::format("{}", number);
}

void write(YAML::Emitter& out, std::string_view key, const std::vector<double>& numbers) {
    out << YAML::Key << std::string(key) << YAML::Value;
    if (numbers.size() == 1) {
        out << text(numbers.front());
        return;
    }
    out << YAML::Flow << YAML::BeginSeq;
    for (const double number : numbers) out << text(number);
    out << YAML::EndSeq;
}

void write(YAML::Emitter& out, std::string_view key, const std::vector<std::string>& words, bool quoted) {
    out << YAML::Key << std::string(key) << YAML::Value;
    const auto word = [&](const std::string& w) { quoted ? out << YAML::DoubleQuoted << w : out << w; };
    if (words.size() == 1) {
        word(words.front());
        return;
    }
    out << YAML::Flow << YAML::BeginSeq;
    for (const std::string& w : words) word(w);
    out << YAML::EndSeq;
}

void write(YAML::Emitter& out, const CostRow& row) {
    out << YAML::Flow << YAML::BeginMap;
    write(out, "component", row.components, false);
    if (!row.actions.empty()) write(out, "action", row.actions, false);
    for (const RowKey& key : row.keys) {
        if (key.words.empty())
            write(out, key.name, key.points);
        else
            write(out, key.name, key.words, words_of(key.name).empty());
    }
    for (std::size_t q = 0; q < quantity_count; ++q)
        if (!row.values[q].empty()) write(out, name(static_cast<Quantity>(q)), row.values[q]);
    out << YAML::Key << "source" << YAML::Value << YAML::DoubleQuoted << row.source;
    if (row.node_nm) write(out, "node_nm", {*row.node_nm});
    if (row.voltage) write(out, "voltage", {*row.voltage});
    out << YAML::Key << "confidence" << YAML::Value << std::string(name(row.confidence));
    if (row.uncertainty) write(out, "uncertainty", {*row.uncertainty});
    out << YAML::EndMap;
}

struct Section {
    const char* key;
    Quantity quantity;
};
// What differs from `interpolate`, which holds the energies' lines.
constexpr Section sections[] = {{"interpolate", Quantity::energy},
                                {"interpolate_area", Quantity::area},
                                {"interpolate_leakage", Quantity::leakage}};

void write_axes(YAML::Emitter& out, const CostTable& table, const Section& section) {
    bool any = false;
    for (const AxisRule& rule : table.axes) {
        const Interpolation how = rule.how[static_cast<std::size_t>(section.quantity)];
        const Interpolation usual = section.quantity == Quantity::energy
                                        ? Interpolation::none
                                        : rule.how[static_cast<std::size_t>(Quantity::energy)];
        if (how == usual) continue;
        if (!any) out << YAML::Key << section.key << YAML::Value << YAML::Flow << YAML::BeginMap;
        any = true;
        out << YAML::Key << rule.key << YAML::Value << std::string(name_in(interpolation_table, how));
    }
    if (any) out << YAML::EndMap;
}

}  // namespace

std::vector<CostRow> plain_rows(const CostTable& table) {
    std::vector<CostRow> rows;
    for (const CostRow& row : table.rows) {
        const bool mixed =
            std::ranges::any_of(row.adjusted, [](const auto& part) { return part.has_value(); });
        for (std::size_t q = 0; q < quantity_count; ++q) {
            if (mixed && row.values[q].empty()) continue;
            CostRow part = row;
            part.adjusted = {};
            if (mixed) {
                const Adjusted known = row.known(static_cast<Quantity>(q));
                part.confidence = known.confidence;
                part.uncertainty = known.uncertainty;
                part.values = {};
                part.values[q] = row.values[q];
            }
            rows.push_back(std::move(part));
            if (!mixed) break;
        }
    }
    return rows;
}

std::string costs_yaml(const CostTable& table) {
    YAML::Emitter out;
    out << YAML::BeginMap << YAML::Key << "kind" << YAML::Value << "costs";
    out << YAML::Key << "units" << YAML::Value << YAML::Flow << YAML::BeginMap;
    for (std::size_t q = 0; q < quantity_count; ++q)
        out << YAML::Key << std::string(name(static_cast<Quantity>(q))) << YAML::Value
            << std::string(unit_of(static_cast<Quantity>(q)));
    out << YAML::EndMap;
    for (const Section& section : sections) write_axes(out, table, section);
    out << YAML::Key << "rows" << YAML::Value << YAML::BeginSeq;
    for (const CostRow& row : plain_rows(table)) write(out, row);
    out << YAML::EndSeq << YAML::EndMap;
    return std::string(out.c_str()) + "\n";
}

}  // namespace octet
