// The page of `octet op gemm --animate`: the array clock by clock. One file (shell.h), without Vega.
#pragma once
#include <nlohmann/json.hpp>
#include <string>

namespace octet {

struct Animation {
    std::string title, headline;
    // As animation.js takes it:
    // - machine: name, rows, columns, dataflow, latency, accumulator, operand, block (rows after which sums
    // begin anew, 0: none)
    // - formats: {input, weight}, each {name, kind, bits, exponent_bits, scale}
    // - inputs, weights: what operands occur, [{v: value, t: -1..1, c: code, f: [[name, bits]...], o: {c,
    // f}}],
    //   o being what the multiplier takes, where that is another format
    // - sums: likewise, without f; products: their values
    // - frames: [cycle, then element, flags, and indices into inputs, weights (active, passing), weights or
    // sums
    //   (shadow), sums, products (-1: nothing) of each element that changed]
    nlohmann::ordered_json document;
};

// Bits of the flags in a frame.
namespace pe_flags {
constexpr unsigned input = 1, weight = 2, shadow = 4, passing = 8, sum = 16;
}

std::string animation_page(const Animation& animation);

}  // namespace octet
