#include <algorithm>
#include <future>
#include <stdexcept>
#include <vector>

#include "models/arithmetic/gemm.h"

namespace octet {
namespace {

constexpr std::size_t worth_a_thread = std::size_t{1} << 20;  // multiply-accumulates: some 50 to 100 us

struct Range {
    std::size_t begin, end;
};
std::vector<Range> cut(std::size_t count, std::size_t parts, std::size_t step) {
    const std::size_t steps = (count + step - 1) / step;
    parts = std::max<std::size_t>(std::min(parts, steps), 1);
    std::vector<Range> ranges;
    for (std::size_t i = 0; i < parts; ++i)
        ranges.push_back(
            {std::min(steps * i / parts * step, count), std::min(steps * (i + 1) / parts * step, count)});
    return ranges;
}

template <class Problem>
std::uint64_t overflows_of(const GemmRules& rules, const Problem& problem) {
    return gemm(rules, problem);
}

// Blocks of rows, or of columns where these are more; draws follow the rows.
template <class Problem>
std::uint64_t in_blocks(const GemmRules& rules, const Problem& p, unsigned threads) {
    const std::size_t useful = p.m * p.n * p.k / worth_a_thread;
    const std::size_t parts = std::min<std::size_t>(std::max(threads, 1U), std::max<std::size_t>(useful, 1));
    const bool by_rows = rules.rounding == Rounding::stochastic || p.m >= p.n;
    GemmRules block_rules = rules;
    block_rules.all_rows = rules.all_rows == 0 ? rules.first_row + p.m : rules.all_rows;
    std::vector<std::future<std::uint64_t>> running;
    std::uint64_t overflows = 0;
    for (const Range range : cut(by_rows ? p.m : p.n, parts, by_rows ? 4 : 64)) {
        Problem block = p;
        if (by_rows) {
            block.m = range.end - range.begin;
            block.a += range.begin * p.a_stride;
            block.sums += range.begin * p.sums_stride;
            if (p.scales.a != nullptr) block.scales.a += range.begin * p.scales.a_stride;
            block_rules.first_row = rules.first_row + range.begin;
        } else {
            block.n = range.end - range.begin;
            block.b += range.begin;
            block.sums += range.begin;
            if (p.scales.b != nullptr) block.scales.b += range.begin;
        }
        const bool last = range.end == (by_rows ? p.m : p.n);
        if (last)
            overflows += overflows_of(block_rules, block);
        else
            running.push_back(std::async(std::launch::async, overflows_of<Problem>, block_rules, block));
    }
    for (auto& block : running) overflows += block.get();
    return overflows;
}

}  // namespace

std::uint64_t gemm_parallel(const GemmRules& rules, const FloatGemm& problem, unsigned threads) {
    return in_blocks(rules, problem, threads);
}
std::uint64_t gemm_parallel(const GemmRules& rules, const IntegerGemm& problem, unsigned threads) {
    return in_blocks(rules, problem, threads);
}

}  // namespace octet
