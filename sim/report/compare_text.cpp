#include "sim/report/compare_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "sim/report/numbers.h"
#include "sim/report/terminal.h"
#include "sim/report/text_table.h"

namespace octet {
namespace {

// Metrics that at least one row has.
std::vector<std::size_t> shown_metrics(const FormatComparison& comparison) {
    std::vector<std::size_t> shown;
    for (std::size_t i = 0; i < metric_count; ++i)
        if (std::ranges::any_of(comparison.rows, [&](const auto& row) { return row.figures[i].has_value(); }))
            shown.push_back(i);
    return shown;
}

std::string absolute_text(const ComparedRow& row, std::size_t metric) {
    const auto& value = row.figures[metric];
    if (!value) return "-";
    const Metric& m = metrics[metric];
    if (m.key == "cycles") return grouped(static_cast<std::uint64_t>(*value));
    if (m.decimals >= 0) return fmt::format("{:.{}f}", *value * m.scale, m.decimals);
    return m.difference ? fmt::format("{:.2f}", *value) : short_number(*value * m.scale);
}

std::string starred(const ComparedRow& row, std::size_t metric) {
    return absolute_text(row, metric) + (row.best[metric] ? "*" : " ");
}

std::string bold(const ComparedRow& row, std::size_t metric) {
    const std::string text = absolute_text(row, metric);
    return row.best[metric] ? fmt::format("**{}**", text) : text;
}

std::string relative_cell(const ComparedRow& row, std::size_t metric) {
    const auto& value = row.relative[metric];
    if (!value) return "-";
    if (metrics[metric].difference) return fmt::format("{:+.2f}", *value);
    return fmt::format("{:.{}f}", *value, std::max(3, metrics[metric].decimals));
}

std::vector<TextTable::Column> columns_of(const FormatComparison& comparison,
                                          const std::vector<std::size_t>& shown) {
    std::vector<TextTable::Column> columns;
    for (const std::string& dimension : comparison.dimensions) columns.push_back({dimension, false});
    if (columns.empty()) columns.push_back({"format", false});
    for (const std::size_t metric : shown) columns.push_back({std::string(metrics[metric].title), true});
    return columns;
}

std::vector<std::string> names_of(const ComparedRow& row) {
    return row.values.empty() ? std::vector{row.format} : row.values;
}

TextTable table_of(const FormatComparison& comparison, const auto& cell_of) {
    const auto shown = shown_metrics(comparison);
    TextTable table(columns_of(comparison, shown));
    for (const ComparedRow& row : comparison.rows) {
        std::vector<std::string> cells = names_of(row);
        for (const std::size_t metric : shown) cells.push_back(cell_of(row, metric));
        table.add(std::move(cells));
    }
    return table;
}

std::string label_of(const ComparedRow& row) {
    return fmt::format("{}", fmt::join(names_of(row), ", "));
}

// Above the tables: what was simulated.
std::string title_of(const FormatComparison& comparison) {
    for (const ComparedRow& row : comparison.rows)
        if (row.error.empty())
            return fmt::format("{} on {}\n", title_of_work(row.result.at("workload"), row.result.at("phase")),
                               row.result.at("/accelerator/name"_json_pointer).get<std::string>());
    return {};
}

// Below the tables: the marks, the front, the notes.
std::vector<std::string> footer(const FormatComparison& comparison, std::string_view mark) {
    std::vector<std::string> front, objectives;
    for (const ComparedRow& row : comparison.rows)
        if (row.pareto) front.push_back(label_of(row));
    for (const std::size_t i : shown_metrics(comparison))
        if (metrics[i].objective) objectives.emplace_back(metrics[i].title);
    std::vector<std::string> lines{
        fmt::format("{}: the best of its column", mark),
        fmt::format("Pareto-optimal in {}: {}", fmt::join(objectives, ", "), fmt::join(front, "; "))};
    lines.insert(lines.end(), comparison.notes.begin(), comparison.notes.end());
    return lines;
}

std::string relative_title(const FormatComparison& comparison) {
    const auto shown = shown_metrics(comparison);
    const bool decibels = std::ranges::any_of(shown, [](std::size_t i) { return metrics[i].difference; });
    const ComparedRow& first = comparison.rows[comparison.rows.front().baseline];
    const bool one = std::ranges::all_of(comparison.rows, [&](const ComparedRow& row) {
        return row.baseline == comparison.rows.front().baseline;
    });
    return fmt::format("relative to {}{}{}", one ? label_of(first) : first.format,
                       one ? "" : " with the same values otherwise",
                       decibels ? " (decibels: the difference)" : "");
}

}  // namespace

std::string compare_text(const FormatComparison& comparison, bool colour) {
    return fmt::format("{}{}\n{}\n{}\n{}\n", title_of(comparison),
                       table_of(comparison, starred).aligned(colour), relative_title(comparison),
                       table_of(comparison, relative_cell).aligned(colour),
                       fmt::join(footer(comparison, "*"), "\n"));
}

std::string compare_markdown(const FormatComparison& comparison) {
    std::string out =
        fmt::format("{}\n{}\n{}:\n\n{}\n", title_of(comparison), table_of(comparison, bold).markdown(),
                    relative_title(comparison), table_of(comparison, relative_cell).markdown());
    for (const std::string& line : footer(comparison, "Bold")) out += fmt::format("- {}\n", line);
    return out;
}

std::string compare_csv(const FormatComparison& comparison) {
    std::vector<TextTable::Column> columns;
    for (const char* name : {"format", "fusion", "softmax", "array"}) columns.push_back({name});
    for (const Metric& metric : metrics) columns.push_back({std::string(metric.key)});
    for (const Metric& metric : metrics) columns.push_back({fmt::format("relative_{}", metric.key)});
    columns.push_back({"pareto"});
    columns.push_back({"error"});
    TextTable table(columns);
    for (const ComparedRow& row : comparison.rows) {
        std::vector<std::string> cells{row.format, row.fusion, row.softmax, row.array};
        for (std::size_t i = 0; i < metric_count; ++i)
            cells.push_back(!row.figures[i]      ? ""
                            : metrics[i].integer ? fmt::format("{:.0f}", *row.figures[i])
                                                 : fmt::format("{}", *row.figures[i]));
        for (const auto& value : row.relative) cells.push_back(value ? fmt::format("{}", *value) : "");
        cells.emplace_back(row.pareto ? "true" : "false");
        cells.push_back(row.error);
        table.add(std::move(cells));
    }
    return table.csv();
}

}  // namespace octet
