// The approximate functions of the posit softmax: bit manipulations of 16-bit posits.
#pragma once
#include "models/formats/posit.h"

namespace octet {

// 1 / (1 + e^-x) of a posit(16,0), as a posit(16,0).
constexpr Code approximate_sigmoid(Code posit16_0) {
    return (posit16_0 ^ 0x8000) >> 2;
}

// 1 / x of a posit of any es, as one of the same es: piecewise linear through the powers of two and one place
// low, so 1/8 too large at most. NaR stays NaR.
constexpr Code approximate_reciprocal(Code posit16) {
    return posit16 == 0x8000 ? posit16 : posit16 ^ 0x7fff;
}

// The same of a number, which passes through posit(16,1).
double approximate_reciprocal(double x);
// Its slope where sum lies: -2^(-2 floor(log2 sum) - 1). sum > 0.
double approximate_reciprocal_slope(double sum);

// e^x for x <= 0 as 1 / sigmoid(-x) - epsilon from theta on, and 0 below it.
// x is rounded to posit(16,0); sigmoid and reciprocal are posit(16,0); the difference is exact, what is below
// 0 becomes 0, and the result is rounded to posit(16,1). NaN stays NaN.
class ApproximateExponential {
  public:
    // Such an epsilon that e^theta becomes 0: the reciprocal of the sigmoid of -theta. theta < 0.
    explicit ApproximateExponential(double theta) : ApproximateExponential(theta, epsilon_for(theta)) {}
    ApproximateExponential(double theta, double epsilon) : theta_(theta), epsilon_(epsilon) {}

    double operator()(double x) const;
    double epsilon() const { return epsilon_; }
    static double epsilon_for(double theta);

  private:
    double theta_, epsilon_;
};

}  // namespace octet
