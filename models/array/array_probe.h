// The registers of all processing elements as numbers, at addresses that stay.
#pragma once
#include <vector>

#include "models/array/register_arithmetic.h"
#include "models/array/register_watcher.h"

namespace octet {

inline double number_of(float x) {
    return static_cast<double>(x);
}
inline double number_of(IntegerOperand x) {
    return static_cast<double>(x);
}
inline double number_of(const Quire& sum) {
    return sum.to_odd();
}
inline double number_of(const BoundedArithmetic::Sum& sum) {
    return sum.value;
}
inline double number_of(const IntegerArithmetic::Sum& sum) {
    return sum.value;
}
inline double number_of(NoArithmetic::Operand) {
    return 0;
}
inline double number_of(NoArithmetic::Sum) {
    return 0;
}

struct ArrayProbe {
    explicit ArrayProbe(std::size_t elements) : pes(elements) {}

    std::vector<PeProbe> pes;
};

}  // namespace octet
