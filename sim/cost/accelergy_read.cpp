#include <fmt/format.h>

#include <algorithm>

#include "sim/config/reader.h"
#include "sim/cost/accelergy.h"
#include "sim/cost/vocabulary.h"

namespace octet {
namespace {

// `system.pe[1..4].mac[1..256]` is `mac`.
std::string_view component_in(std::string_view name) {
    if (name.ends_with(']')) name = name.substr(0, name.rfind('['));
    return name.substr(name.rfind('.') + 1);  // npos + 1 is 0
}

class AccelergyReader {
  public:
    AccelergyReader(std::span<const AccelergyNames> names, const AccelergyMachine& machine,
                    std::vector<std::string>& warnings, Diagnostics& errors)
        : names_(names), machine_(machine), warnings_(warnings), errors_(errors) {}

    void read(const Node& root, std::string_view kind) {
        kind_ = kind;
        Reader file(root, errors_);
        if (!file.is_map()) return;
        const Node* body = file.find(kind, required, "a mapping with tables");
        if (body == nullptr) return;
        Reader reader(file, *body, kind);
        if (!reader.is_map()) return;
        check_version(reader);
        const Node* tables = reader.find("tables", required, "a list");
        if (tables == nullptr) return;
        const Reader list(reader, *tables, "tables");
        if (!list.is_list()) return;
        for (std::size_t i = 0; i < tables->items.size(); ++i) {
            Reader table(list, tables->items[i], i);
            if (table.is_map()) read_table(table, tables->items[i]);
        }
    }
    std::vector<CostRow> rows() && { return std::move(rows_); }

  private:
    void check_version(Reader& reader) {
        const Node* version = reader.find("version", required, "0.3 or 0.4");
        if (version == nullptr) return;
        if (version->is_scalar() && (version->text == "0.3" || version->text == "0.4")) return;
        reader.error("version", fmt::format("expected 0.3 or 0.4, got {}", describe_value(*version)));
    }

    void read_table(Reader& table, const Node& node) {
        std::string full;
        table.text("name", full, "", required);
        std::string component(component_in(full));
        for (const AccelergyNames& rename : names_)
            if (rename.from == component) component = rename.to;
        if (full.empty()) return;
        if (std::ranges::find(component_words(), component) == component_words().end()) {
            warn(node,
                 fmt::format(
                     "{} matches no component of Octet{}; its prices are not taken (--map {}=COMPONENT)",
                     in_quotes(full), did_you_mean(component, component_words()), component));
            return;
        }
        if (kind_ == "ART")
            read_area(table, component, full, node);
        else
            read_actions(table, component, full);
    }

    void read_area(Reader& table, const std::string& component, const std::string& full, const Node& node) {
        double area = 0;
        table.number("area", area, {}, "", required);
        if (component == "dram") {
            if (area > 0) warn(node, fmt::format("{} has an area; DRAM is off the chip", in_quotes(full)));
            return;
        }
        add_row(component, {}, Quantity::area, area, node, fmt::format("ART, {}", full));
    }

    void read_actions(Reader& table, const std::string& component, const std::string& full) {
        const Node* actions = table.find("actions", required, "a list");
        if (actions == nullptr) return;
        const Reader list(table, *actions, "actions");
        if (!list.is_list()) return;
        for (std::size_t i = 0; i < actions->items.size(); ++i) {
            Reader action(list, actions->items[i], i);
            if (action.is_map()) read_action(action, actions->items[i], component, full);
        }
    }

    void read_action(Reader& reader, const Node& node, const std::string& component,
                     const std::string& full) {
        std::string action;
        double energy = 0;
        reader.text("name", action, "", required);
        reader.number("energy", energy, {}, "", required);
        const std::string source = fmt::format("ERT, {}: {}", full, action);
        if (action == "leak") {
            if (component == "dram") return;
            const double seconds = number_in(node, "global_cycle_seconds",
                                             machine_.clock_mhz > 0 ? 1e-6 / machine_.clock_mhz : 0);
            if (seconds > 0)
                add_row(component, {}, Quantity::leakage, energy * 1e-6 / seconds, node, source);
            else if (energy > 0)
                reader.error("energy",
                             "leakage in a cycle of unknown length: name the machine with --accelerator");
            else
                add_row(component, {}, Quantity::leakage, 0, node, source);
            return;
        }
        if (component == "mac" && action == "compute") action = "mac";
        if (!has_action(component, action)) {
            warn(node, fmt::format("action {} of {} is none that {} has; it is not taken", in_quotes(action),
                                   in_quotes(full), component));
            return;
        }
        if (component == "dram" && action == "standby") {
            const double seconds = machine_.clock_mhz > 0 ? 1e-6 / machine_.clock_mhz : 0;
            if (seconds == 0 && energy > 0) {
                reader.error("energy",
                             "standby in a cycle of unknown length: name the machine with --accelerator");
                return;
            }
            add_row(component, action, Quantity::leakage, seconds > 0 ? energy * 1e-6 / seconds : 0, node,
                    source);
            return;
        }
        if (is_in_bits(component, action)) {
            const double bits =
                number_in(node, "bits", machine_.access_bits ? machine_.access_bits(component, action) : 0);
            if (!(bits > 0)) {
                reader.error("energy", "an access of how many bits? Name the machine with --accelerator");
                return;
            }
            energy /= bits;
        }
        add_row(component, action, Quantity::energy, energy, node, source);
    }

    static bool is_in_bits(std::string_view component, std::string_view action) {
        for (std::size_t i = 0; i < action_count; ++i) {
            const auto a = static_cast<Action>(i);
            if (counts_bits(a) && info(a).component == component && info(a).action == action) return true;
        }
        return false;
    }

    static const Node* argument(const Node& action, std::string_view key) {
        const Entry* arguments = action.find("arguments");
        if (arguments == nullptr || !arguments->value.is_map()) return nullptr;
        const Entry* entry = arguments->value.find(key);
        return entry == nullptr || !entry->value.is_scalar() ? nullptr : &entry->value;
    }

    double number_in(const Node& action, std::string_view key, double otherwise) {
        if (argument(action, key) == nullptr) return otherwise;
        double value = otherwise;
        const Node& arguments = action.find("arguments")->value;
        Reader(arguments, errors_, "arguments").number(key, value, {}, "");
        return value;
    }

    // Several entries of one action differ in arguments that Octet does not know, such as how many bits
    // toggle: the dearest is taken.
    void add_row(const std::string& component, const std::string& action, Quantity quantity, double value,
                 const Node& node, std::string source) {
        CostRow row;
        row.components = {component};
        if (!action.empty()) row.actions = {action};
        for (const std::string_view key : {"unit", "state"})
            if (const Node* word = argument(node, key))
                row.keys.push_back({std::string(key), {word->text}, {}});
        row.values[static_cast<std::size_t>(quantity)] = {value};
        row.source = std::move(source);
        row.confidence = Confidence::assumed;
        for (CostRow& other : rows_) {
            const bool same_keys = std::ranges::equal(
                other.keys, row.keys,
                [](const RowKey& a, const RowKey& b) { return a.name == b.name && a.words == b.words; });
            if (other.components != row.components || other.actions != row.actions || !same_keys ||
                other[quantity].empty())
                continue;
            warn(node, fmt::format("{} is there several times; the largest is taken", row.source));
            if (value > other[quantity].front()) other = row;
            return;
        }
        rows_.push_back(std::move(row));
    }

    void warn(const Node& node, const std::string& message) {
        warnings_.push_back(fmt::format("{}: warning: {}", to_string(node.location), message));
    }

    std::string_view kind_;
    std::span<const AccelergyNames> names_;
    const AccelergyMachine& machine_;
    std::vector<std::string>& warnings_;
    Diagnostics& errors_;
    std::vector<CostRow> rows_;
};

}  // namespace

CostTable read_accelergy(const Node* ert, const Node* art, std::span<const AccelergyNames> names,
                         const AccelergyMachine& machine, std::vector<std::string>& warnings,
                         Diagnostics& errors) {
    AccelergyReader reader(names, machine, warnings, errors);
    if (ert != nullptr) reader.read(*ert, "ERT");
    if (art != nullptr) reader.read(*art, "ART");
    CostTable table;
    table.rows = std::move(reader).rows();
    return table;
}

}  // namespace octet
