// `octet run --explain`: how lowering cut the work, and what bounds each operation.
#pragma once
#include <string>

#include "sim/run/simulate.h"

namespace octet {

// One line a kernel, layers that were lowered alike and cost the same cycles on one line.
std::string explain(const Simulation& simulation);

}  // namespace octet
