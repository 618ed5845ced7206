// `--what-if`: the run again with each resource doubled in turn (docs/observability.md).
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "models/accelerator/config.h"
#include "sim/config/layers.h"
#include "sim/run/result.h"

namespace octet {

// One change to a machine: twice of a resource, or half of a time.
struct Change {
    std::string key, from, to;
};
// All that make sense for a machine: what it has without limit is not doubled.
std::vector<Change> changes_of(const AcceleratorConfig& machine);

// What is compared of a run.
struct RunFigures {
    Cycle cycles = 0;
    double seconds = 0, energy_pj = 0, area_um2 = 0;
};

struct WhatIf {
    Change change;
    std::optional<RunFigures> figures;
    std::string error;   // why there are none
    double speedup = 0;  // seconds of the unchanged machine over those of this one
};

struct WhatIfs {
    RunFigures base;
    std::vector<WhatIf> changes;  // the largest speed-up first, errors last
};

// `run` simulates the machine with these settings added, in a process of its own, several at a time; to be
// called before this process simulates or starts a thread. What a changed machine fails of is told in its
// entry; throws std::runtime_error if the unchanged one fails.
WhatIfs what_if(const AcceleratorConfig& machine,
                const std::function<Result(const std::vector<Setting>&)>& run);

}  // namespace octet
