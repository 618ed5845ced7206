#include "sim/cli/load.h"

#include "sim/config/paths.h"

namespace octet {

ExperimentConfig load_to_run(const std::string& path, const std::vector<Setting>& settings,
                             const std::vector<Setting>& further, std::uint64_t seed) {
    std::vector<Setting> all = settings;
    all.insert(all.end(), further.begin(), further.end());
    ExperimentConfig experiment = load_experiment(resolve_argument(path), all);
    experiment.seed = seed;
    Diagnostics diagnostics;
    check_supported(experiment, diagnostics);
    diagnostics.throw_if_any();
    return experiment;
}

}  // namespace octet
