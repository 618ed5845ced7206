// octet run EXPERIMENT
#include <stdexcept>

#include "sim/cli/verbs.h"
#include "sim/config/experiment.h"
#include "sim/config/paths.h"

namespace octet {

int run_verb(const RunOptions& options, std::string&) {
    ExperimentConfig experiment = load_experiment(resolve_argument(options.experiment), options.settings);
    experiment.seed = options.seed;
    Diagnostics diagnostics;
    check_supported(experiment, diagnostics);
    diagnostics.throw_if_any();
    throw std::runtime_error("run is not wired to the machine yet");
}

}  // namespace octet
