#include "sim/reference/product.h"

#include <algorithm>
#include <thread>
#include <vector>

namespace octet {
namespace {

// A block of rows x columns sums stays in registers while k runs. GCC's vector type; the compiler makes what
// the processor has of it, and clones of the function pick that at run time. Products and sums are rounded
// one by one in all of them, so the bits are the same.
constexpr std::size_t rows = 4, columns = 12;
typedef double Four __attribute__((vector_size(32)));
typedef double Unaligned __attribute__((vector_size(32), aligned(8), may_alias));

#if defined(__x86_64__)
__attribute__((target_clones("avx2", "default")))
#endif
void block(const double* a, std::size_t a_stride, const double* packed, std::size_t k, double* c) {
    Four s00{}, s01{}, s02{}, s10{}, s11{}, s12{}, s20{}, s21{}, s22{}, s30{}, s31{}, s32{};
    const double *a1 = a + a_stride, *a2 = a1 + a_stride, *a3 = a2 + a_stride;
    for (std::size_t i = 0; i < k; ++i, packed += columns) {
        const Unaligned* b = reinterpret_cast<const Unaligned*>(packed);
        const Four b0 = b[0], b1 = b[1], b2 = b[2];
        const Four x0{a[i], a[i], a[i], a[i]};
        s00 += x0 * b0, s01 += x0 * b1, s02 += x0 * b2;
        const Four x1{a1[i], a1[i], a1[i], a1[i]};
        s10 += x1 * b0, s11 += x1 * b1, s12 += x1 * b2;
        const Four x2{a2[i], a2[i], a2[i], a2[i]};
        s20 += x2 * b0, s21 += x2 * b1, s22 += x2 * b2;
        const Four x3{a3[i], a3[i], a3[i], a3[i]};
        s30 += x3 * b0, s31 += x3 * b1, s32 += x3 * b2;
    }
    Unaligned* out = reinterpret_cast<Unaligned*>(c);
    out[0] = s00, out[1] = s01, out[2] = s02, out[3] = s10, out[4] = s11, out[5] = s12;
    out[6] = s20, out[7] = s21, out[8] = s22, out[9] = s30, out[10] = s31, out[11] = s32;
}

// Columns [from, to) of the product; `from` is a multiple of `columns`.
void multiply_columns(const DoubleProduct& p, std::size_t from, std::size_t to) {
    std::vector<double> packed(p.k * columns), tail(rows * p.k);
    double results[rows * columns];
    for (std::size_t n = from; n < to; n += columns) {
        const std::size_t width = std::min(columns, to - n);
        std::fill(packed.begin(), packed.end(), 0.0);
        for (std::size_t k = 0; k < p.k; ++k)
            std::copy_n(p.b + k * p.b_stride + n, width, packed.data() + k * columns);
        for (std::size_t m = 0; m < p.m; m += rows) {
            const std::size_t height = std::min(rows, p.m - m);
            const double* a = p.a + m * p.a_stride;
            std::size_t stride = p.a_stride;
            if (height < rows) {  // rows that are missing count as 0
                std::fill(tail.begin(), tail.end(), 0.0);
                for (std::size_t r = 0; r < height; ++r) std::copy_n(a + r * p.a_stride, p.k, &tail[r * p.k]);
                a = tail.data();
                stride = p.k;
            }
            block(a, stride, packed.data(), p.k, results);
            for (std::size_t r = 0; r < height; ++r)
                std::copy_n(results + r * columns, width, p.c + (m + r) * p.c_stride + n);
        }
    }
}

}  // namespace

void multiply(const DoubleProduct& p, unsigned threads) {
    const std::size_t blocks = (p.n + columns - 1) / columns;
    const std::size_t work = p.m * p.n * p.k;
    const std::size_t parts =
        work < 1U << 20U ? 1 : std::clamp<std::size_t>(blocks, 1, std::max(1U, threads));
    std::vector<std::thread> others;
    const auto edge = [&](std::size_t i) { return std::min(p.n, blocks * i / parts * columns); };
    for (std::size_t i = 1; i < parts; ++i)
        others.emplace_back([&, i] { multiply_columns(p, edge(i), edge(i + 1)); });
    multiply_columns(p, 0, edge(1));
    for (std::thread& thread : others) thread.join();
}

}  // namespace octet
