// `octet dram` as a user runs it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "tests/support/program.h"

namespace octet {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

const std::string source = OCTET_SOURCE_DIR;
const std::string lpddr4 = source + "/configs/dram/lpddr4-3200.yaml";

test::Run run(const std::string& requests, std::vector<std::string> more = {},
              const std::string& part = lpddr4) {
    std::vector<std::string> arguments{"dram", "--config", part, "--requests",
                                       test::scratch_file("requests.txt", requests)};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return test::run_octet(arguments);
}

json document(const std::string& requests, std::vector<std::string> more = {},
              const std::string& part = lpddr4) {
    more.emplace_back("--json");
    const test::Run result = run(requests, more, part);
    EXPECT_EQ(result.exit, 0) << result.err;
    EXPECT_EQ(result.err, "");
    return json::parse(result.out);
}

std::vector<std::string> keys(const json& object) {
    std::vector<std::string> names;
    for (const auto& [key, value] : object.items()) names.push_back(key);
    return names;
}

TEST(Dram, PrintsOneReadToTheClock) {
    const json result = document("0x1000 R\n");
    // Taken in clock 0, activate in 2, the first burst read tRCD later, the second tCCD after that.
    const int cycles = 2 + 29 + 8 + 28 + 8;
    EXPECT_EQ(result["cycles"], cycles);
    EXPECT_EQ(result["latency"],
              (json{{"mean", cycles}, {"p50", cycles}, {"p95", cycles}, {"p99", cycles}, {"max", cycles}}));
    EXPECT_DOUBLE_EQ(result["seconds"], cycles * 0.625e-9);
    EXPECT_DOUBLE_EQ(result["bandwidth_gbps"], 64 / (cycles * 0.625));
    EXPECT_EQ(result["reads"], 1);
    EXPECT_EQ(result["row_hits"], 1);
    EXPECT_EQ(result["row_misses"], 1);
    // One activate, 512 bits, 2 clocks with all rows closed and the rest with one open.
    EXPECT_NEAR(result["energy_pj"].get<double>(),
                1205 + 512 * 5.26 + 0.625 * (2 * 33.3 + (cycles - 2) * 37.0), 1e-6);
}

TEST(Dram, DocumentHasItsKeysWhateverHappens) {
    const std::vector<std::string> expected{"activates",     "bandwidth_gbps", "cycles",     "energy_pj",
                                            "latency",       "octet",          "reads",      "refreshes",
                                            "row_conflicts", "row_hits",       "row_misses", "schema",
                                            "seconds",       "tck_ns",         "writes"};
    const json writes = document("0x0 W\n0x40 W\n");
    EXPECT_EQ(keys(writes), expected);
    EXPECT_TRUE(writes["latency"]["mean"].is_null());
    EXPECT_EQ(keys(document("0x0 R\n")), expected);
    EXPECT_EQ(keys(document("0x0 R\n")["latency"]),
              (std::vector<std::string>{"max", "mean", "p50", "p95", "p99"}));
}

TEST(Dram, WaitsForTheEarliestCycle) {
    const int alone = document("0x0 R\n")["cycles"];
    EXPECT_EQ(document("0x0 R 1000\n")["cycles"], 1000 + alone);
    EXPECT_EQ(document("# comment\n\n  0X0 R\t1000 # more\r\n")["cycles"], 1000 + alone);
    EXPECT_EQ(document("0x0 R 1000")["cycles"], 1000 + alone);
}

TEST(Dram, CountsRefreshesOfALongRestWithoutSimulatingThem) {
    EXPECT_EQ(document("0x0 R 1000000000000000\n")["refreshes"], 1000000000000000 / 6246);
}

TEST(Dram, SummarisesForPeople) {
    const test::Run result = run("0x0 R\n0x40 W\n");
    EXPECT_EQ(result.exit, 0);
    EXPECT_THAT(result.out, HasSubstr("LPDDR4-3200"));
    EXPECT_THAT(result.out, HasSubstr("1 reads, 1 writes"));
    EXPECT_THAT(result.err, HasSubstr("simulated in"));
}

TEST(Dram, TakesKeysOfThePart) {
    EXPECT_EQ(document("0x0 R\n", {"--set", "timing.tRCD=30"})["cycles"],
              document("0x0 R\n")["cycles"].get<int>() + 1);
}

TEST(Dram, RunsEveryShippedPart) {
    for (const char* part : {"lpddr4-3200", "lpddr5-6400", "ddr4-2400", "ddr4-3200", "hbm2"}) {
        std::string requests;
        for (int i = 0; i < 4000; ++i) {
            requests += "0x";
            char text[32];
            std::snprintf(text, sizeof text, "%x %c\n", i * 64, i % 16 < 12 ? 'R' : 'W');
            requests += text;
        }
        const json result = document(requests, {}, source + "/configs/dram/" + part + ".yaml");
        EXPECT_GT(result["energy_pj"], 0) << part;
        EXPECT_EQ(result["reads"], 3000) << part;
        const double peak = std::map<std::string, double>{{"lpddr4-3200", 6.4},
                                                          {"lpddr5-6400", 12.8},
                                                          {"ddr4-2400", 19.21},
                                                          {"ddr4-3200", 25.6},
                                                          {"hbm2", 16}}[part];
        EXPECT_GT(result["bandwidth_gbps"], 0.35 * peak) << part;
        EXPECT_LT(result["bandwidth_gbps"], peak) << part;
    }
}

TEST(Dram, FindsThePlaceOfAFault) {
    const struct {
        const char* requests;
        const char* message;
    } faults[] = {
        {"0x0 R\n40 R\n", ":2:1: expected an address such as 0x1f40, got '40'"},
        {"0x0 R\n  0xzz R\n", ":2:3: expected an address of up to 64 bits, got '0xzz'"},
        {"0x10000000000000000 R\n", ":1:1: expected an address of up to 64 bits"},
        {"0x40\n", ":1:5: expected R or W after the address"},
        {"0x40 X\n", ":1:6: expected R or W, got 'X'"},
        {"0x40 RW\n", ":1:6: expected R or W, got 'RW'"},
        {"0x40 R -1\n", ":1:8: expected the earliest clock"},
        {"0x40 R 1.5\n", ":1:8: expected the earliest clock"},
        {"0x40 R 7 8\n", ":1:10: expected the end of the line, got '8'"},
        {"# nothing\n", "there is no request in it"},
        {"", "there is no request in it"},
    };
    for (const auto& fault : faults) {
        const test::Run result = run(fault.requests, {"--json"});
        EXPECT_EQ(result.exit, 1) << fault.requests;
        EXPECT_EQ(result.out, "");
        EXPECT_THAT(result.err, HasSubstr(fault.message)) << fault.requests;
    }
    EXPECT_THAT(run(std::string(10000000, '1')).err, HasSubstr(":1:1: the line is longer than"));
    EXPECT_THAT(run(std::string("0x0 R\n0x\0 R\n", 12)).err, HasSubstr(":2:1: expected an address"));
    EXPECT_EQ(test::run_octet({"dram", "--config", lpddr4, "--requests", "/nowhere"}).exit, 1);
    EXPECT_EQ(test::run_octet({"dram", "--config", lpddr4, "--requests", "/"}).exit, 1);
    EXPECT_EQ(test::run_octet({"dram", "--config", lpddr4}).exit, 2);
}

TEST(Dram, SaysWhatItHasNoPriceFor) {
    const test::Run silent = run("0x0 R\n", {"--json", "--set", "standard=DDR9"});
    EXPECT_EQ(silent.exit, 0);
    EXPECT_TRUE(json::parse(silent.out)["energy_pj"].is_null());
    EXPECT_THAT(silent.err, HasSubstr("no energy for dram.read with standard: DDR9"));
    // Who names a table wants energy.
    const std::string table = source + "/configs/costs/asplos24-40nm.yaml";
    EXPECT_EQ(run("0x0 R\n", {"--set", "standard=DDR9", "--costs", table}).exit, 1);
    const json unit = document("0x0 R\n", {"--costs", source + "/configs/costs/unit.yaml"});
    EXPECT_EQ(unit["energy_pj"], 512 + 1);  // bits and an activate
}

const std::string tiny = source + "/configs/experiments/bert-base-edge16-posit8-lpddr4.yaml";

json machine(std::vector<std::string> more) {
    std::vector<std::string> arguments{"run",
                                       tiny,
                                       "--json",
                                       "--set",
                                       "workload=" + source + "/workloads/tiny.yaml",
                                       "--set",
                                       "phase.sequence=64"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const test::Run result = test::run_octet(arguments, test::patient);
    EXPECT_EQ(result.exit, 0) << result.err;
    return json::parse(result.out);
}

TEST(MachineOnAPart, ComputesTheValuesThatItComputesOnAnIdealMemory) {
    const json part = machine({"--values", "exact", "--set", "sram.capacity_kib=64"});
    const json ideal = machine({"--values", "exact", "--set", "sram.capacity_kib=64", "--set",
                                "dram={kind: ideal, bytes_per_cycle: 32, latency: 40}"});
    EXPECT_EQ(part["numerics"], ideal["numerics"]);
    EXPECT_NE(part["cycles"]["total"], ideal["cycles"]["total"]);
}

TEST(MachineOnAPart, HasTheSameCyclesRegisterByRegister) {
    const json pass = machine({"--set", "sram.capacity_kib=32"});
    const json registers = machine({"--set", "sram.capacity_kib=32", "--fidelity", "register"});
    EXPECT_EQ(pass["cycles"], registers["cycles"]);
    EXPECT_EQ(pass["operations"], registers["operations"]);
}

TEST(MachineOnAPart, PaysForStandbyAndRefreshByTime) {
    const std::string unit = source + "/configs/costs/unit.yaml";
    const json result = machine({"--costs", unit});
    // With unit prices: bits, activates, refreshes; a tREFI of 6246 clocks is 780.75 cycles.
    const double bits = 8 * (result["traffic"]["dram_read_bytes"].get<double>() +
                             result["traffic"]["dram_write_bytes"].get<double>());
    const double refreshes = std::floor(result["cycles"]["total"].get<double>() / 780.75);
    const double rest = result["energy"]["components"]["dram"].get<double>() - bits - refreshes;
    EXPECT_GT(refreshes, 2);
    EXPECT_GT(rest, 10);  // activates, and what the last bytes of a burst move in vain
    EXPECT_LT(rest, 0.05 * bits);
    const json& dram = result["cycles"]["units"]["dram"];
    EXPECT_EQ(dram["busy"].get<int>() + dram["stall"].get<int>() + dram["idle"].get<int>(),
              result["cycles"]["total"]);
    EXPECT_GE(dram["busy"].get<double>(), bits / 8 / 32);
}

TEST(MachineOnAPart, FollowsItsTimings) {
    const auto total = [](const char* setting) {
        return machine({"--set", setting})["cycles"]["total"].get<int>();
    };
    const int as_is = total("dram.timing.tRCD=29");
    EXPECT_GT(total("dram.timing.tRCD=290"), as_is);
    EXPECT_GT(total("dram.timing.RL=280"), as_is);
    EXPECT_GT(total("dram.timing.tRFC=5000"), as_is);
    EXPECT_GT(total("dram.timing.tCCD_S=32"), as_is);
    EXPECT_LT(total("dram.channels=4"), as_is);
}

// Addresses beyond the capacity would start over.
TEST(Dram, TooSmallForTheProgramIsAnErrorWhereTheAcceleratorNamesIt) {
    const auto run_rows = [](std::uint64_t rows, std::vector<std::string> more = {}) {
        std::vector<std::string> arguments{
            "run", source + "/configs/experiments/bert-base-edge16-posit8-lpddr4.yaml", "--set",
            "dram.organization.rows=" + std::to_string(rows)};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return test::run_octet(arguments);
    };
    constexpr std::uint64_t row = 8 * 1024 * 2;  // bytes, over all banks
    const std::string where = ": accelerator.dram: ";
    const test::Run weights = run_rows(64);
    EXPECT_EQ(weights.exit, 1);
    EXPECT_EQ(weights.out, "");
    const std::string begin = where + "weights and inputs take ";
    ASSERT_THAT(weights.err, HasSubstr(begin));
    EXPECT_THAT(weights.err, HasSubstr("holds " + std::to_string(64 * row)));
    const std::uint64_t needed = std::stoull(weights.err.substr(weights.err.find(begin) + begin.size()));
    EXPECT_GT(needed, 85'000'000U);  // the parameters of the encoder layers, a byte each
    // The weights fit, what leaves the SRAM on the way does not.
    const test::Run results = run_rows((needed + row - 1) / row);
    EXPECT_EQ(results.exit, 1);
    EXPECT_EQ(results.out, "");
    EXPECT_THAT(results.err, HasSubstr(where + "weights, inputs and what does not stay in SRAM take "));
    // One row less is too few for the weights, two ranks are as good as twice the rows.
    EXPECT_THAT(run_rows((needed - 1) / row).err, HasSubstr(begin));
    EXPECT_EQ(run_rows((needed + row - 1) / row, {"--set", "dram.organization.ranks=2"}).exit, 0);
    const test::Run named = test::run_octet(
        {"run", source + "/configs/experiments/llama2-7b-decode-edge16-posit8-lpddr4.yaml", "--set",
         "accelerator=" + source + "/configs/accelerators/edge16-posit8-lpddr4.yaml"});
    EXPECT_EQ(named.exit, 1);
    EXPECT_THAT(
        named.err,
        HasSubstr(
            "/configs/accelerators/edge16-posit8-lpddr4.yaml:5:1: accelerator.dram: weights and inputs"));
}

}  // namespace
}  // namespace octet
