// Billions of multiply-accumulates a second of the order-exact kernels on 384 x 768 x 768, decoding included,
// beside the rate at which this core retires fused multiply-adds that depend on nothing.
#include <benchmark/benchmark.h>

#include <random>
#include <string>
#include <utility>
#include <vector>

#include "models/arithmetic/gemm.h"
#include "models/formats/registry.h"
#include "tests/bench/peak.h"

namespace octet {
namespace {

constexpr std::size_t M = 384, K = 768, N = 768;

double peak() {
    static const double measured = peak_gmacs(best_isa());
    return measured;
}

struct Operands {
    std::vector<float> a = std::vector<float>(M * K), b = std::vector<float>(K * N),
                       sums = std::vector<float>(M * N);
    std::vector<std::byte> a_codes, b_codes;
    const FormatInfo& format;

    explicit Operands(std::string_view name) : format(*find_format(name)) {
        std::mt19937 random(1);
        std::normal_distribution<float> activation(0, 1), weight(0, 0.05F);
        for (float& x : a) x = activation(random);
        for (float& x : b) x = weight(random);
        a_codes.resize(a.size() * static_cast<std::size_t>(code_bytes(format)));
        b_codes.resize(b.size() * static_cast<std::size_t>(code_bytes(format)));
        format.encode_floats(a, a_codes.data(), format.overflow);
        format.encode_floats(b, b_codes.data(), format.overflow);
    }
    void decode() {
        format.decode_floats(a_codes.data(), a);
        format.decode_floats(b_codes.data(), b);
    }
    FloatGemm problem() { return {M, N, K, a.data(), K, b.data(), N, sums.data(), N, true, {}}; }
};

void report(benchmark::State& state, double macs) {
    state.counters["GMAC/s"] = benchmark::Counter(macs * 1e-9 * static_cast<double>(state.iterations()),
                                                  benchmark::Counter::kIsRate);
    state.counters["of_peak"] = benchmark::Counter(
        macs * 1e-9 / peak() * static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
}

void float_gemm(benchmark::State& state, const char* storage, Accumulator accumulator, Rounding rounding,
                Isa isa, std::size_t chunk) {
    Operands operands(storage);
    GemmRules rules;
    rules.accumulator = accumulator;
    rules.buffer = accumulator == Accumulator::fixed ? Accumulator::fp32 : accumulator;
    rules.rounding = rounding;
    rules.chunk = chunk;
    for (auto _ : state) {
        operands.decode();
        gemm(rules, operands.problem(), isa);
        benchmark::DoNotOptimize(operands.sums.data());
    }
    report(state, double(M) * N * K);
}

// On all processors: wall time counts, and the ratio is to the peak of one.
void parallel_gemm(benchmark::State& state, unsigned threads) {
    Operands operands("posit8_1");
    const GemmRules rules;
    for (auto _ : state) {
        operands.decode();
        gemm_parallel(rules, operands.problem(), threads);
        benchmark::DoNotOptimize(operands.sums.data());
    }
    report(state, double(M) * N * K);
}

void integer_gemm(benchmark::State& state, Accumulator accumulator, Isa isa) {
    std::mt19937 random(1);
    std::vector<IntegerOperand> a(M * K), b(K * N);
    std::vector<std::int32_t> sums(M * N);
    for (auto& x : a) x = static_cast<IntegerOperand>(random() % 255 - 127);
    for (auto& x : b) x = static_cast<IntegerOperand>(random() % 255 - 127);
    GemmRules rules;
    rules.accumulator = accumulator;
    rules.buffer = Accumulator::int32;
    for (auto _ : state) {
        gemm(rules, IntegerGemm{M, N, K, a.data(), K, b.data(), N, sums.data(), N, true, {}}, isa);
        benchmark::DoNotOptimize(sums.data());
    }
    report(state, double(M) * N * K);
}

void encode(benchmark::State& state, const char* name) {
    const FormatInfo& format = *find_format(name);
    std::mt19937 random(1);
    std::normal_distribution<float> normal;
    std::vector<float> values(M * N);
    for (float& x : values) x = normal(random);
    std::vector<std::byte> codes(values.size() * 4);
    for (auto _ : state) {
        format.encode_floats(values, codes.data(), format.overflow);
        benchmark::DoNotOptimize(codes.data());
    }
    state.counters["Gvalues/s"] = benchmark::Counter(
        1e-9 * static_cast<double>(values.size() * state.iterations()), benchmark::Counter::kIsRate);
}

void register_all() {
    const std::pair<const char*, Isa> isas[] = {
        {"avx512", Isa::avx512}, {"avx2", Isa::avx2}, {"baseline", Isa::baseline}};
    const auto add = [](const std::string& name, auto run) {
        benchmark::RegisterBenchmark(name.c_str(), run)->Unit(benchmark::kMillisecond);
    };
    using enum Accumulator;
    for (const auto& [isa_name, isa] : isas) {
        if (isa > best_isa()) continue;
        const std::string suffix = std::string("/") + isa_name;
        const auto product = [&](const std::string& name, const char* storage, Accumulator sums,
                                 Rounding rounding, std::size_t chunk) {
            add(name + suffix,
                [=, isa = isa](benchmark::State& s) { float_gemm(s, storage, sums, rounding, isa, chunk); });
        };
        product("fp32/posit8_1", "posit8_1", fp32, Rounding::nearest_even, 16);
        product("fp32/bf16", "bf16", fp32, Rounding::nearest_even, 16);
        product("bf16/posit8_1", "posit8_1", bf16, Rounding::nearest_even, 16);
        product("bf16/posit8_1/one_chain", "posit8_1", bf16, Rounding::nearest_even, 0);
        product("bf16/e4m3", "e4m3", bf16, Rounding::nearest_even, 16);
        product("bf16/bf16", "bf16", bf16, Rounding::nearest_even, 16);
        add("int24/int8" + suffix, [isa = isa](benchmark::State& s) { integer_gemm(s, int24, isa); });
        add("int32/int8" + suffix, [isa = isa](benchmark::State& s) { integer_gemm(s, int32, isa); });
        if (isa == Isa::baseline) continue;
        product("fp16/posit8_1", "posit8_1", fp16, Rounding::nearest_even, 16);
        product("dlfloat16/posit8_1", "posit8_1", dlfloat16, Rounding::nearest_even, 16);
        product("bf16_truncate/posit8_1", "posit8_1", bf16, Rounding::truncate, 16);
        product("fp32_truncate/posit8_1", "posit8_1", fp32, Rounding::truncate, 16);
        product("fp32_truncate/fp16", "fp16", fp32, Rounding::truncate, 16);
        product("bf16_stochastic/posit8_1", "posit8_1", bf16, Rounding::stochastic, 16);
        product("bf16_stochastic/posit8_1/one_chain", "posit8_1", bf16, Rounding::stochastic, 0);
        product("fixed/posit8_1", "posit8_1", fixed, Rounding::nearest_even, 16);
    }
    for (const unsigned threads : {1U, 2U, 4U})
        benchmark::RegisterBenchmark(("bf16/posit8_1/threads:" + std::to_string(threads)).c_str(),
                                     parallel_gemm, threads)
            ->Unit(benchmark::kMillisecond)
            ->UseRealTime();
    for (const char* name : {"posit8_1", "e4m3", "bf16", "fp16", "posit16_1"})
        add(std::string("encode/") + name, [name](benchmark::State& s) { encode(s, name); });
}

}  // namespace
}  // namespace octet

int main(int argc, char** argv) {
    octet::register_all();
    benchmark::Initialize(&argc, argv);
    benchmark::AddCustomContext("peak", std::to_string(octet::peak_gmacs(octet::best_isa())) +
                                            " G fused multiply-adds/s on one core");
    benchmark::RunSpecifiedBenchmarks();
}
