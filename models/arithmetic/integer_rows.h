// What the vector unit makes of numbers in its format by the integer functions of I-BERT (ibert.h): each is
// taken to the nearest whole step (a tie to the even one), the integer result times its scale is rounded
// once.
#pragma once
#include <span>

#include "models/arithmetic/vector_math.h"

namespace octet {

// Steps of 2^-12, saturating at 32 bits. NaN stays.
float integer_gelu(const VectorMath& math, float x);

// Of a row: steps of 2^-12, saturating at 21 bits, so that the sum of their squares has 63. A NaN makes all
// of the row NaN. Without gamma and beta (empty) y is what they would multiply; products with gamma and sums
// with beta are steps of the vector format.
void integer_layernorm(const VectorMath& math, std::span<const float> x, std::span<const float> gamma,
                       std::span<const float> beta, std::span<float> y);

// Of a row: distances to the largest in steps of 2^-8, no further than 128; probabilities in steps of 2^-16.
void integer_softmax(const VectorMath& math, std::span<const float> x, std::span<float> y);

}  // namespace octet
