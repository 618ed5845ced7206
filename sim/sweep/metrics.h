// What objectives and constraints of a sweep may name, read from a result document.
#pragma once
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace octet {

// Those of a comparison (sim/compare/metrics.h) and utilization, power_mw, tokens_per_second, mfu.
const std::vector<std::string_view>& sweep_metric_names();
bool is_sweep_metric(std::string_view name);

// With its unit, for people: "latency (ms)".
std::string_view axis_title(std::string_view metric);

// All of them by name; null where the run does not tell.
nlohmann::ordered_json sweep_metrics(const nlohmann::ordered_json& result);

}  // namespace octet
