// What `--explain` found of fusion levels, as a table.
#pragma once
#include <string>

#include "sim/run/fusion_levels.h"

namespace octet {

// Each level's cycles, energy, traffic and, with values, signal to noise, and all but the last as ratios to
// the level before it.
std::string fusion_text(const std::vector<FusionFigures>& levels);

}  // namespace octet
