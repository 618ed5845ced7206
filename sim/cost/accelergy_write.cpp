#include <fmt/format.h>
#include <yaml-cpp/emitter.h>

#include <algorithm>

#include "sim/cost/accelergy.h"

namespace octet {
namespace {

std::string text(double number) {
    return fmt::format("{}", number);
}

// An action of one component, with what the two files say of it.
struct Line {
    std::string action;
    std::vector<std::pair<std::string, std::string>> arguments;
    double energy = 0, count = 0;
};
struct Table {
    std::string name;
    std::vector<Line> entries;
};

// In cycles and accesses instead of microseconds and bits.
Line entry_of(const EnergyLine& line, double clock_mhz) {
    if (line.access_bits > 0)
        return {line.action,
                {{"bits", text(line.access_bits)}},
                line.price * line.access_bits,
                line.count / line.access_bits};
    if (line.action == "leakage")
        return {"leak",
                {{"global_cycle_seconds", text(1e-6 / clock_mhz)}},
                line.price / clock_mhz,
                line.count * clock_mhz};
    if (line.action == "standby")
        return {"standby", {{"state", line.state}}, line.price / clock_mhz, line.count * clock_mhz};
    Line entry{line.action, {}, line.price, line.count};
    if (!line.unit.empty()) entry.arguments = {{"unit", line.unit}, {"state", line.state}};
    return entry;
}

// Lines of one action (bits and the padding of bursts, refreshes) become one.
std::vector<Table> collect(std::span<const EnergyLine> lines, double clock_mhz) {
    std::vector<Table> components;
    for (const EnergyLine& line : lines) {
        auto component = std::ranges::find(components, line.component, &Table::name);
        if (component == components.end())
            component = components.insert(components.end(), {line.component, {}});
        Line entry = entry_of(line, clock_mhz);
        const auto same = std::ranges::find_if(component->entries, [&](const Line& other) {
            return other.action == entry.action && other.arguments == entry.arguments;
        });
        if (same == component->entries.end())
            component->entries.push_back(std::move(entry));
        else
            same->count += entry.count;
    }
    return components;
}

std::string instances(const std::string& component, std::span<const AreaLine> areas) {
    const auto line = std::ranges::find(areas, component, &AreaLine::component);
    const std::uint64_t count = line == areas.end() || component == "dram" ? 1 : line->count;
    return fmt::format("{}[1..{}]", component, count);
}

void write_arguments(YAML::Emitter& out, const Line& entry) {
    out << YAML::Key << "arguments" << YAML::Value << YAML::Flow << YAML::BeginMap;
    for (const auto& [key, value] : entry.arguments) out << YAML::Key << key << YAML::Value << value;
    out << YAML::EndMap;
}

// `key: {version: '0.4', tables: [...]}`
template <class Tables>
std::string file(const char* key, Tables tables) {
    YAML::Emitter out;
    out << YAML::BeginMap << YAML::Key << key << YAML::Value << YAML::BeginMap;
    out << YAML::Key << "version" << YAML::Value << YAML::SingleQuoted << "0.4";
    out << YAML::Key << "tables" << YAML::Value << YAML::BeginSeq;
    tables(out);
    out << YAML::EndSeq << YAML::EndMap << YAML::EndMap;
    return std::string(out.c_str()) + "\n";
}

}  // namespace

std::string accelergy_ert(std::span<const EnergyLine> lines, std::span<const AreaLine> areas,
                          double clock_mhz) {
    return file("ERT", [&](YAML::Emitter& out) {
        for (const Table& component : collect(lines, clock_mhz)) {
            out << YAML::BeginMap << YAML::Key << "name" << YAML::Value
                << "octet." + instances(component.name, areas);
            out << YAML::Key << "actions" << YAML::Value << YAML::BeginSeq;
            for (const Line& entry : component.entries) {
                out << YAML::BeginMap << YAML::Key << "name" << YAML::Value << entry.action;
                write_arguments(out, entry);
                out << YAML::Key << "energy" << YAML::Value << text(entry.energy) << YAML::EndMap;
            }
            out << YAML::EndSeq << YAML::EndMap;
        }
    });
}

std::string accelergy_art(std::span<const AreaLine> areas) {
    return file("ART", [&](YAML::Emitter& out) {
        for (const AreaLine& line : areas)
            out << YAML::BeginMap << YAML::Key << "name" << YAML::Value
                << "octet." + instances(line.component, areas) << YAML::Key << "area" << YAML::Value
                << text(line.area) << YAML::EndMap;
    });
}

std::string accelergy_counts(std::span<const EnergyLine> lines, std::span<const AreaLine> areas,
                             const std::string& design, double clock_mhz) {
    YAML::Emitter out;
    out << YAML::BeginMap << YAML::Key << "action_counts" << YAML::Value << YAML::BeginMap;
    out << YAML::Key << "version" << YAML::Value << "0.2";
    out << YAML::Key << "subtree" << YAML::Value << YAML::BeginSeq << YAML::BeginMap;
    out << YAML::Key << "name" << YAML::Value << YAML::DoubleQuoted << design;
    out << YAML::Key << "local" << YAML::Value << YAML::BeginSeq;
    for (const Table& component : collect(lines, clock_mhz)) {
        out << YAML::BeginMap << YAML::Key << "name" << YAML::Value << instances(component.name, areas);
        out << YAML::Key << "action_counts" << YAML::Value << YAML::BeginSeq;
        for (const Line& entry : component.entries) {
            out << YAML::BeginMap << YAML::Key << "name" << YAML::Value << entry.action;
            write_arguments(out, entry);
            out << YAML::Key << "counts" << YAML::Value << text(entry.count) << YAML::EndMap;
        }
        out << YAML::EndSeq << YAML::EndMap;
    }
    out << YAML::EndSeq << YAML::EndMap << YAML::EndSeq << YAML::EndMap << YAML::EndMap;
    return std::string(out.c_str()) + "\n";
}

}  // namespace octet
