// The kernels in plain C++ for any processor: four lanes, and a fused multiply-add by way of double.
#include "models/arithmetic/kernels_headers.h"

namespace octet {
namespace {

struct Lanes {
    static constexpr int count = 4;
    static constexpr int rows = 4;
    static constexpr int bf16_rows = 4;
    using F = float __attribute__((vector_size(16)));
    using I = std::int32_t __attribute__((vector_size(16)));
    using U = std::uint32_t __attribute__((vector_size(16)));
    using D = double __attribute__((vector_size(16)));
    using L = std::int64_t __attribute__((vector_size(16)));
    using W = std::uint64_t __attribute__((vector_size(16)));
    struct Words {
        std::int32_t lane[count];
    };
    static F fma(F a, F b, F c) {
        F result;
        for (int i = 0; i < count; ++i)
            result[i] = static_cast<float>(add_to_odd(double{c[i]}, double{a[i]} * double{b[i]}));
        return result;
    }
    static D fma(D a, D b, D c) { return a * b + c; }  // products of floats are exact
    static Words words(const void* p) {
        Words v;
        std::memcpy(v.lane, p, sizeof v.lane);
        return v;
    }
    static Words pair(std::int32_t p) { return {{p, p, p, p}}; }
    static Words add_pairs(Words sum, Words a, Words b) {
        for (int i = 0; i < count; ++i)
            sum.lane[i] += (a.lane[i] >> 16) * (b.lane[i] >> 16) +
                           static_cast<std::int16_t>(a.lane[i]) * static_cast<std::int16_t>(b.lane[i]);
        return sum;
    }
    static void store(std::int32_t* p, Words v) { std::memcpy(p, v.lane, sizeof v.lane); }
};

#include "models/arithmetic/kernels_body.h"

}  // namespace

const Kernels& baseline_kernels() {
    static constexpr Kernels kernels{fp32, bf16, general, integer};
    return kernels;
}

}  // namespace octet
