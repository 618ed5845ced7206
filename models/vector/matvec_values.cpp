// The values of products on the lanes (docs/values.md).
#include <cmath>
#include <stdexcept>

#include "models/vector/vector_values.h"

namespace octet {

// Adds what the products of a command make to the sums in the accumulation buffer.
std::uint64_t VectorValues::add_products(const MatvecCommand& c) {
    const std::vector<float> x = read(c.input, 1, c.k()), matrix = read(c.matrix, c.rows, c.columns);
    const GemmRules& rules = values_.config.rules;
    const bool integers = is_integer(rules.accumulator);
    if (c.first_k) {
        held_ = {1, c.results(), {}, {}};
        held_.numbers.assign(integers ? 0 : c.results(), 0);
        held_.integers.assign(integers ? c.results() : 0, 0);
    }
    if (held_.columns != c.results())
        throw std::logic_error("the accumulation buffer holds the sums of another product");
    std::uint64_t overflows = 0;
    const VectorMath buffer(integers ? Accumulator::fp32 : rules.buffer);
    // `first` of its result: it is only converted.
    const auto accumulate = [&](std::size_t result, float term, bool first) {
        if (!integers) {
            float& sum = held_.numbers[result];
            sum = first ? buffer.round(double{term}) : buffer.add(sum, term);
            return;
        }
        std::int32_t& sum = held_.integers[result];
        const std::int64_t exact = sum + std::llrint(term);
        sum = rules.buffer == Accumulator::int32 ? Int32Accumulator::fit(exact, rules.overflow, overflows)
                                                 : Int24Accumulator::fit(exact, rules.overflow, overflows);
    };
    const VectorMath& math = unit_.math;
    if (!c.row_sums) {
        for (std::size_t k = 0; k < c.rows; ++k)
            for (std::size_t n = 0; n < c.columns; ++n)
                accumulate(n, math.multiply(x[k], matrix[k * c.columns + n]), c.first_k && k == 0);
        return overflows;
    }
    std::vector<float> products(unit_.lanes);
    for (std::size_t first = 0; first < c.columns;) {
        // A vector ends with the lanes, and with the piece.
        const std::size_t piece_end = (first / c.matrix.piece_columns + 1) * c.matrix.piece_columns;
        const std::size_t end = std::min({first + unit_.lanes, piece_end, std::size_t{c.columns}});
        products.resize(end - first);
        for (std::size_t n = 0; n < c.rows; ++n) {
            for (std::size_t k = first; k < end; ++k)
                products[k - first] = math.multiply(x[k], matrix[n * c.columns + k]);
            accumulate(n, math.sum(products, unit_.lanes), c.first_k && first == 0);
        }
        first = end;
    }
    return overflows;
}

void VectorValues::multiply(const MatvecCommand& c, OperationId operation, Cycle start, Cycle done) {
    values_.effects.settle(start);
    values_.counts[operation].saturated += add_products(c);
    if (!c.last_k) return;
    Work work;
    work.program = c.program;
    work.rows = 1;
    work.columns = c.results();
    work.operands.emplace_back();
    if (c.residual.sram.count > 0) work.operands[0] = read(c.residual, 1, work.columns);
    work.parameters = read_parameters(c.parameters, work.columns);
    work.output = c.output;
    work.sum_scale = c.sum_scale;
    read_line_scales(c.line_scales, work);
    work.part = c.part;
    values_.effects.at(done, Effects::Kind::deliver,
                       [this, work = std::move(work), sums = std::move(held_)]() mutable {
                           std::vector<float> v = entering(sums, work);
                           compute(work, std::move(v));
                       });
    held_ = {};
}

}  // namespace octet
