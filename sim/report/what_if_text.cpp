#include "sim/report/what_if_text.h"

#include <fmt/format.h>

#include <cmath>

namespace octet {
namespace {

double ratio(double a, double b) {
    return b > 0 ? a / b : 0;
}

nlohmann::ordered_json number(double value) {
    return std::isfinite(value) ? nlohmann::ordered_json(value) : nlohmann::ordered_json(nullptr);
}

}  // namespace

std::string what_if_text(const WhatIfs& all) {
    std::string out =
        "\nWhat if there were twice of it, or half of a time; each alone, against the run as it is\n"
        "  speed-up        cycles  energy    area\n";
    for (const WhatIf& entry : all.changes) {
        const std::string change =
            fmt::format("{} {} to {}", entry.change.key, entry.change.from, entry.change.to);
        if (!entry.figures) {
            out += fmt::format("         -             -       -       -  {}: {}\n", change, entry.error);
            continue;
        }
        const RunFigures& f = *entry.figures;
        out +=
            fmt::format("  {:7.3f}x  {:12}  {:5.3f}x  {:5.3f}x  {}\n", entry.speedup, f.cycles,
                        ratio(f.energy_pj, all.base.energy_pj), ratio(f.area_um2, all.base.area_um2), change);
    }
    return out;
}

nlohmann::ordered_json what_if_json(const WhatIfs& all) {
    nlohmann::ordered_json list = nlohmann::ordered_json::array();
    for (const WhatIf& entry : all.changes) {
        nlohmann::ordered_json object{
            {"key", entry.change.key}, {"from", entry.change.from}, {"to", entry.change.to}};
        if (entry.figures) {
            object["speedup"] = number(entry.speedup);
            object["cycles"] = entry.figures->cycles;
            object["seconds"] = number(entry.figures->seconds);
            object["energy_pj"] = number(entry.figures->energy_pj);
            object["area_um2"] = number(entry.figures->area_um2);
        } else {
            object["error"] = entry.error;
        }
        list.push_back(std::move(object));
    }
    return list;
}

}  // namespace octet
