// Products of matrices of logarithms (lns.h), bit for bit those of gemm_stepwise.
#pragma once
#include "models/arithmetic/gemm.h"

namespace octet {

// rules.logarithms holds, and k is not 0.
void gemm_logarithms(const GemmRules& rules, const FloatGemm& problem, Isa isa);

}  // namespace octet
