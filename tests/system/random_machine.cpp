#include "tests/system/random_machine.h"

#include <fmt/format.h>

#include <cstdlib>

namespace octet::test {

unsigned given_seed() {
    const char* given = std::getenv("OCTET_SEED");
    return given != nullptr ? static_cast<unsigned>(std::strtoul(given, nullptr, 10))
                            : std::random_device{}();
}

std::vector<std::string> random_machine(Choice& choice) {
    const std::vector<std::pair<const char*, Words>> keys{
        {"array.rows", {"1", "2", "3", "4", "7", "8", "12"}},
        {"array.cols", {"1", "2", "4", "5", "8", "11"}},
        {"array.pe_latency", {"1", "1", "2", "3", "4"}},
        {"array.dataflow", {"weight_stationary", "output_stationary", "input_stationary"}},
        {"array.double_buffered_weights", {"true", "true", "false"}},
        {"array.overlap_passes", {"true", "true", "false"}},
        {"vector.lanes", {"1", "2", "3", "8", "16"}},
        {"vector.drain_depth", {"1", "2", "5", "40"}},
        {"vector.port_beats", {"1", "2"}},
        {"vector.writeback_fifo", {"1", "2"}},
        {"vector.initiation_interval", {"1", "1", "2"}},
        {"vector.latency", {"1", "4", "9"}},
        {"vector.reduce_latency", {"0", "5"}},
        {"controller.overlap_operations", {"true", "true", "false"}},
        {"row_tiles", {"best", "largest"}},
        {"matvec", {"array", "vector"}},
        {"codec.latency", {"0", "1", "3", "7"}},
        {"codec.placement", {"edge", "per_pe", "sram_port"}},
        {"sram.banks", {"1", "2", "16"}},
        {"sram.width_bits", {"32", "64", "128"}},
        {"sram.ports", {"1", "2"}},
        {"sram.latency", {"1", "2", "6"}},
        {"sram.capacity_kib", {"64", "2048"}},
        {"buffers.input.depth", {"16", "64", "1024"}},
        {"buffers.weight.depth", {"32", "64", "1024"}},
        {"buffers.accumulation.depth", {"16", "100", "1024"}},
        {"buffers.input.double", {"true", "false"}},
        {"buffers.weight.double", {"true", "false"}},
        {"fusion", {"none", "scaling", "activation", "layernorm", "residual"}},
        {"dram",
         {"{kind: ideal, bytes_per_cycle: 0.5, latency: 300}",
          "{kind: ideal, bytes_per_cycle: 4, latency: 1}", "{kind: ideal, bytes_per_cycle: 64, latency: 40}",
          "configs/dram/lpddr4-3200.yaml", "configs/dram/lpddr5-6400.yaml", "configs/dram/ddr4-2400.yaml",
          "configs/dram/ddr4-3200.yaml", "configs/dram/hbm2.yaml"}},
        {"dma.burst_bytes", {"16", "64", "128"}},
        {"dma.outstanding", {"1", "4", "16"}},
        {"pe.preset",
         {"posit8_1_ftz", "posit8_0", "e4m3", "e5m2", "hybrid_fp8", "e4m3_scaled", "int8", "int8_zp", "int4",
          "bf16", "fp32", "mxfp8_e4m3", "mxint8", "mxfp4_e2m1"}}};
    std::vector<std::string> settings{"--costs", "configs/costs/unit.yaml"};
    std::string preset;
    for (const auto& [key, words] : keys) {
        const std::string word = choice.of(words);
        settings.insert(settings.end(), {"--set", fmt::format("{}={}", key, word)});
        preset = word;  // the last key
    }
    if (preset.starts_with("mx"))  // blocks of 32 and rows have to fit, and a tile into the buffer
        settings.insert(settings.end(),
                        {"--set", "array.rows=" + choice.of({"2", "8", "32", "64"}), "--set",
                         "buffers.weight.depth=" + choice.of({"64", "1024"}), "--set",
                         "array.dataflow=" + choice.of({"weight_stationary", "input_stationary"})});
    const bool integers = preset.starts_with("int");
    if (integers && choice.below(2) == 0) settings.insert(settings.end(), {"--set", "pe.overflow=wrap"});
    if (!integers && choice.below(2) == 0) {
        const std::string accumulator = choice.of({"fp32", "bf16", "fp16", "dlfloat16", "fixed"});
        const std::string rounding =
            accumulator == "fixed" ? "nearest_even" : choice.of({"nearest_even", "truncate", "stochastic"});
        settings.insert(settings.end(),
                        {"--set", "pe.accumulator=" + accumulator, "--set", "pe.rounding=" + rounding});
    }
    return settings;
}

}  // namespace octet::test
