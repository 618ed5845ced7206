// A run with values, as a user sees it.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/system/octet.h"

namespace octet::test {
namespace {

std::vector<std::string> tiny(const std::string& preset, const std::string& fusion,
                              const std::string& values) {
    return {"run",      "configs/experiments/bert-base-edge16-posit8.yaml",
            "--set",    "workload=workloads/tiny.yaml",
            "--set",    "phase.sequence=13",
            "--set",    "phase.batch=2",
            "--set",    "pe.preset=" + preset,
            "--set",    "sram.capacity_kib=16",
            "--fusion", fusion,
            "--values", values};
}

TEST(RunWithValues, HasTheCyclesAndTheEnergyOfTheRunWithout) {
    for (const char* preset : {"posit8_1", "hybrid_fp8", "int8", "bf16"})
        for (const char* fusion : {"none", "activation", "residual"}) {
            nlohmann::json with = document(tiny(preset, fusion, "exact"));
            const nlohmann::json without = document(tiny(preset, fusion, "none"));
            EXPECT_TRUE(without["numerics"].is_null());
            EXPECT_TRUE(with["numerics"]["sqnr_db"].is_number()) << preset << ' ' << fusion;
            with["numerics"] = nullptr;
            for (auto& operation : with["operations"])
                for (const char* key : {"sqnr_db", "max_abs_error", "saturated", "underflowed", "nar"}) {
                    EXPECT_FALSE(operation[key].is_null()) << operation["name"] << ' ' << key;
                    operation[key] = nullptr;
                }
            EXPECT_EQ(with, without) << preset << ' ' << fusion;
        }
}

TEST(RunWithValues, PrintsTheSameBytesTwice) {
    auto arguments = tiny("posit8_1_ftz", "residual", "exact");
    arguments.push_back("--json");
    const Outcome first = octet(arguments), second = octet(arguments);
    ASSERT_EQ(first.status, 0) << first.err;
    EXPECT_EQ(first.out, second.out);
    arguments.insert(arguments.end(), {"--seed", "5"});
    EXPECT_NE(octet(arguments).out, first.out);
}

TEST(RunWithValues, IsTheMoreExactTheMoreBitsAreStored) {
    const auto sqnr = [](const std::string& preset, const std::string& fusion) {
        return document(tiny(preset, fusion, "exact"))["numerics"]["sqnr_db"].get<double>();
    };
    EXPECT_GT(sqnr("fp32", "residual"), 120);  // a byte that went astray would show
    EXPECT_GT(sqnr("fp16", "residual"), 55);
    EXPECT_GT(sqnr("bf16", "residual"), 35);
    EXPECT_GT(sqnr("posit8_1", "residual"), 15);
    EXPECT_GT(sqnr("e4m3", "residual"), sqnr("e4m3", "none"));
}

TEST(RunWithValues, SaysWhatItCannotCompute) {
    auto arguments = tiny("mxint8", "residual", "exact");
    const Outcome outcome = octet(arguments);
    EXPECT_EQ(outcome.status, 1);
    EXPECT_EQ(outcome.err,
              "--set pe.preset=mxint8: pe.preset: mxint8, a format with block scales, with values cannot be "
              "simulated by this version\n");
}

}  // namespace
}  // namespace octet::test
