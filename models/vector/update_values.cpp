// The values of updates that take more than one line (docs/values.md).
#include "models/arithmetic/random.h"
#include "models/vector/vector_values.h"

namespace octet {

void VectorValues::adam_step(const VectorStep& s, const Work& work, std::vector<float>& v) const {
    const VectorMath& math = unit_.math;
    const float rate = math.round(s.constant), epsilon = math.round(s.epsilon), decay = math.round(s.decay);
    const std::vector<float>&first = work.operands.at(1), &second = work.operands.at(2);
    for (std::size_t i = 0; i < v.size(); ++i) {
        const float size = math.add(math.square_root(second.at(i)), epsilon);
        const float step = math.multiply(math.divide(first.at(i), size), rate);
        v[i] = math.subtract(math.multiply(v[i], decay), step);
    }
}

// Value i of the operation's results takes draw i of generator R * C + operation (docs/values.md).
void VectorValues::axpy_once(const VectorStep& s, const Work& work, std::vector<float>& v) const {
    const ValueConfig& config = values_.config;
    const FormatInfo& format =
        work.output.codec ? *config.formats.at(work.output.format).info : *config.vector;
    const FloatMac mac =
        float_mac(*find_accumulator(format.name),
                  s.rounding == AxpyRounding::stochastic ? Rounding::stochastic : Rounding::nearest_even);
    const std::vector<float>& y = work.operands.at(1);
    const float a = unit_.math.round(s.constant);
    const std::uint64_t state =
        first_state(config.rules.seed, config.rules.rows * config.rules.columns + s.operation);
    const std::uint64_t first = std::uint64_t{work.part.first_row} * work.columns;
    for (std::size_t i = 0; i < v.size(); ++i)
        v[i] = mac(y.at(i), v[i], a, random_bits(state + (first + i) * draw_step));
}

}  // namespace octet
