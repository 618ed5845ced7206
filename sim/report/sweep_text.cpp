#include "sim/report/sweep_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "sim/report/numbers.h"
#include "sim/report/text_table.h"

namespace octet {
namespace {

using Json = nlohmann::ordered_json;

// Text without quotes; a number as short as it reads back.
std::string plain(const Json& value) {
    if (value.is_null()) return "";
    return value.is_string() ? value.get<std::string>() : value.dump();
}

std::string shown(const Json& value) {
    return value.is_number_float() ? signed_number(value.get<double>()) : plain(value);
}

const Json* find(const StoredPoint& point, const std::string& column) {
    for (const Json* part : {&point.config, &point.metrics})
        if (const auto found = part->find(column); found != part->end()) return &*found;
    return nullptr;
}

// Keys that have more than one value among the points.
std::vector<std::string> varying_keys(const std::vector<SweepPoint>& points) {
    std::vector<std::string> keys;
    for (const auto& [key, value] : points.front().config.items())
        if (std::ranges::any_of(points, [&](const SweepPoint& p) { return p.config.at(key) != value; }))
            keys.push_back(key);
    return keys;
}

// The objectives, then what every reader wants to see.
std::vector<std::string> shown_metrics(std::vector<std::string> names, const SweepPoint& point) {
    for (const char* metric :
         {"latency_ms", "energy_uj", "area_mm2", "tops_per_watt", "sqnr_db", "perplexity"})
        if (std::ranges::find(names, metric) == names.end() && point.metrics.at(metric).is_number())
            names.emplace_back(metric);
    return names;
}

// "3 x its process was ended ...": each message once.
std::string reasons(const std::vector<StoredPoint>& failed) {
    std::map<std::string, std::vector<std::int64_t>> points;
    for (const StoredPoint& point : failed)
        points[fmt::format("{}: {}", name(point.status), point.message.substr(0, point.message.find('\n')))]
            .push_back(point.id);
    std::string text;
    for (const auto& [message, ids] : points)
        text += fmt::format("  {} x {} (point {})\n", ids.size(), message, ids[0]);
    return text;
}

}  // namespace

std::string sweep_text(const SweepResult& result, const std::vector<SweepObjective>& objectives,
                       const std::vector<StoredPoint>& failed, std::size_t most, bool colour) {
    std::string out = fmt::format("{} points: {} done, {} failed, {} invalid", result.points.size(),
                                  result.count(PointStatus::done), result.count(PointStatus::failed),
                                  result.count(PointStatus::invalid));
    if (result.excluded > 0) out += fmt::format("; {} more excluded by constraints", result.excluded);
    out += fmt::format("; {} simulations, {} points known before\n", result.simulated, result.reused);
    if (!result.complete())
        out += fmt::format("{} points are missing: the sweep goes on from here when it is run again\n",
                           result.missing.size());
    out += reasons(failed);

    std::vector<const SweepPoint*> front;
    for (const SweepPoint& point : result.points)
        if (point.pareto) front.push_back(&point);
    if (front.empty()) return out + "no point is done and within the constraints\n";
    const auto first = objectives.front().metric;
    std::ranges::stable_sort(front, {},
                             [&](const SweepPoint* p) { return p->metrics.at(first).get<double>(); });
    std::vector<std::string> names;
    for (const SweepObjective& objective : objectives) names.push_back(objective.metric);
    out += fmt::format("\n{} Pareto-optimal in {}\n", front.size(), fmt::join(names, ", "));
    const auto keys = varying_keys(result.points);
    const auto metrics = shown_metrics(names, *front[0]);
    std::vector<TextTable::Column> columns{{"id"}};
    for (const std::string& key : keys) columns.push_back({key, !front[0]->config.at(key).is_string()});
    for (const std::string& metric : metrics) columns.push_back({metric});
    TextTable table(columns);
    for (std::size_t i = 0; i < std::min(most, front.size()); ++i) {
        std::vector<std::string> cells{fmt::format("{}", front[i]->id)};
        for (const std::string& key : keys) cells.push_back(shown(front[i]->config.at(key)));
        for (const std::string& metric : metrics) cells.push_back(shown(front[i]->metrics.at(metric)));
        table.add(std::move(cells));
    }
    out += table.aligned(colour);
    if (front.size() > most) out += fmt::format("... and {} more\n", front.size() - most);
    return out;
}

std::vector<std::string> columns_of(const std::vector<StoredPoint>& points) {
    std::vector<std::string> columns;
    const auto add = [&](const std::string& key) {
        if (std::ranges::find(columns, key) == columns.end()) columns.push_back(key);
    };
    for (const StoredPoint& point : points)
        for (const auto& [key, value] : point.config.items()) add(key);
    for (const StoredPoint& point : points)
        for (const auto& [key, value] : point.metrics.items()) add(key);
    return columns;
}

std::string sweep_csv(const std::vector<StoredPoint>& points, const std::vector<std::string>& columns) {
    const auto wanted = columns.empty() ? columns_of(points) : columns;
    std::vector<TextTable::Column> titles{{"id"}, {"status"}, {"message"}};
    for (const std::string& column : wanted) titles.push_back({column});
    TextTable table(titles);
    for (const StoredPoint& point : points) {
        std::vector<std::string> cells{fmt::format("{}", point.id), std::string(name(point.status)),
                                       point.message};
        for (const std::string& column : wanted) {
            const Json* value = find(point, column);
            cells.push_back(value == nullptr ? "" : plain(*value));
        }
        table.add(std::move(cells));
    }
    return table.csv();
}

nlohmann::ordered_json sweep_rows(const std::vector<StoredPoint>& points,
                                  const std::vector<std::string>& columns) {
    const auto only = [&](const Json& all) {
        if (columns.empty()) return all;
        Json some = Json::object();
        for (const std::string& column : columns)
            if (const auto found = all.find(column); found != all.end()) some[column] = *found;
        return some;
    };
    Json rows = Json::array();
    for (const StoredPoint& point : points)
        rows.push_back({{"id", point.id},
                        {"status", name(point.status)},
                        {"message", point.message},
                        {"config", only(point.config)},
                        {"metrics", only(point.metrics)}});
    return rows;
}

}  // namespace octet
