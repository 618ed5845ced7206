// Codes used by each tensor, as lines of text.
#pragma once
#include <string>

#include "sim/run/result.h"

namespace octet {

// A line a tensor, those of all layers (layer0.ffn.up.weight, layer1. ...) together, with a picture: from the
// most negative to the largest value, heights in proportion to the fullest column.
std::string histogram_text(const Result& result);

}  // namespace octet
