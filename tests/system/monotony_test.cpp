// Less of a resource never makes a product faster, but for what planning costs: tiles are chosen by
// estimates.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <random>
#include <utility>

#include "tests/system/octet.h"

namespace octet::test {
namespace {

struct Machine {
    std::uint64_t m, n, k;
    std::string fixed;                 // keys that stay, separated by blanks
    std::map<std::string, int> rates;  // keys of which one is halved

    double cycles(const std::string& halved = "") const {
        std::vector<std::string> settings;
        for (std::size_t begin = 0; begin < fixed.size();) {
            const std::size_t end = std::min(fixed.find(' ', begin), fixed.size());
            settings.push_back(fixed.substr(begin, end - begin));
            begin = end + 1;
        }
        for (const auto& [key, rate] : rates)
            settings.push_back(fmt::format("{}={}", key, key == halved ? rate / 2 : rate));
        const Folder folder;
        return run_product(folder, m, n, k, settings).at("cycles").at("total").get<double>();
    }
    std::string text() const {
        std::string text = fmt::format("{} x {} x {} {}", m, n, k, fixed);
        for (const auto& [key, rate] : rates) text += fmt::format(" {}={}", key, rate);
        return text;
    }
};

TEST(HalvingARate, LowersTheTotalOfAFewInAHundredProductsAndByNoMoreThanAThird) {
    const char* given = std::getenv("OCTET_SEED");
    const unsigned seed =
        given != nullptr ? static_cast<unsigned>(std::strtoul(given, nullptr, 10)) : std::random_device{}();
    SCOPED_TRACE(fmt::format("seed {}", seed));
    std::mt19937 random(seed);
    const auto pick = [&](std::initializer_list<int> values) {
        return *(values.begin() + random() % values.size());
    };
    const auto side = [&] { return std::uint64_t{1} + random() % static_cast<unsigned>(pick({8, 64, 500})); };
    int pairs = 0, lower = 0;
    for (int round = 0; round < 25; ++round) {
        Machine machine{side(), side(), side(), {}, {}};
        machine.fixed = fmt::format(
            "array.rows={} array.cols={} sram.capacity_kib={} buffers.input.depth={} buffers.weight.depth={} "
            "buffers.accumulation.depth={} vector.drain_depth={} array.overlap_passes={} pe.preset={}",
            pick({4, 8, 16, 32}), pick({4, 8, 16, 32}), pick({64, 256, 2048}), pick({128, 256, 1024}),
            pick({128, 256, 1024}), pick({128, 256, 1024}), pick({2, 8, 40}), pick({0, 1, 1}) == 1,
            std::vector<std::string>{"posit8_1_ftz", "e4m3", "int8", "bf16", "fp32"}[random() % 5]);
        machine.rates = {{"vector.lanes", pick({4, 8, 16, 32})},
                         {"sram.banks", pick({2, 4, 8, 16})},
                         {"sram.ports", 2},
                         {"dram.bytes_per_cycle", pick({2, 4, 8, 16, 32, 64})},
                         {"dma.outstanding", pick({4, 8, 16, 32})}};
        const double whole = machine.cycles();
        for (const auto& [key, rate] : machine.rates) {
            const double halved = machine.cycles(key);
            EXPECT_GT(halved, whole * 2 / 3) << key << ", " << machine.text();
            lower += halved < whole * 0.995 ? 1 : 0;
            ++pairs;
        }
    }
    EXPECT_LE(lower * 14, pairs) << "of " << pairs;
}

struct Exception {
    std::string halved, reason;
    Machine machine;
};

// What is known to become faster, and why. A test that fails here says that a reason is gone.
TEST(HalvingARate, LowersTheTotalForReasonsThatAreKnown) {
    const std::vector<Exception> exceptions{
        {"dma.outstanding",
         "with 16 bursts the array is the bound and its passes are to run without a break, so it waits for "
         "its operands; with 8 the DMA is, and the array begins early and waits in between",
         {121,
          291,
          1,
          "pe.preset=e4m3 array.rows=4 array.cols=16 sram.capacity_kib=64 sram.width_bits=64 sram.ports=1 "
          "buffers.weight.depth=128 buffers.accumulation.depth=128 vector.drain_depth=8",
          {{"vector.lanes", 16}, {"sram.banks", 32}, {"dram.bytes_per_cycle", 16}, {"dma.outstanding", 16}}}},
        {"vector.lanes",
         "the estimate of conflicts in the SRAM knows rates, not who meets whom: two tilings are equal by it",
         {184,
          48,
          9,
          "pe.preset=fp32 array.rows=4 array.cols=32 sram.capacity_kib=1024 sram.width_bits=256 sram.ports=1 "
          "buffers.weight.depth=256 buffers.accumulation.depth=256 vector.drain_depth=2",
          {{"vector.lanes", 8}, {"sram.banks", 8}, {"dram.bytes_per_cycle", 16}, {"dma.outstanding", 8}}}}};
    for (const Exception& e : exceptions)
        EXPECT_LT(e.machine.cycles(e.halved), e.machine.cycles() * 0.995)
            << "no longer true: " << e.reason << "; " << e.machine.text();
}

}  // namespace
}  // namespace octet::test
