#pragma once
#include "models/arithmetic/gemm.h"

namespace octet {

// Billions of single-precision fused multiply-adds a second of one core with the widest vectors of `isa`: independent
// ones, operands in registers. Measured anew at each call; 0 for the baseline.
double peak_gmacs(Isa isa);

}  // namespace octet
