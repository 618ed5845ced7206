#include <algorithm>
#include <stdexcept>

#include "models/arithmetic/draws.h"
#include "models/arithmetic/gemm.h"
#include "models/arithmetic/visit.h"

namespace octet {
namespace {

template <class Buffer>
float into_buffer(float chunk, float held, bool first) {
    return first ? Buffer::template round<Rounding::nearest_even>(chunk) : Buffer::add(held, chunk);
}
template <class Buffer>
float into_buffer(Quire chunk, float held, bool first) {
    if (!first) chunk.add(held);
    return Buffer::template round<Rounding::nearest_even>(chunk.to_odd());
}

template <class Buffer>
float into_buffer(double chunk, float held, bool first) {
    return Buffer::template round<Rounding::nearest_even>(first ? chunk : add_to_odd(double{held}, chunk));
}

float rescale(double sum, const BlockScales& scales, std::size_t m, std::size_t n, std::size_t block) {
    return rescaled(sum, scales.values[scales.a[m * scales.a_stride + block]],
                    scales.values[scales.b[block * scales.b_stride + n]]);
}
float rescale(const Quire& sum, const BlockScales& scales, std::size_t m, std::size_t n, std::size_t block) {
    return rescale(sum.to_odd(), scales, m, n, block);
}

template <Rounding mode, class Buffer, class Multiplier, class Array>
void stepwise(const GemmRules& rules, const FloatGemm& p, Array& array) {
    const std::size_t chunk = rules.chunk == 0 ? std::max<std::size_t>(p.k, 1) : rules.chunk;
    const DrawOrder draws(rules, p.m, p.k);
    for (std::size_t m = 0; m < p.m; ++m)
        for (std::size_t n = 0; n < p.n; ++n) {
            float& held = p.sums[m * p.sums_stride + n];
            bool first = p.first;
            for (std::size_t start = 0; start < p.k || (first && p.k == 0); start += chunk) {
                typename Array::Value sum{};
                for (std::size_t k = start; k < std::min(start + chunk, p.k); ++k) {
                    const std::uint32_t random =
                        mode == Rounding::stochastic ? random_bits(draws.by_k(k, n) + draws.by_m(m, n)) : 0;
                    sum = array.template mac<mode, Multiplier>(sum, p.a[m * p.a_stride + k],
                                                               p.b[k * p.b_stride + n], random);
                }
                held = p.scales.a == nullptr
                           ? into_buffer<Buffer>(sum, held, first)
                           : into_buffer<Buffer>(rescale(sum, p.scales, m, n, p.scales.block_of(start)), held,
                                                 first);
                first = false;
            }
        }
}

template <class Array, class Buffer>
std::uint64_t stepwise_integers(const GemmRules& rules, const IntegerGemm& p) {
    const std::size_t chunk = rules.chunk == 0 ? std::max<std::size_t>(p.k, 1) : rules.chunk;
    std::uint64_t overflows = 0;
    for (std::size_t m = 0; m < p.m; ++m)
        for (std::size_t n = 0; n < p.n; ++n) {
            std::int64_t held = p.first ? 0 : p.sums[m * p.sums_stride + n];
            for (std::size_t start = 0; start < p.k; start += chunk) {
                std::int32_t sum = 0;
                for (std::size_t k = start; k < std::min(start + chunk, p.k); ++k)
                    sum = Array::mac(sum, p.a[m * p.a_stride + k], p.b[k * p.b_stride + n], rules.overflow,
                                     overflows);
                held = Buffer::fit(held + sum, rules.overflow, overflows);
            }
            p.sums[m * p.sums_stride + n] = static_cast<std::int32_t>(held);
        }
    return overflows;
}

}  // namespace

std::uint64_t gemm_stepwise(const GemmRules& rules, const FloatGemm& problem) {
    if (const std::string reason = refusal(rules); !reason.empty()) throw std::invalid_argument(reason);
    std::uint64_t overflows = 0;
    visit_rounding(rules.rounding, [&](auto mode) {
        visit_float_accumulator(rules.buffer, [&](auto buffer) {
            visit_multiplier(rules.logarithms, [&](auto multiplier) {
                using Buffer = typename decltype(buffer)::type;
                using Multiplier = typename decltype(multiplier)::type;
                if (rules.accumulator == Accumulator::fixed) {
                    FixedAccumulator exact;
                    BoundedAccumulator bounded{{rules.fixed_bits, rules.fixed_fraction}};
                    if (rules.fixed_bits == 0)
                        stepwise<Rounding::nearest_even, Buffer, Multiplier>(rules, problem, exact);
                    else
                        stepwise<Rounding::nearest_even, Buffer, Multiplier>(rules, problem, bounded);
                    overflows = bounded.overflows;
                    return;
                }
                visit_float_accumulator(rules.accumulator, [&](auto kind) {
                    typename decltype(kind)::type array;
                    stepwise<mode(), Buffer, Multiplier>(rules, problem, array);
                });
            });
        });
    });
    return overflows;
}

std::uint64_t gemm_stepwise(const GemmRules& rules, const IntegerGemm& problem) {
    if (const std::string reason = refusal(rules); !reason.empty()) throw std::invalid_argument(reason);
    const bool wide = rules.accumulator == Accumulator::int32,
               wide_buffer = rules.buffer == Accumulator::int32;
    const auto run = wide          ? wide_buffer ? stepwise_integers<Int32Accumulator, Int32Accumulator>
                                                 : stepwise_integers<Int32Accumulator, Int24Accumulator>
                              : wide_buffer ? stepwise_integers<Int24Accumulator, Int32Accumulator>
                                   : stepwise_integers<Int24Accumulator, Int24Accumulator>;
    return run(rules, problem);
}

}  // namespace octet
