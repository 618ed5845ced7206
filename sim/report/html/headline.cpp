#include "sim/report/html/headline.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "sim/report/numbers.h"
#include "sim/sweep/metrics.h"

namespace octet {
namespace {

using Json = nlohmann::ordered_json;

std::string list_of(const std::vector<std::string>& words) {
    std::string text;
    for (std::size_t i = 0; i < words.size(); ++i)
        text += (i == 0 ? "" : i + 1 == words.size() ? " and " : ", ") + words[i];
    return text;
}

double value(const Json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_number() ? found->get<double>() : 0;
}

std::string of_run(const Json& r) {
    const Json& units = r.at("cycles").at("units");
    std::string busiest;
    double most = -1;
    for (const auto& [name, unit] : units.items())
        // Codec and softmax work along with others.
        if (name != "controller" && name != "codec" && name != "softmax" && value(unit, "busy") > most) {
            most = value(unit, "busy");
            busiest = name;
        }
    return fmt::format(
        "It takes {} ms, {} uJ and {} mm2. The array works at {:.1f} % of its peak rate; the busiest unit is "
        "{}, {:.0f} % "
        "of the time.",
        short_number(value(r, "seconds") * 1e3), short_number(value(r.at("energy"), "total_pj") * 1e-6),
        short_number(value(r.at("area"), "total_um2") * 1e-6), 100 * value(r.at("cycles"), "utilization"),
        busiest, 100 * most / std::max(1.0, value(r.at("cycles"), "total")));
}

std::string of_compare(const Json& c) {
    const Json &rows = c.at("rows"), &labels = c.at("labels");
    std::vector<std::string> front;
    const Json* best = nullptr;  // the Pareto-optimal row, not its own baseline, of least energy
    std::string best_label;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (!rows[i].value("pareto", false)) continue;
        front.push_back(labels[i].get<std::string>());
        const bool is_base = rows[i].value("baseline_row", std::size_t{0}) == i;
        if (is_base || (best != nullptr && value(*best, "energy_pj") <= value(rows[i], "energy_pj")))
            continue;
        best = &rows[i];
        best_label = front.back();
    }
    std::string text = fmt::format("Pareto-optimal in time, energy, area{}: {}.",
                                   rows[0].at("sqnr_db").is_number() ? " and error" : "", list_of(front));
    if (best == nullptr) return text;
    const auto base = best->value("baseline_row", std::size_t{0});
    if (base >= labels.size()) return text;
    const Json& relative = best->at("relative");
    return fmt::format(
        "{} Against {}, {} takes {:.2f} x the time, {:.2f} x the energy and {:.2f} x the area.", text,
        labels[base].get<std::string>(), best_label, value(relative, "seconds"), value(relative, "energy_pj"),
        value(relative, "area_um2"));
}

// The largest over the smallest of a metric on the front.
double spread(const std::vector<const Json*>& front, const char* metric) {
    double low = HUGE_VAL, high = 0;
    for (const Json* row : front) {
        low = std::min(low, value(row->at("metrics"), metric));
        high = std::max(high, value(row->at("metrics"), metric));
    }
    return low > 0 ? high / low : 1;
}

std::string of_sweep(const Json& s) {
    std::vector<const Json*> front;
    std::set<std::string> formats;
    for (const Json& row : s.at("rows"))
        if (std::ranges::find(s.at("pareto"), row.at("id")) != s.at("pareto").end()) {
            front.push_back(&row);
            const auto preset = row.at("config").find("pe.preset");
            if (preset != row.at("config").end() && preset->is_string())
                formats.insert(preset->get<std::string>());
        }
    std::vector<std::string> objectives;
    for (const Json& objective : s.at("objectives")) {
        const std::string title(axis_title(objective.get<std::string>()));
        objectives.push_back(title.substr(0, title.find(" (")));
    }
    if (front.empty())
        return fmt::format("None of {} points is done and within the constraints.", s.at("rows").size());
    std::string text = fmt::format("Of {} points {} are Pareto-optimal in {}", grouped(s.at("rows").size()),
                                   grouped(front.size()), list_of(objectives));
    if (!formats.empty())
        text += fmt::format(", with the formats {}", list_of({formats.begin(), formats.end()}));
    return fmt::format(
        "{}. Along the front latency varies by {:.2f} x, energy by {:.2f} x and area by {:.2f} x.", text,
        spread(front, "latency_ms"), spread(front, "energy_uj"), spread(front, "area_mm2"));
}

}  // namespace

std::string headline(const ReportInput& input) {
    switch (input.kind) {
        case ReportKind::run:
            return of_run(input.document);
        case ReportKind::compare:
            return of_compare(input.document);
        default:
            return of_sweep(input.document);
    }
}

}  // namespace octet
