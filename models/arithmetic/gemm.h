// Matrix products as the array computes them, bit for bit, whatever the order in which this code visits the
// elements.
//
// A partial sum starts at +0, takes `chunk` products in rising k, each with one rounding of the accumulator
// (mac.h), and is then added once, to the nearest, in the buffer's format, to what the accumulation buffer
// holds; the first one is only converted. Rows of the array beyond the last k take no part.
//   weight stationary  chunk = rows of the array        input stationary  the same with A and B exchanged
//   output stationary  chunk = 0: one chain over all k
//   blocks of L        chunk = min(rows, L); its sum times scale a times scale b, rounded to fp32, goes to
//   the buffer
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>

#include "models/arithmetic/mac.h"
#include "models/formats/block_scale.h"
#include "models/formats/rounding.h"

namespace octet {

struct GemmRules {
    Accumulator accumulator = Accumulator::bf16;
    Rounding rounding = Rounding::nearest_even;
    Accumulator buffer = Accumulator::bf16;  // what the accumulation buffer holds; not `fixed`
    IntegerOverflow overflow = IntegerOverflow::saturate;
    std::size_t chunk = 16;
    bool logarithms = false;  // operands are logarithms, as lns.h has them
    int fixed_bits = 0;       // of a `fixed` sum (fixed_point.h); 0: as many as it takes to be exact
    int fixed_fraction = 0;   // and how many of them lie behind the point

    // Stochastic rounding (random.h). The array works n tile by n tile, in each k tile by k tile, in each
    // vector by vector (output stationary: m tile by m tile, in each k by k); element (row, column) of it
    // draws once a step. A k tile is a chunk, or `rows` if these are a multiple of it.
    std::uint64_t seed = 0;
    std::size_t rows = 16, columns = 16;
    std::uint64_t first_draw = 0;  // steps the elements have done before
    // If a problem is a block of rows of a larger one, whose draws it must make.
    std::size_t first_row = 0;
    std::size_t all_rows = 0;  // 0: first_row and those of the problem
};

// The reason why no such unit exists, empty if it does: integers add up integers and are kept as integers.
std::string refusal(const GemmRules& rules);

// Scale codes of the blocks of A (m x blocks) and B (blocks x n), both row by row; a block is `length`
// elements along k. Element k = 0 is the `phase`-th of its block, the last block may be short. `values`: what
// the 256 codes multiply by.
struct BlockScales {
    const std::uint8_t* a = nullptr;
    const std::uint8_t* b = nullptr;
    std::size_t a_stride = 0, b_stride = 0;
    std::size_t phase = 0;
    std::size_t length = 32;
    const double* values = E8m0Code::values.data();
    std::size_t block_of(std::size_t k) const { return (k + phase) / length; }
};

// sums (m x n) of A (m x k) times B (k x n), all row by row with the given distance between rows.
template <class Operand, class Sum>
struct GemmProblem {
    std::size_t m = 0, n = 0, k = 0;
    const Operand* a = nullptr;
    std::size_t a_stride = 0;
    const Operand* b = nullptr;
    std::size_t b_stride = 0;
    Sum* sums = nullptr;
    std::size_t sums_stride = 0;
    bool first = true;  // nothing is in the buffer yet
    BlockScales scales;
};
using FloatGemm = GemmProblem<float, float>;  // operands of at most 24 significant bits
using IntegerOperand = std::int16_t;          // of at most nine bits
using IntegerGemm = GemmProblem<IntegerOperand, std::int32_t>;

// The instructions to use. All give the same bits.
enum class Isa : std::uint8_t { baseline, avx2, avx512 };
Isa best_isa();  // of this processor

// Returns how many sums did not fit: integers in the array and in the buffer, `fixed` ones of a stated width.
// Throws std::invalid_argument with refusal(rules). Calls at the same time are safe if they write different
// sums.
std::uint64_t gemm(const GemmRules& rules, const FloatGemm& problem, Isa isa = best_isa());
std::uint64_t gemm(const GemmRules& rules, const IntegerGemm& problem, Isa isa = best_isa());

// The same on so many threads, bit for bit, and the same count.
std::uint64_t gemm_parallel(const GemmRules& rules, const FloatGemm& problem, unsigned threads);
std::uint64_t gemm_parallel(const GemmRules& rules, const IntegerGemm& problem, unsigned threads);

// The same, one multiply-accumulate after the other, as a specification.
std::uint64_t gemm_stepwise(const GemmRules& rules, const FloatGemm& problem);
std::uint64_t gemm_stepwise(const GemmRules& rules, const IntegerGemm& problem);

}  // namespace octet
