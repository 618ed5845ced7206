// The outcome of a run as plain data: what `octet run --json` prints. Keys and meaning are those of docs/result.md.
#pragma once
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "models/accelerator/config.h"
#include "models/accelerator/report.h"
#include "models/activity.h"

namespace octet {

enum class Confidence : std::uint8_t { published, measured, scaled, fitted, assumed, count };
constexpr std::size_t confidence_count = static_cast<std::size_t>(Confidence::count);
std::string_view name(Confidence confidence);

struct Shares {  // energy or area, by component and by how well its prices are known
    double total = 0;
    std::array<double, component_count> components{};
    std::array<double, confidence_count> confidence{};
};

struct OperationResult {
    std::string name, kind;
    std::uint64_t macs = 0;
    Cycle start = 0, end = 0;
    std::uint64_t array_cycles = 0;  // 0 if the array was not used
    double ideal_cycles = 0;
    StallCounts stalls{};
    double energy_pj = 0;
    std::array<double, component_count> components{};
};

struct Result {
    nlohmann::json accelerator, workload, phase;  // resolved inputs
    std::uint64_t seed = 0;
    MachineReport machine;
    Cycle ideal = 0;
    std::string bound_by;   // the resource that sets `ideal`
    double utilization = 0;
    double seconds = 0;
    std::uint64_t macs = 0;
    Shares energy, area;
    std::vector<OperationResult> operations;
    std::optional<double> tops_per_watt, edp, mfu, tokens_per_second;
};

// The document, schema 1. Non-finite numbers become null.
nlohmann::json to_json(const Result& result);

// Throws std::logic_error naming the first invariant of docs/result.md that does not hold.
void check_invariants(const Result& result);

}  // namespace octet
