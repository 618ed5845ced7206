// The summary of `octet dram` for people.
#pragma once
#include <string>

#include "sim/run/dram_run.h"

namespace octet {

std::string summary(const DramRun& run);

}  // namespace octet
