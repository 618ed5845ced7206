// The kernels in AVX-512.
#include "models/arithmetic/kernels_headers.h"

#if defined(__x86_64__)

#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,prefer-vector-width=512")
namespace octet {
namespace {

struct Lanes {
    static constexpr int count = 16;
    static constexpr int rows = 12;
    static constexpr int bf16_rows = 12;
    using F = float __attribute__((vector_size(64)));
    using I = std::int32_t __attribute__((vector_size(64)));
    using U = std::uint32_t __attribute__((vector_size(64)));
    using D = double __attribute__((vector_size(64)));
    using L = std::int64_t __attribute__((vector_size(64)));
    using W = std::uint64_t __attribute__((vector_size(64)));
    using Words = __m512i;
    static F fma(F a, F b, F c) { return F(_mm512_fmadd_ps(__m512(a), __m512(b), __m512(c))); }
    static D fma(D a, D b, D c) { return D(_mm512_fmadd_pd(__m512d(a), __m512d(b), __m512d(c))); }
    static Words words(const void* p) { return _mm512_loadu_si512(p); }
    static Words pair(std::int32_t p) { return _mm512_set1_epi32(p); }
    static Words add_pairs(Words sum, Words a, Words b) {
        return _mm512_add_epi32(sum, _mm512_madd_epi16(a, b));
    }
    static void store(std::int32_t* p, Words v) { _mm512_storeu_si512(p, v); }
};

#include "models/arithmetic/kernels_body.h"

}  // namespace

const Kernels& avx512_kernels() {
    static constexpr Kernels kernels{fp32, bf16, general, integer};
    return kernels;
}

}  // namespace octet
#pragma GCC pop_options
#endif
