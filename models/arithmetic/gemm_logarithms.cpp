// A row of A at a time: the products with all of B are made linear by a table of their logarithm, and what
// adds up 1 x product is the kernel of other operands, since such a product has 11 bits.
#include "models/arithmetic/gemm_logarithms.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <vector>

namespace octet {
namespace {

// A sum of two of these tells 0 and NaN from numbers, whose logarithms are 1 to 127.
constexpr int zero = 256, not_a_number = 1024;
constexpr std::uint32_t sign = 0x80000000;
constexpr std::size_t products_at_once = std::size_t{1} << 15;  // 128 KB

using Table = std::array<std::uint32_t, 2 * not_a_number + 1>;
const Table& linear_bits() {
    static const Table table = [] {
        Table t{};
        for (int sum = 0; sum < static_cast<int>(t.size()); ++sum) {
            const double value = sum >= not_a_number ? std::numeric_limits<double>::quiet_NaN()
                                 : sum >= zero       ? 0
                                                     : lns_linear(sum - 2 * Lns8::bias);
            t[static_cast<std::size_t>(sum)] = std::bit_cast<std::uint32_t>(static_cast<float>(value));
        }
        return t;
    }();
    return table;
}

struct Logarithm {
    std::uint32_t index;  // of the table, after that of the other operand is added
    std::uint32_t sign;   // 0 for the number 0
};
Logarithm logarithm(float operand) {
    if (operand != operand) return {not_a_number, 0};
    if (operand == 0) return {zero, 0};
    return {static_cast<std::uint32_t>(std::abs(operand)), operand < 0 ? sign : 0};
}

// What a number's sign may be turned by: all of it, but that of 0 stays +.
std::uint32_t turns(const Logarithm& a) {
    return a.index == zero ? 0 : sign;
}

}  // namespace

std::uint64_t gemm_logarithms(const GemmRules& rules, const FloatGemm& p, Isa isa) {
    std::vector<std::uint32_t> index(p.k * p.n), signs(p.k * p.n), turn(p.k * p.n);
    for (std::size_t k = 0; k < p.k; ++k)
        for (std::size_t n = 0; n < p.n; ++n) {
            const Logarithm b = logarithm(p.b[k * p.b_stride + n]);
            index[k * p.n + n] = b.index;
            signs[k * p.n + n] = b.sign;
            turn[k * p.n + n] = turns(b);
        }
    std::uint64_t overflows = 0;
    GemmRules row_rules = rules;
    row_rules.logarithms = false;
    row_rules.all_rows = rules.all_rows == 0 ? rules.first_row + p.m : rules.all_rows;
    // Draws follow all of k; a chain without chunks is not cut.
    std::size_t step = p.k;
    if (rules.chunk != 0 && rules.rounding != Rounding::stochastic)
        step = std::max<std::size_t>(products_at_once / std::max<std::size_t>(p.n, 1) / rules.chunk, 1) *
               rules.chunk;
    step = std::min(step, p.k);
    const std::vector<float> ones(step, 1.0F);
    std::vector<float> products(step * p.n);
    const Table& table = linear_bits();
    FloatGemm row;
    row.m = 1;
    row.n = p.n;
    row.a = ones.data();
    row.a_stride = step;
    row.b = products.data();
    row.b_stride = p.n;
    row.sums_stride = p.sums_stride;
    for (std::size_t m = 0; m < p.m; ++m) {
        row_rules.first_row = rules.first_row + m;
        row.sums = p.sums + m * p.sums_stride;
        for (std::size_t start = 0; start < p.k; start += step) {
            row.k = std::min(step, p.k - start);
            for (std::size_t k = 0; k < row.k; ++k) {
                const Logarithm a = logarithm(p.a[m * p.a_stride + start + k]);
                const std::uint32_t* const table_of_a = table.data() + a.index;
                const std::uint32_t turned = turns(a);
                const std::size_t at = (start + k) * p.n;
                for (std::size_t n = 0; n < p.n; ++n)
                    products[k * p.n + n] = std::bit_cast<float>(
                        table_of_a[index[at + n]] ^ ((a.sign & turn[at + n]) ^ (signs[at + n] & turned)));
            }
            row.first = p.first && start == 0;
            overflows += gemm(row_rules, row, isa);
        }
    }
    return overflows;
}

}  // namespace octet
