// The kernels in AVX2.
#include "models/arithmetic/kernels_headers.h"

#if defined(__x86_64__)

#pragma GCC push_options
#pragma GCC target("avx2,fma")
namespace octet {
namespace {

struct Lanes {
    static constexpr int count = 8;
    static constexpr int rows = 6;
    static constexpr int bf16_rows = 5;
    using F = float __attribute__((vector_size(32)));
    using I = std::int32_t __attribute__((vector_size(32)));
    using U = std::uint32_t __attribute__((vector_size(32)));
    using D = double __attribute__((vector_size(32)));
    using L = std::int64_t __attribute__((vector_size(32)));
    using W = std::uint64_t __attribute__((vector_size(32)));
    using Words = __m256i;
    static F fma(F a, F b, F c) { return F(_mm256_fmadd_ps(__m256(a), __m256(b), __m256(c))); }
    static D fma(D a, D b, D c) { return D(_mm256_fmadd_pd(__m256d(a), __m256d(b), __m256d(c))); }
    static Words words(const void* p) { return _mm256_loadu_si256(static_cast<const __m256i*>(p)); }
    static Words pair(std::int32_t p) { return _mm256_set1_epi32(p); }
    static Words add_pairs(Words sum, Words a, Words b) {
        return _mm256_add_epi32(sum, _mm256_madd_epi16(a, b));
    }
    static void store(std::int32_t* p, Words v) { _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), v); }
};

#include "models/arithmetic/kernels_body.h"

}  // namespace

const Kernels& avx2_kernels() {
    static constexpr Kernels kernels{fp32, bf16, general, integer};
    return kernels;
}

}  // namespace octet
#pragma GCC pop_options
#endif
