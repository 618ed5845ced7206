// Products of matrices of logarithms (lns.h), bit for bit those of gemm_stepwise.
#pragma once
#include "models/arithmetic/gemm.h"

namespace octet {

// rules.logarithms holds, and k is not 0. Returns how many sums did not fit.
std::uint64_t gemm_logarithms(const GemmRules& rules, const FloatGemm& problem, Isa isa);

}  // namespace octet
