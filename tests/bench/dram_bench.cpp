// How many requests of 64 bytes a second go through the DRAM model (docs/hardware/dram.md).
#include <benchmark/benchmark.h>

#include "models/memory/dram_stream.h"
#include "sim/config/experiment.h"

namespace octet {
namespace {

enum class Pattern : std::uint8_t { sequential, random, mixed };

class Requests : public DramRequests {
  public:
    Requests(Pattern pattern, std::uint64_t count) : pattern_(pattern), left_(count) {}
    std::size_t read(std::span<DramRequest> room) override {
        std::size_t n = 0;
        for (; n < room.size() && left_ > 0; ++n, --left_) {
            state_ = state_ * 6364136223846793005U + 1442695040888963407U;
            const std::uint64_t anywhere = state_ >> 34U << 6U;
            room[n].address = pattern_ == Pattern::sequential ? next_ += 64 : anywhere;
            room[n].write = pattern_ == Pattern::mixed && state_ >> 63U != 0;
        }
        return n;
    }

  private:
    Pattern pattern_;
    std::uint64_t left_, state_ = 1, next_ = 0;
};

void stream(benchmark::State& state, const char* part, Pattern pattern) {
    const DramDeviceConfig config =
        load_dram(OCTET_SOURCE_DIR "/configs/dram/" + std::string(part) + ".yaml");
    const std::uint64_t count = pattern == Pattern::sequential ? 4'000'000 : 1'000'000;
    for (auto _ : state) {
        Requests requests(pattern, count);
        benchmark::DoNotOptimize(run_dram_stream(config, requests));
    }
    state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * count));
}

BENCHMARK_CAPTURE(stream, lpddr4_sequential, "lpddr4-3200", Pattern::sequential)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(stream, lpddr4_random, "lpddr4-3200", Pattern::random)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(stream, lpddr4_mixed, "lpddr4-3200", Pattern::mixed)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(stream, ddr4_sequential, "ddr4-2400", Pattern::sequential)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(stream, ddr4_random, "ddr4-2400", Pattern::random)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(stream, hbm2_sequential, "hbm2", Pattern::sequential)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace octet

BENCHMARK_MAIN();

// libsystemc asks for this symbol.
extern "C" int sc_main(int, char**) {
    return 0;
}
