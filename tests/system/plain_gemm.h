// What octet op gemm has to compute, as loops over whole matrices (docs/values.md).
#pragma once
#include <cstdint>
#include <vector>

#include "models/arithmetic/gemm.h"
#include "models/formats/registry.h"

namespace octet::test {

// A matrix in blocks along its rows or, `down`, its columns: elements at scale 1, and a scale a value.
struct InBlocks {
    std::vector<float> elements;
    std::vector<std::uint8_t> scales;
    std::vector<double> numbers;
};
InBlocks in_blocks(const FormatInfo& format, const std::vector<float>& values, std::size_t rows,
                   std::size_t columns, bool down);

// A (m x k) times B (k x n), plus a bias if there is one, in the formats of a preset and with an accumulator
// of the rules; as many rows of the array as these say.
struct PlainGemm {
    const Preset& preset;
    GemmRules rules;
    std::size_t m, n, k;
    std::vector<float> a, b, bias;
    // Before the encoder: in vector format.
    std::vector<float> results() const;
};

}  // namespace octet::test
