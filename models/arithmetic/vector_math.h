// The elementary operations of a vector unit: each the exact function of its operands, rounded once to the
// nearest number of the vector format.
#pragma once
#include <bit>
#include <limits>
#include <span>

#include "models/arithmetic/mac.h"

namespace octet {

class VectorMath {
  public:
    explicit VectorMath(Accumulator format);  // a floating-point one

    float round(double exact_or_odd) const { return round_(exact_or_odd); }
    // Two bf16 numbers need no more than fp32 on the way: a sum of theirs that does not fit 24 bits is
    // nowhere near a tie of 8, and a product has 16.
    float add(float a, float b) const {
        return bf16_ && are_bf16(a, b) ? to_bf16(a + b) : round_(add_to_odd(double{a}, double{b}));
    }
    float subtract(float a, float b) const { return add(a, -b); }
    float multiply(float a, float b) const {
        return bf16_ && are_bf16(a, b) ? to_bf16(a * b) : round_(double{a} * double{b});
    }
    float divide(float a, float b) const;
    float square_root(float x) const;
    float reciprocal_square_root(float x) const;

    // By way of a 64-bit significand. Exhaustive search has found no argument of 16 bits for which that is
    // not enough; for fp32 the chance is below 2^-35 an argument.
    float exponential(float x) const;
    float tanh(float x) const;
    float sigmoid(float x) const;
    float gelu(float x) const;          // x/2 (1 + erf(x / sqrt 2))
    float gelu_tanh(float x) const;     // x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)))
    float gelu_sigmoid(float x) const;  // x / (1 + exp(-1.702 x))
    float hgelu(float x) const;         // x/6 times 1.702 x + 3 cut to 0 to 6
    float silu(float x) const;

    // Their slopes.
    float tanh_slope(float x) const;
    float sigmoid_slope(float x) const;
    float gelu_slope(float x) const;
    float gelu_tanh_slope(float x) const;
    float gelu_sigmoid_slope(float x) const;
    float hgelu_slope(float x) const;  // 0 and 1 at its corners
    float silu_slope(float x) const;

    // Sum of a row as a unit of `lanes` lanes adds it: a tree over each vector (neighbours first, what is
    // missing counts as +0), then one addition to the running sum, which starts at +0.
    float sum(std::span<const float> row, std::size_t lanes) const;

  private:
    static bool are_bf16(float a, float b) {
        return ((std::bit_cast<std::uint32_t>(a) | std::bit_cast<std::uint32_t>(b)) & 0xffffU) == 0;
    }
    static float to_bf16(float x) {
        const auto bits = std::bit_cast<std::uint32_t>(x);
        const std::uint32_t rounded = (bits + 0x7fffU + (bits >> 16U & 1U)) & 0xffff0000U;
        return x == x ? std::bit_cast<float>(rounded) : std::numeric_limits<float>::quiet_NaN();
    }

    float (*round_)(double);
    bool bf16_;
};

}  // namespace octet
