// `fidelity: register` and `pass`: the same document, the same codes, the same cycle of every result.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <random>
#include <sstream>

#include "sim/tensors/tensor_file.h"
#include "tests/system/octet.h"

namespace octet::test {
namespace {

unsigned given_seed() {
    const char* given = std::getenv("OCTET_SEED");
    return given != nullptr ? static_cast<unsigned>(std::strtoul(given, nullptr, 10))
                            : std::random_device{}();
}

using Words = std::vector<const char*>;

class Choice {
  public:
    explicit Choice(unsigned seed) : random_(seed) {}
    std::string of(const Words& words) { return words[random_() % words.size()]; }
    std::uint64_t below(std::uint64_t bound) { return random_() % bound; }

  private:
    std::mt19937 random_;
};

// Keys of the machine, among them such that nearly everything stalls.
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
          "configs/dram/lpddr4-3200.yaml", "configs/dram/ddr4-3200.yaml"}},
        {"pe.preset",
         {"posit8_1_ftz", "posit8_0", "e4m3", "e5m2", "hybrid_fp8", "int8", "int4", "bf16", "fp32",
          "mxfp8_e4m3", "mxint8", "mxfp4_e2m1"}}};
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

std::vector<std::string> with(std::vector<std::string> arguments, const std::vector<std::string>& more) {
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
}

class Fidelities : public testing::TestWithParam<int> {};

TEST_P(Fidelities, DifferInNoNumberOfARunOnARandomMachine) {
    const unsigned seed = given_seed() + static_cast<unsigned>(GetParam());
    SCOPED_TRACE(fmt::format("OCTET_SEED={}", seed - static_cast<unsigned>(GetParam())));
    Choice choice(seed);
    for (int round = 0; round < 4; ++round) {
        const auto arguments = with(
            {"run", "configs/experiments/bert-base-edge16-posit8.yaml", "--json", "--set",
             "workload=workloads/tiny.yaml", "--set", fmt::format("phase.sequence={}", 1 + choice.below(16)),
             "--set", fmt::format("phase.batch={}", 1 + choice.below(2)), "--values",
             choice.of({"none", "exact"})},
            random_machine(choice));
        SCOPED_TRACE(fmt::format("octet {}", fmt::join(arguments, " ")));
        const Outcome pass = octet(with(arguments, {"--fidelity", "pass"}));
        const Outcome registers = octet(with(arguments, {"--fidelity", "register"}));
        ASSERT_EQ(pass.status, 0) << pass.err;
        ASSERT_EQ(registers.status, 0) << registers.err;
        ASSERT_EQ(nlohmann::json::parse(registers.out), nlohmann::json::parse(pass.out));
        ASSERT_EQ(registers.out, pass.out);
    }
}
INSTANTIATE_TEST_SUITE_P(Random, Fidelities, testing::Range(0, 12));

std::string content(const std::filesystem::path& path) {
    std::stringstream text;
    text << std::ifstream(path, std::ios::binary).rdbuf();
    return text.str();
}

std::string matrix(const Folder& folder, const std::string& name, std::uint64_t rows, std::uint64_t columns,
                   Choice& choice) {
    std::vector<float> values(rows * columns);
    for (float& x : values) x = static_cast<float>(static_cast<int>(choice.below(2001)) - 1000) / 256;
    const std::vector<std::uint64_t> shape{rows, columns};
    return folder.write(name, npy_text(Dtype::f32, shape, std::as_bytes(std::span(values))));
}

TEST_P(Fidelities, GiveEveryResultOfAProductTheSameBitsInTheSameCycle) {
    const unsigned seed = given_seed() + static_cast<unsigned>(GetParam());
    SCOPED_TRACE(fmt::format("OCTET_SEED={}", seed - static_cast<unsigned>(GetParam())));
    Choice choice(seed);
    const Folder folder;
    const std::uint64_t m = 1 + choice.below(40), n = 1 + choice.below(40), k = 1 + choice.below(60);
    const auto arguments =
        with({"op", "gemm", "--accelerator", "configs/accelerators/edge16-posit8.yaml", "--in",
              matrix(folder, "a.npy", m, k, choice), matrix(folder, "b.npy", k, n, choice), "--seed", "5",
              "--output", "accumulator"},
             random_machine(choice));
    SCOPED_TRACE(fmt::format("octet {}", fmt::join(arguments, " ")));
    for (const std::string fidelity : {"pass", "register"}) {
        const auto folder_of = (folder.path() / fidelity).string();
        const Outcome outcome =
            octet(with(arguments, {"--fidelity", fidelity, "--hex", folder_of, "--out", folder_of + ".npy"}));
        ASSERT_EQ(outcome.status, 0) << outcome.err;
    }
    for (const char* name : {"result.hex", "cycles.hex", "a.hex", "b.hex"})
        EXPECT_EQ(content(folder.path() / "register" / name), content(folder.path() / "pass" / name)) << name;
    EXPECT_FALSE(content(folder.path() / "pass.npy").empty());
    EXPECT_EQ(content(folder.path() / "register.npy"), content(folder.path() / "pass.npy"));
}

TEST(Fidelity, OfAnOperationIsOneOfTwoWords) {
    const Outcome outcome = octet({"op", "gemm", "--accelerator", "configs/accelerators/edge16-posit8.yaml",
                                   "--shape", "4,4,4", "--fidelity", "registers"});
    EXPECT_EQ(outcome.status, 1);
    EXPECT_EQ(outcome.err,
              "--fidelity registers: fidelity: expected register or pass, got 'registers', did you mean "
              "'register'?\n");
}

}  // namespace
}  // namespace octet::test
