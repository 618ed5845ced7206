#include "sim/config/sweep.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "sim/config/reader.h"
#include "sim/config/scalars.h"
#include "sim/config/sweep_keys.h"

namespace octet {
namespace {

// "array.rows": letters, digits and underscores between single dots.
bool is_dotted_key(std::string_view key) {
    bool in_part = false;
    for (const char c : key) {
        const bool word =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
        if (!word && !(c == '.' && in_part)) return false;
        in_part = word;
    }
    return in_part;
}

void read_list(const Reader& axes, const Entry& entry, SweepAxis& axis) {
    if (entry.value.items.empty())
        axes.diagnostics().add(entry.value.location, axes.key_path(entry.key), "the list is empty");
    axis.values = entry.value.items;
}

void read_spacing(Reader& axis, SweepAxis& value) {
    constexpr auto forms = std::to_array<Named<AxisKind>>(
        {{"log", AxisKind::log}, {"range", AxisKind::range}, {"same_as", AxisKind::same_as}});
    std::size_t given = 0;
    for (const auto& form : forms) {
        if (axis.find(form.name) == nullptr) continue;
        ++given;
        value.kind = form.value;
        if (form.value == AxisKind::same_as)
            axis.text(form.name, value.same_as, "");
        else
            axis.numbers(form.name, value.spacing, {-1e18, 1e18}, "");
    }
    const auto& s = value.spacing;
    if (given != 1) {
        axis.error("",
                   "expected a list of values, {log: [FIRST, LAST, POINTS]}, {range: [FIRST, LAST, STEP]} or "
                   "{same_as: AXIS}");
    } else if (value.kind == AxisKind::log) {
        const bool good = s.size() == 3 && s[0] > 0 && s[1] >= s[0] && s[2] >= 1 && s[2] <= 100'000 &&
                          s[2] == static_cast<double>(static_cast<std::int64_t>(s[2]));
        axis.check("log", good,
                   "expected [FIRST, LAST, POINTS] with 0 < FIRST <= LAST and 1 to 100000 points");
    } else if (value.kind == AxisKind::range) {
        const bool good = s.size() == 3 && s[2] > 0 && s[1] >= s[0] && (s[1] - s[0]) / s[2] < 100'000;
        axis.check("range", good, "expected [FIRST, LAST, STEP] with FIRST <= LAST and at most 100000 steps");
    }
    axis.finish();
}

void read_axes(Reader& root, std::vector<SweepAxis>& axes) {
    const Node* node = root.find("axes", required, "a mapping of dotted keys to values");
    if (node == nullptr) return;
    const Reader reader(root, *node, "axes");
    if (!reader.is_map()) return;
    for (const auto& entry : node->entries) {
        SweepAxis& axis = axes.emplace_back();
        axis.key = entry.key;
        axis.where = entry.value.location;
        if (!is_dotted_key(entry.key))
            root.diagnostics().add(entry.key_location, reader.key_path(printable(entry.key)),
                                   "expected a dotted key, such as array.rows");
        Reader value(reader, entry.value, entry.key);
        if (entry.value.is_list())
            read_list(reader, entry, axis);
        else if (value.is_map())
            read_spacing(value, axis);
    }
    for (const auto& axis : axes) {
        const auto named = [&](const SweepAxis& other) {
            return other.key == axis.same_as && &other != &axis;
        };
        if (axis.kind == AxisKind::same_as && !axis.same_as.empty() && std::ranges::none_of(axes, named))
            root.diagnostics().add(node->find(axis.key)->value.location, reader.key_path(axis.key),
                                   fmt::format("there is no other axis {}", in_quotes(axis.same_as)));
    }
}

void read_zip(Reader& root, std::vector<ZipGroup>& zip) {
    const Node* node = root.find("zip");
    if (node == nullptr) return;
    const Reader reader(root, *node, "zip");
    if (!reader.is_list()) return;
    for (std::size_t i = 0; i < node->items.size(); ++i) {
        const Node& item = node->items[i];
        const Reader group(reader, item, i);
        auto& keys = zip.emplace_back(ZipGroup{{}, item.location}).keys;
        if (!group.is_list()) continue;
        for (const Node& key : item.items) {
            std::string problem;
            if (const auto text = as_text(key, problem); text && is_dotted_key(*text))
                keys.push_back(*text);
            else
                root.diagnostics().add(key.location, group.key_path(),
                                       fmt::format("expected a dotted key, got {}", describe_value(key)));
        }
        if (item.items.size() < 2)
            root.diagnostics().add(item.location, group.key_path(),
                                   "expected at least two axes that move together");
    }
}

std::optional<SweepConstraint> parse_constraint(std::string_view text) {
    constexpr auto comparisons = std::to_array<Named<Relation>>({{"<=", Relation::less_equal},
                                                                 {">=", Relation::greater_equal},
                                                                 {"==", Relation::equal},
                                                                 {"<", Relation::less},
                                                                 {">", Relation::greater}});
    for (const auto& row : comparisons) {
        const auto at = text.find(row.name);
        if (at == std::string_view::npos) continue;
        const auto trim = [](std::string_view part) {
            const auto first = part.find_first_not_of(' ');
            return first == part.npos ? std::string_view{}
                                      : part.substr(first, part.find_last_not_of(' ') - first + 1);
        };
        Node bound;
        bound.kind = Node::Kind::scalar;
        bound.text = trim(text.substr(at + row.name.size()));
        std::string problem;
        const auto value = as_number(bound, problem);
        const std::string key(trim(text.substr(0, at)));
        if (!value || !is_dotted_key(key)) return {};
        return SweepConstraint{key, row.value, *value, std::string(text), {}};
    }
    return {};
}

void read_constraints(Reader& root, std::vector<SweepConstraint>& constraints) {
    std::vector<std::string> texts;
    root.texts("constraints", texts, "");
    const Node* node = root.find("constraints");
    if (node == nullptr || texts.size() != node->items.size()) return;
    for (std::size_t i = 0; i < texts.size(); ++i)
        if (auto constraint = parse_constraint(texts[i])) {
            constraint->where = node->items[i].location;
            constraints.push_back(std::move(*constraint));
        } else
            root.diagnostics().add(
                node->items[i].location, fmt::format("constraints[{}]", i),
                fmt::format("expected \"KEY < NUMBER\" (or <=, >, >=, ==), got {}", in_quotes(texts[i])));
}

void read_objectives(Reader& root, std::vector<SweepObjective>& objectives) {
    const Node* node = root.find("objectives");
    if (node == nullptr) return;
    const Reader reader(root, *node, "objectives");
    if (!reader.is_list()) return;
    for (std::size_t i = 0; i < node->items.size(); ++i) {
        Reader objective(reader, node->items[i], i);
        if (!objective.is_map()) continue;
        std::string minimize, maximize;
        objective.text("minimize", minimize, "");
        objective.text("maximize", maximize, "");
        objective.check("", minimize.empty() != maximize.empty(),
                        "expected {minimize: METRIC} or {maximize: METRIC}");
        objective.finish();
        objectives.push_back(
            {minimize.empty() ? maximize : minimize, minimize.empty(), node->items[i].location});
    }
}

}  // namespace

SweepConfig read_sweep(const Node& tree, Diagnostics& diagnostics) {
    SweepConfig config;
    Reader reader(tree, diagnostics);
    reader.find("kind");
    describe(reader, config);
    if (const Node* strategy = reader.find("strategy")) config.strategy.where = strategy->location;
    read_axes(reader, config.axes);
    read_zip(reader, config.zip);
    read_constraints(reader, config.constraints);
    read_objectives(reader, config.objectives);
    reader.finish();
    return config;
}

}  // namespace octet
