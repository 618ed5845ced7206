#include "sim/report/markdown.h"

#include <fmt/format.h>

#include <algorithm>

#include "sim/report/html/headline.h"
#include "sim/report/numbers.h"
#include "sim/report/text_table.h"

namespace octet {
namespace {

using Json = nlohmann::ordered_json;

std::string exact(const Json& value) {
    if (value.is_null()) return "";
    return value.is_string() ? value.get<std::string>() : value.dump();
}

std::string shown(const Json& value, double scale = 1) {
    if (value.is_number_integer() && scale == 1) return grouped(value.get<std::uint64_t>());
    if (!value.is_number()) return exact(value);
    const double number = value.get<double>() * scale;
    return number < 0 ? "-" + short_number(-number) : short_number(number);
}

// Operations of a run or points of a sweep, column by column.
struct Column {
    std::string title;
    Json::json_pointer place;
    double scale = 1;
    bool words = false;
};

TextTable table_of(const std::vector<const Json*>& rows, const std::vector<Column>& columns,
                   bool for_people) {
    std::vector<TextTable::Column> titles;
    for (const Column& column : columns) titles.push_back({column.title, !column.words});
    TextTable table(titles);
    for (const Json* row : rows) {
        std::vector<std::string> cells;
        for (const Column& column : columns) {
            const Json value = row->contains(column.place) ? row->at(column.place) : Json(nullptr);
            cells.push_back(for_people ? shown(value, column.scale) : exact(value));
        }
        table.add(std::move(cells));
    }
    return table;
}

std::vector<const Json*> items(const Json& list) {
    std::vector<const Json*> rows;
    for (const Json& item : list) rows.push_back(&item);
    return rows;
}

Column at(std::string title, const std::string& key, double scale = 1, bool words = false) {
    Json::json_pointer place;
    place /= key;
    return {std::move(title), place, scale, words};
}

std::vector<Column> operation_columns(bool for_people) {
    if (for_people)
        return {at("operation", "name", 1, true),
                at("kind", "kind", 1, true),
                at("MACs", "macs"),
                at("cycles", "cycles"),
                at("ideal (cycles)", "ideal_cycles"),
                at("energy (uJ)", "energy_pj", 1e-6),
                at("SQNR (dB)", "sqnr_db")};
    std::vector<Column> columns;
    for (const char* key : {"name", "kind", "macs", "start", "end", "cycles", "array_cycles", "ideal_cycles",
                            "energy_pj", "sqnr_db", "max_abs_error"})
        columns.push_back(at(key, key));
    return columns;
}

std::vector<Column> metric_columns(const Json& metrics, bool for_people) {
    std::vector<Column> columns;
    for (const Json& metric : metrics) {
        const std::string key = metric.at("key").get<std::string>();
        columns.push_back(
            for_people ? at(metric.at("title").get<std::string>(), key, metric.at("scale").get<double>())
                       : at(key, key));
    }
    return columns;
}

std::vector<Column> point_columns(const Json& sweep, const Json& names, bool for_people) {
    std::vector<Column> columns{at("id", "id")};
    if (!for_people) {
        columns.push_back(at("status", "status"));
        columns.push_back(at("message", "message"));
    }
    const auto under = [](const char* part, const std::string& key) {
        Json::json_pointer place;
        place /= part;
        place /= key;
        return place;
    };
    for (const Json& key : sweep.at("keys"))
        columns.push_back({key.get<std::string>(), under("config", key.get<std::string>()), 1, for_people});
    for (const Json& name : names)
        columns.push_back({name.get<std::string>(), under("metrics", name.get<std::string>())});
    return columns;
}

std::string components(const Json& run) {
    TextTable table({{"component", false}, {"energy (uJ)"}, {"share (%)"}, {"area (mm2)"}});
    const Json &energy = run.at("energy"), &area = run.at("area").at("components");
    for (const auto& [name, value] : energy.at("components").items()) {
        const double share =
            100 * value.get<double>() / std::max(1e-300, energy.at("total_pj").get<double>());
        table.add({name, shown(value, 1e-6), fmt::format("{:.1f}", share),
                   area.contains(name) ? shown(area.at(name), 1e-6) : ""});
    }
    return table.markdown();
}

std::string units(const Json& run) {
    TextTable table({{"unit", false}, {"busy (cycles)"}, {"stall (cycles)"}, {"idle (cycles)"}});
    for (const auto& [name, unit] : run.at("cycles").at("units").items())
        table.add({name, shown(unit.at("busy")), shown(unit.at("stall")), shown(unit.at("idle"))});
    return table.markdown();
}

std::string memory(const Json& run) {
    TextTable table({{"memory of a step", false}, {"bytes"}});
    for (const auto& [name, bytes] : run.at("memory").items()) table.add({name, shown(bytes)});
    return table.markdown();
}

Json labelled_rows(const Json& comparison) {
    Json rows = comparison.at("rows");
    for (std::size_t i = 0; i < rows.size(); ++i) rows[i]["label"] = comparison.at("labels").at(i);
    return rows;
}

}  // namespace

std::string report_markdown(const ReportInput& input) {
    const Json& d = input.document;
    std::string out = fmt::format("# {}\n\n{}\n", input.title, headline(input));
    if (input.kind == ReportKind::run) {
        out += fmt::format("\n## Energy and area\n\n{}\n## Units\n\n{}", components(d), units(d));
        if (d.contains("memory")) out += "\n## Memory\n\n" + memory(d);
        out += fmt::format("\n## Operations\n\n{}",
                           table_of(items(d.at("operations")), operation_columns(true), true).markdown());
    } else if (input.kind == ReportKind::compare) {
        const Json rows = labelled_rows(d);
        auto columns = metric_columns(d.at("metrics"), true);
        std::erase_if(columns, [&](const Column& column) {
            return std::ranges::all_of(rows, [&](const Json& row) { return row.at(column.place).is_null(); });
        });
        columns.insert(columns.begin(), at("", "label", 1, true));
        columns.push_back(at("Pareto-optimal", "pareto", 1, true));
        out += "\n" + table_of(items(rows), columns, true).markdown();
    } else {
        std::vector<const Json*> front;
        for (const Json& row : d.at("rows"))
            if (std::ranges::find(d.at("pareto"), row.at("id")) != d.at("pareto").end())
                front.push_back(&row);
        out += "\n" + table_of(front, point_columns(d, d.at("objectives"), true), true).markdown();
    }
    return out;
}

std::string report_csv(const ReportInput& input) {
    const Json& d = input.document;
    if (input.kind == ReportKind::run)
        return table_of(items(d.at("operations")), operation_columns(false), false).csv();
    if (input.kind == ReportKind::compare) {
        const Json rows = labelled_rows(d);
        auto columns = metric_columns(d.at("metrics"), false);
        columns.insert(columns.begin(), at("row", "label", 1, true));
        columns.push_back(at("pareto", "pareto"));
        return table_of(items(rows), columns, false).csv();
    }
    Json names = Json::array();
    for (const Json& metric : d.at("metrics")) names.push_back(metric.at("name"));
    return table_of(items(d.at("rows")), point_columns(d, names, false), false).csv();
}

}  // namespace octet
