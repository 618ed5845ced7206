// How the wall time of `octet run` grows with the number of tile passes: BERT-base with 1, 2, 4, 8 and 12
// layers. Every run is a process of its own, start-up included.
#include <benchmark/benchmark.h>

#include <chrono>
#include <string>

#include "tests/support/program.h"

namespace octet {
namespace {

void layers(benchmark::State& state) {
    const std::string setting = "workload.layers=" + std::to_string(state.range(0));
    for (auto _ : state) {
        const auto begin = std::chrono::steady_clock::now();
        const auto outcome =
            test::run_octet({"run", OCTET_SOURCE_DIR "/configs/experiments/bert-base-edge16-posit8.yaml",
                             "--set", setting, "--json"},
                            test::patient);
        if (outcome.exit != 0) state.SkipWithError("the run failed");
        state.SetIterationTime(
            std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
    }
}

BENCHMARK(layers)->Arg(1)->Arg(2)->Arg(4)->Arg(8)->Arg(12)->UseManualTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace octet

BENCHMARK_MAIN();

// libsystemc asks for this symbol.
int sc_main(int, char**) {
    return 0;
}
