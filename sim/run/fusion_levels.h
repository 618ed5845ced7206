// The run at every fusion level (docs/observability.md, --explain).
#pragma once
#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "models/accelerator/config.h"
#include "sim/config/layers.h"
#include "sim/run/result.h"

namespace octet {

struct FusionFigures {
    FusionLevel level = FusionLevel::none;
    Cycle cycles = 0;
    double energy_pj = 0;
    std::uint64_t dram_bytes = 0, sram_bytes = 0;  // read and written
    std::optional<double> sqnr_db;                 // of a run with values
    std::string error;                             // why there are no figures
};

// From none to residual. `run` simulates the experiment with these settings added, in a process of its own,
// two at a time or more; to be called before this process simulates or starts a thread. What a level fails of
// (an SRAM too small for it, say) is told in its entry.
std::vector<FusionFigures> at_all_levels(const std::function<Result(const std::vector<Setting>&)>& run);

// The value of the key `fusion_levels` of an explanation: one object a level, in order.
nlohmann::ordered_json to_json(const std::vector<FusionFigures>& levels);

}  // namespace octet
