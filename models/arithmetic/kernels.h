// What gemm.cpp asks of an instruction set. kernels_*.h hold the code, once; kernels_*.cpp compile it for
// each. `chunk` of the rules is not 0 here.
#pragma once
#include "models/arithmetic/draws.h"
#include "models/arithmetic/gemm.h"

namespace octet {

struct Kernels {
    // Sums in fp32 to the nearest, buffer fp32; with or without block scales.
    void (*fp32)(const FloatGemm& problem, std::size_t chunk);
    // Sums in bf16 to the nearest, buffer bf16 or fp32, no block scales. False, and nothing done, if the
    // operands are beyond what fp32 steps can answer.
    bool (*bf16)(const FloatGemm& problem, std::size_t chunk, bool fp32_buffer);
    // Any floating-point sums, rounding and buffer. False, and nothing done, if `fixed` sums do not fit
    // double.
    bool (*general)(const FloatGemm& problem, const GemmRules& rules, const DrawOrder& draws);
    // Plain 32-bit products: for operands whose sums always fit.
    void (*integer)(const IntegerGemm& problem);
};

const Kernels& baseline_kernels();
#if defined(__x86_64__)
const Kernels& avx2_kernels();
const Kernels& avx512_kernels();
#endif

}  // namespace octet
