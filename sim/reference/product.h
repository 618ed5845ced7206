// C = A B in double, k by k in rising order: the same bits for any number of threads.
#pragma once
#include <cstddef>

namespace octet {

// A is m x k, B is k x n; distances between rows are strides.
struct DoubleProduct {
    std::size_t m = 0, n = 0, k = 0;
    const double* a = nullptr;
    std::size_t a_stride = 0;
    const double* b = nullptr;
    std::size_t b_stride = 0;
    double* c = nullptr;
    std::size_t c_stride = 0;
};
void multiply(const DoubleProduct& product, unsigned threads);

}  // namespace octet
