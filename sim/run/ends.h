// Between which numbers a tensor's codes lie, where its format has a scale for tensors (docs/inputs.md).
#pragma once
#include <span>

#include "models/formats/registry.h"
#include "sim/config/calibration.h"

namespace octet {

// low <= 0 <= high. Of a format without a zero point `high` is the magnitude of both ends, and `low` is 0;
// both are 0 of values that are all 0, or not finite.
struct Ends {
    double low = 0, high = 0;
    double range() const { return high - low; }
};

// What lies beyond them saturates. Rules look at no more than every n-th value, so that it is at most 65,536
// of them, but for amax.
Ends ends_of(std::span<const double> values, const FormatInfo& format, ClipRule rule,
             const CalibrationConfig& config);

// The scale at which the end codes of `format` lie there, and the zero point. {1, 0} if there is none above
// 0.
TensorScale scale_between(const Ends& ends, const FormatInfo& format);

}  // namespace octet
