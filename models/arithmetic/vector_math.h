// The elementary operations of a vector unit: each the exact function of its operands, rounded once to the
// nearest number of the vector format.
#pragma once
#include <span>

#include "models/arithmetic/mac.h"

namespace octet {

class VectorMath {
  public:
    explicit VectorMath(Accumulator format);  // a floating-point one

    float round(double exact_or_odd) const { return round_(exact_or_odd); }
    float add(float a, float b) const { return round_(add_to_odd(double{a}, double{b})); }
    float subtract(float a, float b) const { return add(a, -b); }
    float multiply(float a, float b) const { return round_(double{a} * double{b}); }
    float divide(float a, float b) const;
    float square_root(float x) const;
    float reciprocal_square_root(float x) const;

    // By way of a 64-bit significand. Exhaustive search has found no argument of 16 bits for which that is
    // not enough; for fp32 the chance is below 2^-35 an argument.
    float exponential(float x) const;
    float tanh(float x) const;
    float sigmoid(float x) const;
    float gelu(float x) const;       // x/2 (1 + erf(x / sqrt 2))
    float gelu_tanh(float x) const;  // x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)))
    float silu(float x) const;

    // Sum of a row as a unit of `lanes` lanes adds it: a tree over each vector (neighbours first, what is
    // missing counts as +0), then one addition to the running sum, which starts at +0.
    float sum(std::span<const float> row, std::size_t lanes) const;

  private:
    float (*round_)(double);
};

}  // namespace octet
