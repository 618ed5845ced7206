// The registers of all processing elements as signals of a SystemC trace: copies at addresses that stay.
#pragma once
#include <fmt/format.h>

#include <systemc>
#include <vector>

#include "models/array/register_arithmetic.h"

namespace octet {

// What one processing element holds at the end of a clock; where sums stay, the weight is the value that
// passes down, the shadow the drain register. Numbers are traced in runs with values only.
struct PeProbe {
    double input = 0, weight = 0, shadow = 0, sum = 0;
    bool input_valid = false;
    bool weight_present = false;  // an operand that the matrix has
    bool shadow_full = false;     // waits to be swapped in
    bool passing_valid = false;   // a weight on its way down
    bool sum_valid = false;       // in the last stage of the multiplier-adder
};

inline double number_of(float x) {
    return static_cast<double>(x);
}
inline double number_of(std::int8_t x) {
    return static_cast<double>(x);
}
inline double number_of(const Quire& sum) {
    return sum.to_odd();
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
    ArrayProbe(std::size_t rows, std::size_t columns) : cols(columns), pes(rows * columns) {}

    // Signals array.pe_ROW_COLUMN.input and so on. The file must not outlive this.
    void trace(sc_core::sc_trace_file& file, bool values) const {
        for (std::size_t e = 0; e < pes.size(); ++e) {
            const PeProbe& pe = pes[e];
            const std::string name = fmt::format("array.pe_{}_{}.", e / cols, e % cols);
            sc_core::sc_trace(&file, pe.input_valid, name + "input_valid");
            sc_core::sc_trace(&file, pe.weight_present, name + "weight_present");
            sc_core::sc_trace(&file, pe.shadow_full, name + "shadow_full");
            sc_core::sc_trace(&file, pe.passing_valid, name + "passing_valid");
            sc_core::sc_trace(&file, pe.sum_valid, name + "sum_valid");
            if (!values) continue;
            sc_core::sc_trace(&file, pe.input, name + "input");
            sc_core::sc_trace(&file, pe.weight, name + "weight");
            sc_core::sc_trace(&file, pe.shadow, name + "shadow");
            sc_core::sc_trace(&file, pe.sum, name + "sum");
        }
    }

    std::size_t cols;
    std::vector<PeProbe> pes;
};

}  // namespace octet
