#include "sim/compare/metrics.h"

#include <algorithm>
#include <string>

#include "sim/compare/pareto.h"

namespace octet {
namespace {

std::optional<double> number_at(const nlohmann::ordered_json& result, std::string_view pointer) {
    const nlohmann::ordered_json::json_pointer place{std::string(pointer)};
    if (!result.contains(place) || !result.at(place).is_number()) return std::nullopt;
    return result.at(place).get<double>();
}

bool is_better(const Metric& metric, double a, double b) {
    return metric.better == Better::less ? a < b : a > b;
}

bool all_have(const std::vector<Figures>& machines, std::size_t metric) {
    return std::ranges::all_of(machines, [&](const Figures& f) { return f[metric].has_value(); });
}

}  // namespace

Figures figures_of(const nlohmann::ordered_json& result) {
    Figures figures;
    for (std::size_t i = 0; i < metric_count; ++i)
        if (!metrics[i].source.empty()) figures[i] = number_at(result, metrics[i].source);
    const auto read = number_at(result, "/traffic/dram_read_bytes"),
               written = number_at(result, "/traffic/dram_write_bytes");
    const auto bytes = std::ranges::find(metrics, "dram_bytes", &Metric::key) - metrics.begin();
    if (read && written) figures[static_cast<std::size_t>(bytes)] = *read + *written;
    return figures;
}

Figures relative_to(const Figures& figures, const Figures& baseline) {
    Figures relative;
    for (std::size_t i = 0; i < metric_count; ++i) {
        if (!figures[i] || !baseline[i]) continue;
        if (metrics[i].difference)
            relative[i] = *figures[i] - *baseline[i];
        else if (*baseline[i] != 0)
            relative[i] = *figures[i] / *baseline[i];
    }
    return relative;
}

std::vector<std::array<bool, metric_count>> best_of(const std::vector<Figures>& machines) {
    std::vector<std::array<bool, metric_count>> best(machines.size());
    for (std::size_t i = 0; i < metric_count; ++i)
        for (std::size_t m = 0; m < machines.size(); ++m)
            best[m][i] = machines[m][i] && std::ranges::none_of(machines, [&](const Figures& other) {
                             return other[i] && is_better(metrics[i], *other[i], *machines[m][i]);
                         });
    return best;
}

std::vector<bool> pareto_of(const std::vector<Figures>& machines) {
    std::vector<std::vector<double>> costs(machines.size());
    for (std::size_t i = 0; i < metric_count; ++i) {
        if (!metrics[i].objective || !all_have(machines, i)) continue;
        const double sign = metrics[i].better == Better::less ? 1 : -1;
        for (std::size_t m = 0; m < machines.size(); ++m) costs[m].push_back(sign * *machines[m][i]);
    }
    return pareto_front(costs);
}

}  // namespace octet
