// Integer-only functions after I-BERT (Kim et al., 2021), with the coefficients of its published
// implementation. A number is value * scale. All divisions round toward minus infinity. 64-bit intermediates
// are needed: the exponential reaches 2.5e13 at a scale of 0.01.
#pragma once
#include <cstdint>
#include <span>

namespace octet::ibert {

struct Scaled {
    std::int64_t value;
    double scale;
    double real() const { return static_cast<double>(value) * scale; }
};

// e^x for x <= 0: x = r - q ln 2 with 0 >= r > -ln 2, the polynomial 0.35815147 r^2 + 0.96963238 r + 1, q
// halvings. No more than 30 halvings are made; the scale of the result holds 2^-30.
Scaled exponential(Scaled x);

// x/2 (1 + erf(x / 1.4142)), erf by sign(x) (a (min(|x|, -b) + b)^2 + 1), a = -0.2888, b = -1.769, cut by 14
// bits.
Scaled gelu(Scaled x);

// Floor of the square root by Newton's iteration from a power of two above it.
std::int64_t square_root(std::int64_t x);

// A row of attention scores: probabilities as multiples of 2^-output_bits. The exponentials are cut to at
// most 16 bits before they are added up, the quotient is a multiplication by floor(2^32 / sum).
void softmax(std::span<const std::int64_t> row, double scale, int output_bits,
             std::span<std::int64_t> result);

// (x - mean) / standard deviation of a row. The deviations are multiplied by floor(2^31 / root of the sum of
// their squares) and halved. Returns the scale of the result, sqrt(n) / 2^30; weight and bias are left to the
// caller.
double layernorm(std::span<const std::int64_t> row, std::span<std::int64_t> result);

}  // namespace octet::ibert
