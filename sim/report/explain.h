// `octet run --explain`: how lowering cut the work, what bounds each operation, and why it took longer.
#pragma once
#include <string>

#include "sim/run/explanation.h"

namespace octet {

// The run, then an entry for all kernels that were lowered alike. Reasons of an entry are sums over its
// kernels.
std::string explain(const Simulation& simulation, const RunExplanation& explanation);

}  // namespace octet
