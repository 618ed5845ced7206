#include "models/arithmetic/gemm.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "models/arithmetic/kernels.h"

namespace octet {
namespace {

const Kernels& kernels(Isa isa) {
#if defined(__x86_64__)
    if (isa == Isa::avx512) return avx512_kernels();
    if (isa == Isa::avx2) return avx2_kernels();
#endif
    return baseline_kernels();
}

template <class Problem>
std::int64_t largest(const Problem& p, const std::int8_t* data, std::size_t rows, std::size_t columns,
                     std::size_t stride) {
    (void)p;
    int most = 0;
    for (std::size_t r = 0; r < rows; ++r)
        for (std::size_t c = 0; c < columns; ++c) most = std::max(most, std::abs(int{data[r * stride + c]}));
    return most;
}

}  // namespace

Isa best_isa() {
#if defined(__x86_64__)
    static const Isa best =
        __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512bw") != 0 &&
                __builtin_cpu_supports("avx512dq") != 0 && __builtin_cpu_supports("avx512vl") != 0
            ? Isa::avx512
        : __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0 ? Isa::avx2
                                                                                    : Isa::baseline;
    return best;
#else
    return Isa::baseline;
#endif
}

std::string refusal(const GemmRules& rules) {
    if (rules.buffer == Accumulator::fixed) return "the accumulation buffer cannot hold exact sums";
    if (is_integer(rules.accumulator) != is_integer(rules.buffer))
        return "integer sums need an integer accumulation buffer, and others another";
    if (is_integer(rules.accumulator) && rules.rounding != Rounding::nearest_even)
        return "integer sums are not rounded";
    return {};
}

void gemm(const GemmRules& rules, const FloatGemm& p, Isa isa) {
    if (const std::string reason = refusal(rules); !reason.empty()) throw std::invalid_argument(reason);
    const Kernels& run = kernels(isa);
    if (p.k == 0) return gemm_stepwise(rules, p);
    GemmRules chunked = rules;
    if (rules.chunk == 0) chunked.chunk = p.k;
    if (rules.rounding == Rounding::nearest_even) {
        const bool fp32_buffer = rules.buffer == Accumulator::fp32;
        if (rules.accumulator == Accumulator::fp32 && fp32_buffer) return run.fp32(p, chunked.chunk);
        if (rules.accumulator == Accumulator::bf16 && (fp32_buffer || rules.buffer == Accumulator::bf16) &&
            p.scales.a == nullptr && run.bf16(p, chunked.chunk, fp32_buffer))
            return;
    }
    if (!run.general(p, chunked, DrawOrder(rules, p.m, p.k))) gemm_stepwise(rules, p);
}

std::uint64_t gemm(const GemmRules& rules, const IntegerGemm& p, Isa isa) {
    if (const std::string reason = refusal(rules); !reason.empty()) throw std::invalid_argument(reason);
    const auto k = static_cast<std::int64_t>(p.k);
    const std::int64_t chain =
        rules.chunk == 0 ? k : std::min<std::int64_t>(k, static_cast<std::int64_t>(rules.chunk));
    const std::int64_t product =
        largest(p, p.a, p.m, p.k, p.a_stride) * largest(p, p.b, p.k, p.n, p.b_stride);
    std::int64_t held = 0;
    if (!p.first)
        for (std::size_t m = 0; m < p.m; ++m)
            for (std::size_t n = 0; n < p.n; ++n)
                held = std::max(held, std::abs(std::int64_t{p.sums[m * p.sums_stride + n]}));
    const auto fits = [](Accumulator kind, std::int64_t sum) {
        return sum < (std::int64_t{1} << (kind == Accumulator::int24 ? 23 : 31));
    };
    if (!fits(rules.accumulator, chain * product) || !fits(rules.buffer, held + k * product))
        return gemm_stepwise(rules, p);
    kernels(isa).integer(p);
    return 0;
}

}  // namespace octet
