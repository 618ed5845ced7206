// How long a trace of 100,000 operations takes to write and to load. Loading is linear; most of it is the
// YAML parser.
#include <benchmark/benchmark.h>

#include "sim/config/yaml.h"
#include "sim/workload/builder.h"
#include "sim/workload/trace.h"

namespace octet {
namespace {

Graph chain(std::int64_t operations) {
    GraphBuilder builder("chain");
    TensorId x = builder.tensor("x", TensorRole::input, 5, 5);
    for (std::int64_t i = 0; i < operations; ++i)
        x = builder.elementwise("o" + std::to_string(i), OperationKind::relu, {x});
    builder.mark_output(x);
    return builder.finish();
}

void write(benchmark::State& state) {
    const auto graph = chain(state.range(0));
    for (auto _ : state) benchmark::DoNotOptimize(write_trace(graph));
}

void load(benchmark::State& state) {
    const auto text = write_trace(chain(state.range(0)));
    for (auto _ : state) {
        Diagnostics diagnostics;
        benchmark::DoNotOptimize(read_trace(parse_yaml(text, "chain.yaml"), diagnostics));
        if (!diagnostics.empty()) state.SkipWithError("the trace does not load");
    }
}

BENCHMARK(write)->Arg(100'000)->Unit(benchmark::kMillisecond);
BENCHMARK(load)->Arg(10'000)->Arg(100'000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace octet

BENCHMARK_MAIN();

// libsystemc asks for this symbol.
extern "C" int sc_main(int, char**) {
    return 0;
}
