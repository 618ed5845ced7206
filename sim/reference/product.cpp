#include "sim/reference/product.h"

#include <algorithm>
#include <cstring>
#include <thread>
#include <vector>

namespace octet {
namespace {

// A block of rows x columns sums stays in registers while k runs. GCC's vector type; the compiler makes what
// the processor has of it, and clones of the function pick that at run time. Products and sums are rounded
// one by one in all of them, so the bits are the same.
constexpr std::size_t rows = 4, columns = 16;
typedef double Four __attribute__((vector_size(32)));

#if defined(__x86_64__)
__attribute__((target_clones("avx2", "default")))
#endif
void block(const double* a, std::size_t a_stride, const double* packed, std::size_t k, double* c) {
    Four sums[rows][columns / 4] = {};
    for (std::size_t i = 0; i < k; ++i, packed += columns) {
        Four b[columns / 4];
        std::memcpy(b, packed, sizeof b);
        for (std::size_t r = 0; r < rows; ++r) {
            const double x = a[r * a_stride + i];
            const Four s{x, x, x, x};
            sums[r][0] += s * b[0];
            sums[r][1] += s * b[1];
            sums[r][2] += s * b[2];
            sums[r][3] += s * b[3];
        }
    }
    std::memcpy(c, sums, sizeof sums);
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
