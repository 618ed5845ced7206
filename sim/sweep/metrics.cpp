#include "sim/sweep/metrics.h"

#include <algorithm>
#include <array>

#include "sim/compare/metrics.h"

namespace octet {
namespace {

using Json = nlohmann::ordered_json;

struct Further {
    std::string_view name, pointer;
};
constexpr auto further = std::to_array<Further>({{"utilization", "/cycles/utilization"},
                                                 {"mfu", "/metrics/mfu"},
                                                 {"tokens_per_second", "/metrics/tokens_per_second"}});

struct Title {
    std::string_view metric, title;
};
constexpr auto titles = std::to_array<Title>({{"cycles", "latency (cycles)"},
                                              {"latency_ms", "latency (ms)"},
                                              {"energy_uj", "energy (uJ)"},
                                              {"area_mm2", "area (mm2)"},
                                              {"edp", "energy-delay product (uJ ms)"},
                                              {"tops_per_watt", "efficiency (TOPS/W)"},
                                              {"dram_mib", "DRAM traffic (MiB)"},
                                              {"sqnr_db", "signal-to-noise ratio (dB)"},
                                              {"perplexity", "perplexity (1)"},
                                              {"accuracy", "accuracy (1)"},
                                              {"power_mw", "power (mW)"},
                                              {"utilization", "utilization (1)"},
                                              {"mfu", "model FLOPs utilization (1)"},
                                              {"tokens_per_second", "tokens (1/s)"}});

Json number(const std::optional<double>& value) {
    return value ? Json(*value) : Json(nullptr);
}

}  // namespace

const std::vector<std::string_view>& sweep_metric_names() {
    static const std::vector<std::string_view> names = [] {
        std::vector<std::string_view> list;
        for (const Metric& metric : metrics) list.push_back(metric.name);
        list.emplace_back("power_mw");
        for (const Further& metric : further) list.push_back(metric.name);
        return list;
    }();
    return names;
}

bool is_sweep_metric(std::string_view name) {
    return std::ranges::find(sweep_metric_names(), name) != sweep_metric_names().end();
}

std::string_view axis_title(std::string_view metric) {
    const auto* found = std::ranges::find(titles, metric, &Title::metric);
    return found == titles.end() ? metric : found->title;
}

Json sweep_metrics(const Json& result) {
    const Figures figures = figures_of(result);
    Json values = Json::object();
    for (std::size_t i = 0; i < metric_count; ++i) {
        const auto& figure = figures[i];
        if (figure && metrics[i].integer && metrics[i].scale == 1)
            values[std::string(metrics[i].name)] = static_cast<std::uint64_t>(*figure);
        else
            values[std::string(metrics[i].name)] =
                number(figure ? std::optional(*figure * metrics[i].scale) : figure);
    }
    const Json &latency = values["latency_ms"], &energy = values["energy_uj"];
    values["power_mw"] = latency.is_number() && energy.is_number() && latency.get<double>() > 0
                             ? Json(energy.get<double>() / latency.get<double>())
                             : Json(nullptr);
    for (const Further& metric : further) {
        const Json::json_pointer place{std::string(metric.pointer)};
        values[std::string(metric.name)] = result.contains(place) ? result.at(place) : Json(nullptr);
    }
    return values;
}

}  // namespace octet
