// What the vector unit makes of one row: every step rounded to the vector format, sums in the order of its
// lanes.
#pragma once
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "models/arithmetic/posit_functions.h"
#include "models/arithmetic/vector_math.h"

namespace octet {

struct RowMath {
    VectorMath math;
    std::size_t lanes = 16;
};

// The four softmax units of the paper: exponential and reciprocal each exact or approximate.
struct SoftmaxUnit {
    std::optional<ApproximateExponential> exponential;  // without: correctly rounded
    bool approximate_reciprocal = false;                // without: correctly rounded division of 1 by the sum
    // The exponential of every bf16 number by its 16 bits, where that is the vector format; empty: computed.
    std::vector<float> exponentials = {};
    void tabulate(const VectorMath& bf16);
    float raise(const VectorMath& math, float z) const;
};

// Maximum; x - maximum; exponential; sum; reciprocal of the sum; exponential times reciprocal. Returns the
// sum. `exponentials` may be empty; else it keeps what the backward pass needs.
float softmax(const RowMath& unit, const SoftmaxUnit& softmax, std::span<const float> x, std::span<float> y,
              std::span<float> exponentials = {});

// Of the reciprocal at a row's sum: -2^(-2 floor(log2 sum) - 1) if it is approximate, else minus the square
// of the reciprocal.
float softmax_slope(const RowMath& unit, const SoftmaxUnit& softmax, float sum);
// dz_i = y_i dy_i + e_i (slope * sum_j e_j dy_j).
void softmax_backward(const RowMath& unit, std::span<const float> y, std::span<const float> exponentials,
                      float slope, std::span<const float> dy, std::span<float> dz);

// Without gamma and beta (empty) y is what they would multiply.
// mean = sum / n; d = x - mean; r = 1 / sqrt(sum(d d) / n + epsilon); y = (d r) gamma + beta.
void layernorm(const RowMath& unit, std::span<const float> x, std::span<const float> gamma,
               std::span<const float> beta, float epsilon, std::span<float> y);
// r = 1 / sqrt(sum(x x) / n + epsilon); y = (x r) gamma.
void rmsnorm(const RowMath& unit, std::span<const float> x, std::span<const float> gamma, float epsilon,
             std::span<float> y);

// With x' = (x - mean) r of the norm, g = dy gamma, m = sum(g) / n and c = sum(g x') / n:
// dx = (g - (x' c + m)) r; of rmsnorm x' = x r and dx = (g - x' c) r.
void layernorm_backward(const RowMath& unit, std::span<const float> dy, std::span<const float> x,
                        std::span<const float> gamma, float epsilon, std::span<float> dx);
void rmsnorm_backward(const RowMath& unit, std::span<const float> dy, std::span<const float> x,
                      std::span<const float> gamma, float epsilon, std::span<float> dx);

}  // namespace octet
