#include "sim/run/stored_result.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "sim/config/experiment.h"
#include "sim/config/reader.h"
#include "sim/config/text.h"
#include "sim/config/yaml.h"
#include "sim/cost/describe.h"
#include "sim/run/activity_json.h"

namespace octet {
namespace {

constexpr double tolerance = 1e-9;  // relative, for sums of floating-point numbers

constexpr auto component_table = [] {
    std::array<Named<Component>, component_count> table{};
    for (std::size_t i = 0; i < component_count; ++i) table[i].value = static_cast<Component>(i);
    return table;
}();

bool is_close(double a, double b) {
    return std::abs(a - b) <= tolerance * std::max({1.0, std::abs(a), std::abs(b)});
}

// Walks the tree of a document. Keys that nobody asks for are no error: a newer version may add some.
class Document {
  public:
    Document(const Node& root, StoredResult& result, Diagnostics& errors)
        : root_(root), result_(result), errors_(errors) {}

    void read() {
        Reader reader(root_, errors_);
        if (!reader.is_map()) return;
        std::int64_t schema = 0;
        reader.integer("schema", schema, {1, 1}, "", required);
        if (const Node* node = reader.find("accelerator", required, "a mapping"))
            result_.accelerator = read_accelerator(*node, errors_);
        reader.integer("macs", result_.macs, {}, "", required);
        reader.number("seconds", result_.seconds, {}, "", required);
        if (const Node* node = reader.find("cycles", required, "a mapping"))
            read_cycles({reader, *node, "cycles"});
        if (const Node* node = reader.find("energy", required, "a mapping"))
            read_energy({reader, *node, "energy"});
        if (const Node* node = reader.find("dram_state", required, "a mapping"))
            read_dram({reader, *node, "dram_state"});
        if (const Node* node = reader.find("operations", required, "a list")) read_operations(*node);
        if (const Node* node = reader.find("costs", required, "a mapping"))
            read_costs({reader, *node, "costs"});
        if (errors_.empty()) check();
    }

  private:
    void read_cycles(Reader reader) {
        if (!reader.is_map()) return;
        MachineReport& report = result_.report;
        reader.integer("total", report.total, {}, "", required);
        const Node* units = reader.find("units", required, "a mapping");
        if (units == nullptr) return;
        Reader all(reader, *units, "units");
        if (!all.is_map()) return;
        for (std::size_t u = 0; u < unit_count; ++u) {
            const std::string unit_name(name(static_cast<Unit>(u)));
            const Node* node = all.find(unit_name, required, "a mapping");
            if (node == nullptr) continue;
            Reader unit(all, *node, unit_name);
            if (!unit.is_map()) continue;
            std::uint64_t idle = 0;
            UnitTimes& times = report.units[u];
            const auto bounds = Bounds{0, std::int64_t{1} << 60};
            unit.integer("busy", times.busy, bounds, "", required);
            unit.integer("stall", times.stalls[0], bounds, "", required);
            unit.integer("idle", idle, bounds, "", required);
            unit.check("", times.busy + times.stalls[0] + idle == report.total,
                       "busy + stall + idle is not cycles.total");
        }
    }

    void read_energy(Reader reader) {
        if (!reader.is_map()) return;
        reader.number("total_pj", result_.energy_pj, {}, "", required);
        const Node* node = reader.find("components", required, "a mapping");
        if (node == nullptr) return;
        Reader components(reader, *node, "components");
        if (!components.is_map()) return;
        for (std::size_t i = 0; i < component_count; ++i)
            components.number(name(static_cast<Component>(i)), result_.components[i], {}, "", required);
    }

    void read_dram(Reader reader) {
        if (!reader.is_map()) return;
        if (const Node* node = reader.find("active_cycles", required, "a number or null");
            node != nullptr && node->kind != Node::Kind::null)
            reader.number("active_cycles", result_.report.dram_active, {}, "", required);
        reader.integer("refreshes", result_.report.dram_refreshes, {}, "", required);
    }

    void read_operations(const Node& node) {
        if (!node.is_list()) {
            errors_.add(node.location, "operations",
                        fmt::format("expected a list, got {}", describe_value(node)));
            return;
        }
        for (std::size_t i = 0; i < node.items.size(); ++i) {
            const std::string key = fmt::format("operations[{}]", i);
            Reader reader(node.items[i], errors_, key);
            OperationReport& operation = result_.report.operations.emplace_back();
            std::string& title = result_.operations.emplace_back();
            if (!reader.is_map()) continue;
            reader.text("name", title, "", required);
            reader.integer("end", operation.end, {}, "", required);
            reader.check("end", operation.end <= result_.report.total, "is after the end of the run");
            if (const Node* activity = reader.find("activity", required, "a mapping"))
                operation.activity = read_activity(*activity, key + ".activity", errors_);
        }
    }

    void read_costs(Reader reader) {
        if (!reader.is_map()) return;
        lines_ = read_list(reader, "energy_lines", result_.lines, &Document::read_line);
        read_list(reader, "area_lines", result_.areas, &Document::read_area);
    }

    template <class Line>
    const Node* read_list(Reader& reader, const char* key, std::vector<Line>& lines,
                          void (Document::*read_one)(Reader&, Line&)) {
        const Node* list = reader.find(key, required, "a list");
        if (list == nullptr) return nullptr;
        const Reader all(reader, *list, key);
        if (!all.is_list()) return nullptr;
        for (std::size_t i = 0; i < list->items.size(); ++i) {
            Reader item(all, list->items[i], i);
            Line& line = lines.emplace_back();
            if (item.is_map()) (this->*read_one)(item, line);
        }
        return list;
    }

    static auto groups() {
        auto table = component_table;
        for (auto& row : table) row.name = name(row.value);
        return table;
    }

    void read_area(Reader& reader, AreaLine& line) {
        reader.choice("group", line.group, groups(), "", required);
        reader.text("component", line.component, "", required);
        reader.integer("count", line.count, {}, "", required);
        reader.number("unit_um2", line.area, {}, "", required);
        reader.number("unit_leakage_uw", line.leakage, {}, "", required);
    }

    void read_line(Reader& reader, EnergyLine& line) {
        reader.choice("group", line.group, groups(), "", required);
        reader.text("component", line.component, "", required);
        reader.text("action", line.action, "", required);
        reader.text("unit", line.unit, "");
        reader.text("state", line.state, "");
        reader.text("counted", line.counted, "");
        reader.number("count", line.count, {}, "", required);
        reader.number("price_pj", line.price, {}, "", required);
        reader.number("access_bits", line.access_bits, {}, "");
        double energy = 0;
        reader.number("energy_pj", energy, {}, "", required);
        reader.check("energy_pj", is_close(energy, line.energy_pj()), "is not count x price_pj");
        reader.choice("confidence", line.confidence, confidence_table, "", required);
        if (const Node* node = reader.find("uncertainty"); node != nullptr && node->kind != Node::Kind::null)
            reader.number("uncertainty", line.uncertainty, {0, 100}, "");
        reader.text("source", line.source, "", required);
        reader.text("row", line.row, "", required);
    }

    // The lines add up to the components, and count what the operations counted.
    void check() {
        const Shares sum = sum_of(result_.lines);
        for (std::size_t i = 0; i < component_count; ++i) {
            const std::string key = fmt::format("energy.components.{}", name(static_cast<Component>(i)));
            if (!is_close(sum.components[i], result_.components[i]))
                errors_.add(root_.at(key)->location, key,
                            fmt::format("is {}, but its lines in costs add up to {}", result_.components[i],
                                        sum.components[i]));
        }
        if (!is_close(sum.total, result_.energy_pj))
            errors_.add(
                root_.at("energy.total_pj")->location, "energy.total_pj",
                fmt::format("is {}, but the lines in costs add up to {}", result_.energy_pj, sum.total));
        Activity all;
        for (const OperationReport& operation : result_.report.operations) all += operation.activity;
        for (std::size_t a = 0; a < action_count; ++a) check_count(static_cast<Action>(a), all);
    }

    void check_count(Action action, const Activity& all) {
        const std::string key = action_key(action);
        if (action == Action::dram_refresh) return;  // charged to time
        double counted = 0;
        for (const EnergyLine& line : result_.lines) {
            const bool padding = line.counted == "padding bit";
            if (line.component + "." + line.action + (padding ? "_padding" : "") == key)
                counted += line.count;
        }
        if (!is_close(counted, static_cast<double>(all[action])))
            errors_.add(lines_->location, "costs.energy_lines",
                        fmt::format("{} is counted {} times, but {} times by the operations", key, counted,
                                    all[action]));
    }

    const Node& root_;
    StoredResult& result_;
    Diagnostics& errors_;
    const Node* lines_ = nullptr;
};

// The place of a byte, for what the JSON parser says.
Location place_of(std::string_view text, std::size_t byte, const std::string& path) {
    const std::string_view before = text.substr(0, std::min(byte, text.size()));
    const auto line = std::ranges::count(before, '\n');
    const std::size_t start = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
    return location_in(path, static_cast<std::uint32_t>(line + 1),
                       static_cast<std::uint32_t>(before.size() - start + 1));
}

std::string text_at(const nlohmann::ordered_json& document, const char* pointer) {
    const nlohmann::ordered_json::json_pointer place(pointer);
    return document.contains(place) && document.at(place).is_string() ? document.at(place).get<std::string>()
                                                                      : "?";
}

}  // namespace

std::string StoredResult::title() const {
    return fmt::format("{} on {}", text_at(document, "/workload/name"),
                       text_at(document, "/accelerator/name"));
}

StoredResult load_result(const std::string& path) {
    StoredResult result;
    std::error_code ignored;
    result.path = std::filesystem::is_directory(path, ignored)
                      ? (std::filesystem::path(path) / "result.json").string()
                      : path;
    const std::string text = read_text_file(result.path);
    const Node root = parse_yaml(text, result.path);  // every JSON text is YAML
    try {
        result.document = nlohmann::ordered_json::parse(text);
    } catch (const nlohmann::json::parse_error& error) {
        throw InputError(place_of(text, error.byte == 0 ? 0 : error.byte - 1, result.path), "",
                         "is no JSON: a result is what `octet run --json` prints or --out stores");
    }
    Diagnostics errors;
    Document(root, result, errors).read();
    errors.throw_if_any();
    return result;
}

}  // namespace octet
