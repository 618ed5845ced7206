// A run with values, as a user sees it.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "models/formats/registry.h"
#include "tests/support/program.h"
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

class RunOfPreset : public testing::TestWithParam<std::string> {};

// pJ of a count in the lines of a result; 0 if it has none.
double price_of(const nlohmann::json& result, const std::string& component, const std::string& action) {
    for (const auto& line : result["costs"]["energy_lines"])
        if (line["component"] == component && line["action"] == action) return line["price_pj"];
    return 0;
}

// What an operand of zero turns into another action.
constexpr std::array<std::array<const char*, 2>, 3> parts_of_macs{
    {{"mac", "mac"}, {"multiplier", "multiply"}, {"align_adder", "add"}}};

TEST_P(RunOfPreset, WithValuesHasTheCyclesOfTheRunWithoutAndItsEnergyButForZeroOperands) {
    for (const char* fusion : {"none", "activation", "residual"}) {
        nlohmann::json with = document(tiny(GetParam(), fusion, "exact"));
        nlohmann::json without = document(tiny(GetParam(), fusion, "none"));
        EXPECT_TRUE(without["numerics"].is_null());
        EXPECT_TRUE(with["numerics"]["sqnr_db"].is_number()) << fusion;
        with["numerics"] = nullptr;
        double saved = 0;
        for (auto& operation : with["operations"]) {
            for (const char* key : {"sqnr_db", "max_abs_error", "saturated", "underflowed", "nar"}) {
                EXPECT_FALSE(operation[key].is_null()) << operation["name"] << ' ' << key;
                operation[key] = nullptr;
            }
            auto& activity = operation["activity"];
            for (const auto& [component, action] : parts_of_macs) {
                const std::string plain = fmt::format("{}.{}", component, action);
                const std::uint64_t count = activity.value(plain + "_zero_operand", std::uint64_t{0});
                activity.erase(plain + "_zero_operand");
                if (count > 0) activity[plain] = activity.value(plain, std::uint64_t{0}) + count;
                saved += static_cast<double>(count) *
                         (price_of(without, component, action) -
                          price_of(with, component, std::string(action) + "_zero_operand"));
            }
        }
        const double expected = without["energy"]["total_pj"].get<double>() - saved;
        EXPECT_NEAR(with["energy"]["total_pj"].get<double>(), expected, 1e-9 * expected) << fusion;
        for (nlohmann::json* document : {&with, &without}) {
            for (const char* key : {"energy", "costs", "metrics"}) document->erase(key);
            for (auto& operation : (*document)["operations"])
                for (const char* key : {"energy_pj", "components"}) operation.erase(key);
        }
        EXPECT_EQ(with, without) << fusion;
    }
}
INSTANTIATE_TEST_SUITE_P(Presets, RunOfPreset, testing::ValuesIn([] {
                             std::vector<std::string> names;
                             for (const Preset& preset : presets()) names.emplace_back(preset.name);
                             return names;
                         }()),
                         [](const auto& test) { return test.param; });

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
    EXPECT_GT(sqnr("mxint8", "residual"), sqnr("mxfp8_e4m3", "residual"));
    EXPECT_GT(sqnr("mxfp6_e2m3", "residual"), sqnr("mxfp8_e5m2", "residual") + 3);
    EXPECT_GT(sqnr("mxfp6_e3m2", "residual"), sqnr("mxfp4_e2m1", "residual"));
}

TEST(RunWithValues, CountsTheCodesOfEveryTensorInMemoryOnRequest) {
    const Folder folder;
    auto arguments = tiny("posit8_1", "activation", "exact");
    const nlohmann::json without = document(arguments);
    EXPECT_FALSE(without.contains("histograms"));
    arguments.insert(arguments.end(), {"--histogram", "--out", (folder.path() / "results").string()});
    nlohmann::json with = document(arguments);
    std::map<std::string, nlohmann::json> tensors;
    for (const auto& h : with["histograms"]) {
        tensors[h["tensor"].get<std::string>()] = h;
        std::uint64_t sum = 0;
        const bool octaves = h.contains("octaves");
        for (const auto& bin : h[octaves ? "octaves" : "counts"])
            sum += (octaves ? bin["count"] : bin).get<std::uint64_t>();
        EXPECT_EQ(sum, h["values"]) << h["tensor"];
    }
    const std::uint64_t hidden = 32, tokens = 2 * 13;
    EXPECT_EQ(tensors.at("layer1.attention.query.weight")["values"], hidden * hidden);
    EXPECT_EQ(tensors.at("layer0.attention.key.bias")["values"], hidden);
    EXPECT_EQ(tensors.at("layer1.attention.context")["values"], tokens * hidden);
    EXPECT_EQ(tensors.at("layer1.ffn.norm")["format"], "posit8_1");
    EXPECT_EQ(tensors.at("layer1.ffn.residual")["format"], "posit8_1");
    EXPECT_EQ(tensors.count("layer0.ffn.up"), 0U) << "it stays in the vector unit";
    // A mask of zeros.
    EXPECT_EQ(tensors.at("attention_mask")["counts"].dump(), "{\"0x00\":26}");
    EXPECT_EQ(tensors.at("attention_mask")["entropy_bits"], 0);
    const auto csv = nlohmann::json::parse(read_file((folder.path() / "results/result.json").string()));
    EXPECT_EQ(csv["histograms"], with["histograms"]);
    EXPECT_THAT(read_file((folder.path() / "results/histogram.csv").string()),
                testing::HasSubstr("\nattention_mask,posit8_1,1,0x00,0,26\n"));
    with.erase("histograms");
    EXPECT_EQ(with, without);
}

TEST(RunWithValues, ShowsTheCodesAfterTheSummary) {
    auto arguments = tiny("posit8_1", "residual", "exact");
    arguments.push_back("--histogram");
    EXPECT_THAT(octet(arguments).out, testing::HasSubstr("\nattention.query.weight x 2   posit8_1 "));
    auto no_values = tiny("posit8_1", "residual", "none");
    no_values.push_back("--histogram");
    const Outcome outcome = octet(no_values);
    EXPECT_EQ(outcome.status, 2);
    EXPECT_EQ(outcome.out, "");
    EXPECT_EQ(outcome.err, "--histogram needs values: --values exact\n");
}

TEST(RunWithValues, SaysWhatItCannotCompute) {
    auto arguments = tiny("mxint8", "residual", "exact");
    arguments.insert(arguments.end(), {"--set", "array.rows=24"});
    Outcome outcome = octet(arguments);
    EXPECT_EQ(outcome.status, 1);
    EXPECT_EQ(outcome.err,
              "--set array.rows=24: array.rows: storage mxint8 has blocks of 32, which must divide "
              "array.rows (24) or be a multiple of it\n");
    arguments = tiny("int4", "residual", "none");
    arguments.insert(arguments.end(), {"--set", "pe.storage=nf4"});
    outcome = octet(arguments);
    EXPECT_EQ(outcome.status, 1);
    EXPECT_EQ(outcome.err,
              "--set pe.storage=nf4: pe.storage: int24 adds up products of int8 and int4, not of nf4\n");
    arguments = tiny("posit8_1", "residual", "exact");
    arguments.insert(arguments.end(), {"--set", "pe.storage=nf4"});
    outcome = octet(arguments);
    EXPECT_EQ(outcome.status, 1);
    EXPECT_EQ(
        outcome.err,
        "--set pe.storage=nf4: pe.storage: nf4, a format of weights, for all tensors cannot be simulated "
        "by this version\n");
}

}  // namespace
}  // namespace octet::test
