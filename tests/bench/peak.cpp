#include "tests/bench/peak.h"

#include <time.h>

#include <algorithm>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace octet {
namespace {

constexpr int rounds = 10'000'000;

// Of the processor, as the benchmarks count theirs: others that use it do not lower the peak.
double thread_seconds() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

double best_seconds(void (*run)()) {
    double best = 1e9;
    for (int repeat = 0; repeat < 5; ++repeat) {
        const double start = thread_seconds();
        run();
        best = std::min(best, thread_seconds() - start);
    }
    return best;
}

#if defined(__x86_64__)
[[gnu::target("avx512f")]] void run_avx512() {
    __m512 sums[12] = {};
    for (__m512& sum : sums) asm volatile("" : "+x"(sum));  // else all chains are the same one
    __m512 factor = _mm512_set1_ps(0.5F);
    asm volatile("" : "+x"(factor));
    for (int i = 0; i < rounds; ++i) {
#pragma GCC unroll 16
        for (__m512& sum : sums) sum = _mm512_fmadd_ps(sum, factor, factor);
    }
    for (__m512& sum : sums) asm volatile("" : "+x"(sum));
}

[[gnu::target("avx2,fma")]] void run_avx2() {
    __m256 sums[12] = {};
    for (__m256& sum : sums) asm volatile("" : "+x"(sum));  // else all chains are the same one
    __m256 factor = _mm256_set1_ps(0.5F);
    asm volatile("" : "+x"(factor));
    for (int i = 0; i < rounds; ++i) {
#pragma GCC unroll 16
        for (__m256& sum : sums) sum = _mm256_fmadd_ps(sum, factor, factor);
    }
    for (__m256& sum : sums) asm volatile("" : "+x"(sum));
}
#endif

}  // namespace

double peak_gmacs(Isa isa) {
#if defined(__x86_64__)
    if (isa == Isa::avx512) return 1e-9 * rounds * 12 * 16 / best_seconds(run_avx512);
    if (isa == Isa::avx2) return 1e-9 * rounds * 12 * 8 / best_seconds(run_avx2);
#endif
    return 0;
}

}  // namespace octet
