// An experiment named on the command line, ready to be simulated.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "sim/config/experiment.h"

namespace octet {

// `settings`, then `further`, are put on the file. Throws InputError with all that is wrong, or that this
// version cannot simulate.
ExperimentConfig load_to_run(const std::string& path, const std::vector<Setting>& settings,
                             const std::vector<Setting>& further, std::uint64_t seed);

}  // namespace octet
