// How many clocks a second the array makes that steps every register: full of vectors of 128 to a pass, with
// and without arithmetic. items_per_second: clocks.
#include <benchmark/benchmark.h>

#include "models/array/register_arithmetic.h"
#include "models/array/register_array.h"

namespace octet {
namespace {

template <class Arithmetic>
void clocks(benchmark::State& state, Arithmetic arithmetic) {
    using Array = WeightStationaryArray<Arithmetic>;
    using Operand = typename Array::Operand;
    ArrayConfig config;
    config.rows = config.cols = static_cast<int>(state.range(0));
    const auto side = static_cast<std::size_t>(state.range(0));
    constexpr std::size_t vectors = 128;
    Array array(config, arithmetic);
    std::vector<Operand> operands(side);
    if constexpr (std::is_arithmetic_v<Operand>)
        for (std::size_t i = 0; i < side; ++i) operands[i] = static_cast<Operand>(i + 1);
    std::size_t m = 0, passes = 0;
    for (auto _ : state) {
        typename Array::Edge edge;
        edge.vector = passes > 0;
        edge.first = edge.vector && m == 0;
        edge.weights = m >= vectors - side;
        edge.tag = edge.weights ? m - (vectors - side) : 0;
        edge.inputs = edge.row = operands;
        array.step(edge);
        if (++m == vectors) m = 0, ++passes;
    }
    state.SetItemsProcessed(state.iterations());
}

GemmRules rules(std::int64_t side, Accumulator accumulator, Accumulator buffer) {
    GemmRules r;
    r.rows = r.columns = r.chunk = static_cast<std::size_t>(side);
    r.accumulator = accumulator;
    r.buffer = buffer;
    return r;
}

void time_alone(benchmark::State& state) {
    clocks(state, NoArithmetic{});
}
void bf16(benchmark::State& state) {
    clocks(state, FloatArithmetic(rules(state.range(0), Accumulator::bf16, Accumulator::bf16)));
}
void fp32(benchmark::State& state) {
    clocks(state, FloatArithmetic(rules(state.range(0), Accumulator::fp32, Accumulator::fp32)));
}
void int24(benchmark::State& state) {
    clocks(state, IntegerArithmetic(rules(state.range(0), Accumulator::int24, Accumulator::int32)));
}

BENCHMARK(time_alone)->Arg(8)->Arg(16)->Arg(32);
BENCHMARK(bf16)->Arg(8)->Arg(16)->Arg(32);
BENCHMARK(fp32)->Arg(16);
BENCHMARK(int24)->Arg(16);

}  // namespace
}  // namespace octet

BENCHMARK_MAIN();

// libsystemc asks for this symbol.
int sc_main(int, char**) {
    return 0;
}
