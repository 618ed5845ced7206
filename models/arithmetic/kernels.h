// What gemm.cpp asks of an instruction set. kernels_body.h holds the code, once; kernels_*.cpp compile it for
// each.
#pragma once
#include "models/arithmetic/gemm.h"

namespace octet {

struct Kernels {
    // Sums in fp32 to the nearest, buffer fp32; with or without block scales.
    void (*fp32)(const FloatGemm& problem, std::size_t chunk);
    // Sums in bf16 to the nearest, buffer bf16 or fp32. False if the operands are beyond what fp32 steps can
    // answer.
    bool (*bf16)(const FloatGemm& problem, std::size_t chunk, bool fp32_buffer);
    // Any floating-point sums and buffer, nearest or truncate, no block scales.
    void (*general)(const FloatGemm& problem, const GemmRules& rules);
    // Plain 32-bit products: for operands whose sums always fit.
    void (*integer)(const IntegerGemm& problem);
};

const Kernels& baseline_kernels();
#if defined(__x86_64__)
const Kernels& avx2_kernels();
const Kernels& avx512_kernels();
#endif

}  // namespace octet
