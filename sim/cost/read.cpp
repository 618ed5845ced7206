#include "sim/cost/read.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "sim/config/paths.h"
#include "sim/config/reader.h"
#include "sim/cost/adjustment.h"
#include "sim/cost/describe.h"
#include "sim/cost/scaling.h"

namespace octet {
namespace {

struct OtherUnit {
    std::string_view quantity, unit, advice;
};
constexpr auto other_units = std::to_array<OtherUnit>({
    {"energy", "J", "multiply every energy by 1e12"},
    {"energy", "mJ", "multiply every energy by 1e9"},
    {"energy", "uJ", "multiply every energy by 1e6"},
    {"energy", "nJ", "multiply every energy by 1000"},
    {"energy", "fJ", "divide every energy by 1000"},
    {"area", "m2", "multiply every area by 1e12"},
    {"area", "m^2", "multiply every area by 1e12"},
    {"area", "mm2", "multiply every area by 1e6"},
    {"area", "mm^2", "multiply every area by 1e6"},
    {"area", "um^2", "the same, spelt um2"},
    {"area", "nm2", "divide every area by 1e6"},
    {"leakage", "W", "multiply every leakage by 1e6"},
    {"leakage", "mW", "multiply every leakage by 1000"},
    {"leakage", "nW", "divide every leakage by 1000"},
});

void check_units(const Node& root, Diagnostics& errors) {
    for (std::size_t q = 0; q < quantity_count; ++q) {
        const std::string key = fmt::format("units.{}", name(static_cast<Quantity>(q)));
        const Node* node = root.at(key);
        if (node == nullptr || !node->is_scalar() || node->text == unit_of(static_cast<Quantity>(q)))
            continue;
        std::string message =
            fmt::format("expected {}, got {}", unit_of(static_cast<Quantity>(q)), describe_value(*node));
        for (const OtherUnit& other : other_units)
            if (other.quantity == name(static_cast<Quantity>(q)) && other.unit == node->text)
                message += fmt::format("; {}", other.advice);
        errors.add(node->location, key, message);
    }
}

// The checks of one row that need the table, or more than one of its keys.
class RowCheck {
  public:
    RowCheck(const CostTable& table, const CostRow& row, const Node& node, std::string path,
             Diagnostics& errors)
        : table_(table), row_(row), node_(node), path_(std::move(path)), errors_(errors) {}

    void run() {
        check_actions();
        check_axes();
        bool priced = false;
        for (std::size_t q = 0; q < quantity_count; ++q) priced |= check_values(static_cast<Quantity>(q));
        if (!priced) add("", "a row needs an energy, an area or a leakage");
        if (row_.actions.empty() && !row_[Quantity::energy].empty())
            add("energy", "a row without an action has no energy: name the action that takes it");
        check_size(Quantity::energy, 1e-8, "are they in J? Multiply by 1e12 for pJ");
        check_size(Quantity::area, 1e-4, "are they in m2 or mm2? Multiply by 1e12 or 1e6 for um2");
    }

  private:
    void add(std::string_view key, std::string message) {
        const Entry* entry = node_.find(key);
        errors_.add(entry == nullptr ? node_.location : entry->value.location,
                    key.empty() ? path_ : fmt::format("{}.{}", path_, key), std::move(message));
    }

    void check_actions() {
        for (const auto& component : row_.components)
            for (const auto& action : row_.actions)
                if (!has_action(component, action))
                    add("action", fmt::format("{} has no action {}", component, action));
    }

    void check_axes() {
        for (const RowKey& key : row_.keys) {
            if (!key.is_axis()) continue;
            if (std::ranges::adjacent_find(key.points, std::greater_equal{}) != key.points.end())
                add(key.name, "the points of an axis must ascend");
        }
    }

    bool check_values(Quantity quantity) {
        const std::vector<double>& values = row_[quantity];
        if (values.empty()) return false;
        std::size_t expected = 1;
        std::string product;
        for (const RowKey& key : row_.keys) {
            if (!key.is_axis()) continue;
            expected *= key.points.size();
            product += fmt::format("{}{} of {}", product.empty() ? "" : " x ", key.points.size(), key.name);
            if (table_.interpolation(key.name, quantity) == Interpolation::none)
                add(key.name,
                    fmt::format("a list needs a line between its points: add `{}: linear` to interpolate",
                                key.name));
        }
        if (values.size() != expected)
            add(name(quantity),
                product.empty()
                    ? fmt::format("expected 1 number, got {}; a list needs an axis, such as "
                                  "clock_mhz with as many points",
                                  values.size())
                    : fmt::format("expected {} numbers ({}), got {}", expected, product, values.size()));
        return true;
    }

    // No switching event takes less than 1e-8 pJ (some kT at room temperature), and no transistor 1e-4 um2.
    void check_size(Quantity quantity, double least, std::string_view hint) {
        const std::vector<double>& values = row_[quantity];
        const bool tiny = std::ranges::all_of(values, [&](double value) { return value < least; });
        const bool something = std::ranges::any_of(values, [](double value) { return value > 0; });
        if (tiny && something)
            add(name(quantity),
                fmt::format("below {} {} is less than physics allows; {}", least, unit_of(quantity), hint));
    }

    const CostTable& table_;
    const CostRow& row_;
    const Node& node_;
    std::string path_;
    Diagnostics& errors_;
};

std::string place_of(const Location& location) {
    if (location.line == 0 || location.file == nullptr) return to_string(location);
    return fmt::format("{}:{}", std::filesystem::path(*location.file).filename().string(), location.line);
}

}  // namespace

CostTable read_costs(const Node& root, const std::string& path, Diagnostics& errors) {
    CostTable table;
    table.path = path;
    const std::size_t before = errors.total();
    read(root, table, errors, {"kind", "extends"});
    check_units(root, errors);
    const Node* rows = root.at("rows");
    if (rows == nullptr || !rows->is_list()) return table;
    for (std::size_t i = 0; i < std::min(table.rows.size(), rows->items.size()); ++i) {
        const Node& node = rows->items[i];
        table.rows[i].where = to_string(node.location);
        table.rows[i].place = place_of(node.location);
        table.rows[i].line = node.location.line;
        if (node.is_map()) RowCheck(table, table.rows[i], node, fmt::format("rows[{}]", i), errors).run();
    }
    if (errors.total() > before) return table;
    if (const Node* list = root.at("adjust")) adjust(table, *list, errors);
    if (!table.scale || errors.total() > before) return table;
    if (const std::string fault = unscalable(*table.scale); !fault.empty())
        errors.add(root.at("scale")->location, "scale", fault);
    else
        scale(table, *table.scale, *rows, errors);
    return table;
}

std::string default_cost_table(const std::string& beside) {
    const std::filesystem::path shipped = resolve_argument("configs/costs/asplos24-40nm.yaml");
    const auto near = std::filesystem::path(beside).parent_path() / ".." / "costs" / shipped.filename();
    std::error_code ignored;
    return !std::filesystem::exists(shipped, ignored) && std::filesystem::exists(near, ignored)
               ? near.string()
               : shipped.string();
}

}  // namespace octet
