// How the scale of a tensor is chosen where a format has one: from the magnitude that takes the largest code.
// What lies beyond it saturates.
#pragma once
#include <cstdint>
#include <string>

#include "sim/config/phase.h"

namespace octet {

enum class ClipRule : std::uint8_t {
    amax,        // the largest magnitude
    percentile,  // so many of a hundred magnitudes do not lie beyond it
    mse,         // of 49 parts of the largest magnitude, the one with the least sum of squared errors
    sawb,        // from the root mean square and the mean magnitude (Choi et al. 2019)
    clip         // a constant, as PACT learns it (Choi et al. 2018)
};

struct CalibrationConfig {
    ClipRule weights = ClipRule::amax, activations = ClipRule::amax;
    double percentile = 99.9;
    double clip = 6;
    std::string file;           // tensor, magnitude a line: what it names is not calibrated
    GradientScaling gradients;  // of tensors with scales, from the phase
};

}  // namespace octet
