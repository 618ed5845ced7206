// The figures by which machines are compared, read from a result document (docs/result.md).
#pragma once
#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

namespace octet {

enum class Better : std::uint8_t { less, more };

struct Metric {
    std::string_view key;    // in documents
    std::string_view name;   // in sweeps, in the title's unit
    std::string_view title;  // for people, with its unit
    double scale;            // from the document's unit to the title's
    Better better;
    bool difference;  // set against a baseline by subtraction (decibels), not as a ratio
    bool integer;
    std::string_view source;  // a JSON pointer into a result document; empty: see figures_of
    bool objective;           // one of those that make a machine Pareto-optimal
    int decimals = -1;        // for people; -1: four digits that count
};

inline constexpr auto metrics = std::to_array<Metric>({
    {"cycles", "cycles", "cycles", 1, Better::less, false, true, "/cycles/total", false},
    {"seconds", "latency_ms", "ms", 1e3, Better::less, false, false, "/seconds", true},
    {"energy_pj", "energy_uj", "uJ", 1e-6, Better::less, false, false, "/energy/total_pj", true},
    {"area_um2", "area_mm2", "mm2", 1e-6, Better::less, false, false, "/area/total_um2", true},
    {"edp", "edp", "EDP uJ ms", 1, Better::less, false, false, "/metrics/edp", false},
    {"tops_per_watt", "tops_per_watt", "TOPS/W", 1, Better::more, false, false, "/metrics/tops_per_watt",
     false},
    {"dram_bytes", "dram_mib", "DRAM MiB", 1.0 / (1 << 20), Better::less, false, true, "", false},
    {"sqnr_db", "sqnr_db", "SQNR dB", 1, Better::more, true, false, "/numerics/sqnr_db", true},
    {"perplexity", "perplexity", "perplexity", 1, Better::less, false, false, "/numerics/perplexity", true,
     4},
    {"accuracy", "accuracy", "accuracy", 1, Better::more, false, false, "/numerics/accuracy", true, 4},
});
constexpr std::size_t metric_count = metrics.size();

// In the order of `metrics`; nothing where the run does not tell.
using Figures = std::array<std::optional<double>, metric_count>;
Figures figures_of(const nlohmann::ordered_json& result);

// `figures` against `baseline`: ratios, or differences. Nothing where one of them is missing or the baseline
// is 0.
Figures relative_to(const Figures& figures, const Figures& baseline);

// For each machine the metrics in which none is better; those that all miss are nobody's.
std::vector<std::array<bool, metric_count>> best_of(const std::vector<Figures>& machines);

// Which machines are Pareto-optimal in the objectives that all of them have: no other one is at least as good
// in each and better in one.
std::vector<bool> pareto_of(const std::vector<Figures>& machines);

}  // namespace octet
