// A result document read back from a file: what pricing it again, and asking where its energy comes from,
// need.
#pragma once
#include <nlohmann/json.hpp>
#include <string>

#include "models/accelerator/config.h"
#include "models/accelerator/report.h"
#include "sim/cost/lines.h"

namespace octet {

struct StoredResult {
    std::string path;
    nlohmann::ordered_json document;
    AcceleratorConfig accelerator;
    MachineReport report;  // what pricing looks at; stalls have no causes: all are under the first
    std::vector<std::string> operations;  // their names
    std::uint64_t macs = 0;
    double seconds = 0, energy_pj = 0;
    std::array<double, component_count> components{};  // pJ
    std::vector<EnergyLine> lines;
    std::vector<AreaLine> areas;

    std::string title() const;  // "bert-base on edge16-posit8"
};

// `path`: the document, or the folder of `octet run --out` that holds it. Throws InputError with every place
// at which it is not what docs/result.md says, or contradicts itself.
StoredResult load_result(const std::string& path);

}  // namespace octet
