// The outcome of a run as plain data: what `octet run --json` prints. Keys and meaning are those of
// docs/result.md.
#pragma once
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "models/accelerator/report.h"
#include "models/activity.h"
#include "sim/cost/lines.h"
#include "sim/cost/shares.h"
#include "sim/run/histogram.h"
#include "sim/workload/footprint.h"

namespace octet {

// How far values are from double precision, and what went wrong on the way.
struct NumericsResult {
    std::optional<double> sqnr_db, max_abs_error;  // nothing if not finite
    std::uint64_t saturated = 0, underflowed = 0, nar = 0;
};

// Of logits, against what they should have said; nothing if not finite.
struct Scores {
    std::optional<double> nll, perplexity, accuracy;
};

// Where work stands under the roof that the array's peak and the DRAM's bandwidth make.
struct Roofline {
    std::optional<double> intensity;  // operations (2 a MAC) a byte from or to DRAM; nothing without bytes
    std::optional<double> attainable, attained;  // shares of the array's peak
};

struct OperationResult {
    std::string name, kind;
    std::uint64_t macs = 0;
    Cycle start = 0, end = 0;
    std::uint64_t array_cycles = 0;  // 0 if the array was not used
    StallCounts array_stalls{};      // in them
    double ideal_cycles = 0;
    std::string bound_by;  // the resource that sets ideal_cycles; empty if it needs none
    Roofline roofline;     // without MACs: nothing
    double oldest_cycles =
        0;  // cycles in which it was the oldest unfinished operation; they add up to the total
    StallCounts stalls{};
    Shares energy;                           // pJ
    std::optional<NumericsResult> numerics;  // of a run with values
};

// Of a gradient that has a scale: its largest magnitude in this step, and the scale that the step used.
struct GradientScale {
    std::string tensor;
    double amax = 0, scale = 1;
};

struct Result {
    nlohmann::ordered_json accelerator, workload, phase;  // resolved inputs
    std::uint64_t seed = 0;
    MachineReport machine;
    Cycle ideal = 0;
    std::string bound_by;  // the resource that sets `ideal`
    double utilization = 0;
    double seconds = 0;
    std::uint64_t macs = 0;
    Shares energy;             // pJ
    double static_energy = 0;  // of it, what time costs: leakage, control, DRAM standby
    Shares area;               // um2
    std::string cost_table;    // the file, without folders
    std::optional<Scaling> scaling;
    std::vector<EnergyLine> energy_lines;  // they add up to `energy`
    std::vector<AreaLine> area_lines;      // they add up to `area`
    std::vector<OperationResult> operations;
    std::optional<double> tops_per_watt, edp, mfu, hfu, tokens_per_second, joules_per_token;
    Roofline roofline;
    double ridge = 0;                         // intensity from which on the array is the limit
    std::optional<NumericsResult> numerics;   // of the outputs; counts of all operations
    std::optional<Scores> scores, reference;  // with tokens or labels: of the machine, of double precision
    std::vector<TensorHistogram> histograms;  // if they were asked for
    std::vector<GradientScale> gradient_scales;
    std::optional<Footprint> memory;  // of a step of training, by class
};

// The document, schema 1. Numbers that are not finite become null.
nlohmann::ordered_json to_json(const Result& result);

// A document as text: indented, ending in a newline. Of a result: the text of result.json.
std::string to_text(const nlohmann::ordered_json& document);
std::string to_text(const Result& result);

// Throws std::logic_error naming every invariant of docs/result.md that does not hold.
void check_invariants(const Result& result);

}  // namespace octet
