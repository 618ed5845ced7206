#include "models/arithmetic/gemm.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <vector>

#include "models/arithmetic/gemm_logarithms.h"
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

// How large products and their sums can be. No sum exceeds the largest number of one side times the sum of
// the magnitudes in a row or column of the other.
struct Bounds {
    std::int64_t product, sum;
    std::int64_t chain(std::int64_t length) const { return std::min(length * product, sum); }
};
Bounds bounds_of(const IntegerGemm& p) {
    std::int64_t largest_a = 0, largest_b = 0, row_of_a = 0, column_of_b = 0;
    for (std::size_t m = 0; m < p.m; ++m) {
        std::int64_t row = 0;
        for (std::size_t k = 0; k < p.k; ++k) {
            const int magnitude = std::abs(int{p.a[m * p.a_stride + k]});
            largest_a = std::max<std::int64_t>(largest_a, magnitude);
            row += magnitude;
        }
        row_of_a = std::max(row_of_a, row);
    }
    std::vector<std::int64_t> columns(p.n);
    for (std::size_t k = 0; k < p.k; ++k)
        for (std::size_t n = 0; n < p.n; ++n) {
            const int magnitude = std::abs(int{p.b[k * p.b_stride + n]});
            largest_b = std::max<std::int64_t>(largest_b, magnitude);
            columns[n] += magnitude;
        }
    for (const std::int64_t column : columns) column_of_b = std::max(column_of_b, column);
    return {largest_a * largest_b, std::min(row_of_a * largest_b, column_of_b * largest_a)};
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
    if (!is_integer(rules.accumulator) && rules.overflow != IntegerOverflow::saturate)
        return "only integer sums wrap";
    if (is_integer(rules.accumulator) && rules.rounding != Rounding::nearest_even)
        return "integer sums are not rounded";
    if (rules.accumulator == Accumulator::fixed && rules.rounding != Rounding::nearest_even)
        return "exact sums are not rounded in the array";
    if (rules.fixed_bits != 0 && rules.accumulator != Accumulator::fixed)
        return "only `fixed` sums have a width of their own";
    if (rules.fixed_bits < 0 || rules.fixed_bits > most_fixed_bits)
        return "a `fixed` sum has 1 to 53 bits, or as many as it takes";
    return {};
}

std::uint64_t gemm(const GemmRules& rules, const FloatGemm& p, Isa isa) {
    if (const std::string reason = refusal(rules); !reason.empty()) throw std::invalid_argument(reason);
    const Kernels& run = kernels(isa);
    if (p.k == 0) return gemm_stepwise(rules, p);
    if (rules.logarithms) return gemm_logarithms(rules, p, isa);
    GemmRules chunked = rules;
    if (rules.chunk == 0) chunked.chunk = p.k;
    if (rules.rounding == Rounding::nearest_even) {
        const bool fp32_buffer = rules.buffer == Accumulator::fp32;
        if (rules.accumulator == Accumulator::fp32 && fp32_buffer) return run.fp32(p, chunked.chunk), 0;
        if (rules.accumulator == Accumulator::bf16 && (fp32_buffer || rules.buffer == Accumulator::bf16) &&
            p.scales.a == nullptr && run.bf16(p, chunked.chunk, fp32_buffer))
            return 0;
    }
    return run.general(p, chunked, DrawOrder(rules, p.m, p.k)) ? 0 : gemm_stepwise(rules, p);
}

std::uint64_t gemm(const GemmRules& rules, const IntegerGemm& p, Isa isa) {
    if (const std::string reason = refusal(rules); !reason.empty()) throw std::invalid_argument(reason);
    const auto k = static_cast<std::int64_t>(p.k);
    const std::int64_t chain =
        rules.chunk == 0 ? k : std::min<std::int64_t>(k, static_cast<std::int64_t>(rules.chunk));
    std::int64_t held = 0;
    if (!p.first)
        for (std::size_t m = 0; m < p.m; ++m)
            for (std::size_t n = 0; n < p.n; ++n)
                held = std::max(held, std::abs(std::int64_t{p.sums[m * p.sums_stride + n]}));
    const auto fits = [](Accumulator kind, std::int64_t sum) {
        return sum < (std::int64_t{1} << (kind == Accumulator::int24 ? 23 : 31));
    };
    const Bounds bounds = bounds_of(p);
    if (!fits(rules.accumulator, bounds.chain(chain)) || !fits(rules.buffer, held + bounds.chain(k)))
        return gemm_stepwise(rules, p);
    kernels(isa).integer(p);
    return 0;
}

}  // namespace octet
