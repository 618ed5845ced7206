// Products of block-scaled operands: the sum of every chunk times both scales on its way to the buffer,
// against exact arithmetic. Chunks divide the block of 32, and K ends where it likes.
#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "models/arithmetic/gemm.h"
#include "models/formats/registry.h"
#include "tests/arithmetic/exact.h"

namespace octet {
namespace {

struct Case {
    const char* name;
    Accumulator accumulator, buffer;
};
const reference::Held& held(Accumulator kind) {
    return kind == Accumulator::fp32   ? reference::fp32
           : kind == Accumulator::bf16 ? reference::bf16
           : kind == Accumulator::fp16 ? reference::fp16
                                       : reference::dlfloat16;
}

struct Problem {
    std::size_t m, n, k, blocks;
    std::vector<float> a, b;
    std::vector<std::uint8_t> a_scales, b_scales;
};

Problem random_problem(std::mt19937_64& random, const char* format_name, std::size_t k, bool any_scale) {
    const FormatInfo& format = *find_format(format_name);
    Problem x{1 + random() % 9, 1 + random() % 30, k, (k + 31) / 32, {}, {}, {}, {}};
    std::normal_distribution<double> normal(0, 2);
    for (auto [data, count] : {std::pair{&x.a, x.m * x.k}, std::pair{&x.b, x.k * x.n}})
        for (std::size_t i = 0; i < count; ++i)
            data->push_back(
                static_cast<float>(format.decode(format.encode(normal(random), Overflow::saturate))));
    for (auto [scales, count] :
         {std::pair{&x.a_scales, x.m * x.blocks}, std::pair{&x.b_scales, x.blocks * x.n}})
        for (std::size_t i = 0; i < count; ++i)
            scales->push_back(static_cast<std::uint8_t>(any_scale ? random() : 120 + random() % 16));
    return x;
}

// Of element (m, n), from what the buffer holds on.
float expected(const Problem& x, const GemmRules& rules, std::size_t m, std::size_t n, bool first,
               float buffer) {
    for (std::size_t start = 0; start < x.k; start += rules.chunk) {
        float sum = 0;
        reference::Exact whole = 0;
        for (std::size_t k = start; k < std::min(start + rules.chunk, x.k); ++k) {
            const float a = x.a[m * x.k + k], b = x.b[k * x.n + n];
            if (rules.accumulator == Accumulator::fixed)
                whole += reference::exact_product(a, b);
            else
                sum = reference::mac(sum, a, b, held(rules.accumulator), Rounding::nearest_even);
        }
        const int a = x.a_scales[m * x.blocks + start / 32], b = x.b_scales[start / 32 * x.n + n];
        const int places = a + b - 254;
        float scaled = NAN;
        if (a != 255 && b != 255) {
            if (rules.accumulator != Accumulator::fixed) whole = reference::exact_units(sum);
            // Scales may take a sum far beyond what the reference's integers hold: fp32 is left by then.
            const int kept = std::clamp(places, -150, 300);
            const double real = std::ldexp(reference::approximate(whole), kept);
            scaled = std::abs(real) > 0x1p-100 || whole == 0
                         ? reference::round(kept >= 0 ? reference::Exact(whole << kept)
                                                      : whole / (reference::Exact(1) << -kept),
                                            reference::fp32, Rounding::nearest_even, 0,
                                            whole == 0 && std::signbit(sum))
                         : static_cast<float>(std::ldexp(static_cast<double>(sum), places));
        }
        buffer = first ? reference::mac(-0.0F, scaled, 1, held(rules.buffer), Rounding::nearest_even)
                       : reference::add(buffer, scaled, held(rules.buffer));
        first = false;
    }
    return buffer;
}

class MxGemm : public testing::TestWithParam<Case> {};

TEST_P(MxGemm, multiplies_the_sum_of_every_block_by_both_scales_on_its_way_to_the_buffer) {
    std::mt19937_64 random(10);
    int round = 0;
    for (const std::size_t k : {1UL, 31UL, 32UL, 33UL, 64UL, 77UL, 200UL})
        for (const char* format : {"mxfp8_e4m3", "mxfp8_e5m2", "mxfp4_e2m1", "mxint8"})
            for (const std::size_t rows : {8UL, 16UL, 32UL, 64UL}) {
                ++round;
                const bool any_scale = round % 5 == 0 && GetParam().accumulator != Accumulator::fixed;
                const Problem x = random_problem(random, format, k, any_scale);
                GemmRules rules;
                rules.accumulator = GetParam().accumulator;
                rules.buffer = GetParam().buffer;
                rules.chunk = std::min<std::size_t>(rows, 32);
                const bool first = round % 3 != 0;
                std::vector<float> exact;
                for (std::size_t i = 0; i < x.m * x.n; ++i)
                    exact.push_back(expected(x, rules, i / x.n, i % x.n, first, 0.375F));
                for (int isa = 0; isa <= static_cast<int>(best_isa()) + 1; ++isa) {
                    std::vector<float> sums(x.m * x.n, 0.375F);
                    const FloatGemm problem{x.m,
                                            x.n,
                                            x.k,
                                            x.a.data(),
                                            x.k,
                                            x.b.data(),
                                            x.n,
                                            sums.data(),
                                            x.n,
                                            first,
                                            {x.a_scales.data(), x.b_scales.data(), x.blocks, x.n}};
                    if (isa > static_cast<int>(best_isa()))
                        gemm_stepwise(rules, problem);
                    else
                        gemm(rules, problem, static_cast<Isa>(isa));
                    for (std::size_t i = 0; i < sums.size(); ++i)
                        ASSERT_PRED2(reference::same_bits, sums[i], exact[i])
                            << format << " k " << k << " rows " << rows << " element " << i << " isa " << isa;
                }
            }
}

INSTANTIATE_TEST_SUITE_P(Sums, MxGemm,
                         testing::Values(Case{"fp32", Accumulator::fp32, Accumulator::fp32},
                                         Case{"fp32_into_bf16", Accumulator::fp32, Accumulator::bf16},
                                         Case{"bf16", Accumulator::bf16, Accumulator::bf16},
                                         Case{"bf16_into_fp32", Accumulator::bf16, Accumulator::fp32},
                                         Case{"fp16", Accumulator::fp16, Accumulator::fp16},
                                         Case{"fixed_into_fp32", Accumulator::fixed, Accumulator::fp32}),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace octet
