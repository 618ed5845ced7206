#include "models/arithmetic/posit_functions.h"

#include <algorithm>
#include <cmath>

namespace octet {
namespace {

double reciprocal_of_sigmoid(double x) {
    return Posit16_0::decode(approximate_reciprocal(approximate_sigmoid(Posit16_0::encode(x))));
}

}  // namespace

double approximate_reciprocal(double x) {
    return Posit16_1::decode(approximate_reciprocal(Posit16_1::encode(x)));
}

double approximate_reciprocal_slope(double sum) {
    return -std::ldexp(1.0, -2 * std::ilogb(sum) - 1);
}

double ApproximateExponential::epsilon_for(double theta) {
    return reciprocal_of_sigmoid(-theta);
}

double ApproximateExponential::operator()(double x) const {
    if (std::isnan(x)) return x;
    if (x < theta_) return 0;
    const double difference = reciprocal_of_sigmoid(-x) - epsilon_;
    return Posit16_1::decode(Posit16_1::encode(std::max(difference, 0.0)));
}

}  // namespace octet
