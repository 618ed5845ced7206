// A stream of requests through a DRAM alone, from the files to the document that `octet dram --json` prints.
#pragma once
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "models/memory/dram_stream.h"
#include "sim/cost/table.h"

namespace octet {

struct DramRun {
    DramDeviceConfig part;
    DramStreamResult stream;
    std::optional<double> energy_pj;  // none: the cost table has no price for this part

    double seconds() const { return static_cast<double>(stream.clocks) * part.tck_ns * 1e-9; }
    double bandwidth_gbps() const;  // 10^9 bytes of requests a second
};

// pJ of commands, refreshes and standby. Throws CostError if a price is missing.
double dram_energy(const CostTable& costs, const DramDeviceConfig& part, const DramStreamResult& stream);

nlohmann::ordered_json to_json(const DramRun& run);

}  // namespace octet
