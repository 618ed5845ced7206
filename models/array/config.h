#pragma once
#include <cstdint>
#include <string>

#include "models/formats/rounding.h"

namespace octet {

// How the array is simulated: a pass at a time, or every register in every clock. No number differs.
enum class Fidelity : std::uint8_t { pass, registers };  // `register` in YAML
enum class Dataflow : std::uint8_t { weight_stationary, output_stationary, input_stationary };

struct ArrayConfig {
    int rows = 16;  // PEs along the reduction dimension
    int cols = 16;  // PEs along the output columns
    Dataflow dataflow = Dataflow::weight_stationary;
    int pe_latency = 1;  // cycles of one multiply-accumulate, L
    bool double_buffered_weights = true;
    bool overlap_passes = true;
};

// Formats are names of models/formats/registry.h.
struct PeConfig {
    std::string preset = "posit8_1_ftz";
    std::string storage = "posit8_1_ftz";
    std::string operand = "e5m4";
    std::string accumulator = "bf16";
    Rounding rounding = Rounding::nearest_even;
    int fixed_bits = 0;       // of sums in `fixed`; 0: as many as they take to be exact
    int fixed_fraction = -1;  // of these behind the point; -1: down to the lowest place of any product
    IntegerOverflow overflow = IntegerOverflow::saturate;  // of integer sums, here and in the buffer
};

}  // namespace octet
