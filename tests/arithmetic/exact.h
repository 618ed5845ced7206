// Sums and their rounding a second time, in exact integers: numbers are whole multiples of 2^-320. Shares
// nothing with models/arithmetic.
#pragma once
#include <boost/multiprecision/cpp_int.hpp>
#include <cstdint>

#include "models/formats/rounding.h"

namespace octet::reference {

using Exact = boost::multiprecision::cpp_int;  // in units of 2^-320

Exact exact_units(double value);          // of a finite multiple of 2^-320
Exact exact_product(double a, double b);  // a, b multiples of 2^-160
double approximate(const Exact& value);   // for messages

// A binary floating-point format as an adder sees it.
struct Held {
    const char* name;
    int mantissa;
    int min_exponent;  // of a normal number
    double max;        // largest finite number
    bool subnormals;   // without: the smallest number is one last place above 2^min_exponent
    bool infinity;     // what overflow makes; without one, NaN
};
extern const Held fp32, bf16, fp16, dlfloat16;

// What a sum becomes. `zero` is the sign that an exact zero has (true: minus).
float round(const Exact& sum, const Held& format, Rounding mode, std::uint32_t random = 0,
            bool minus_zero = false);

// round(sum + a * b), step by step. Any operand may be infinite or NaN.
float mac(float sum, float a, float b, const Held& format, Rounding mode, std::uint32_t random = 0);
float add(float a, float b, const Held& format);

bool same_bits(float a, float b);

}  // namespace octet::reference
