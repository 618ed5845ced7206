// Every preset with every accumulator and rounding, in octet op and in octet run.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/system/matrices.h"
#include "tests/system/plain_gemm.h"

namespace octet::test {
namespace {

using testing::HasSubstr;

constexpr auto accumulators =
    std::to_array<std::string_view>({"fp32", "bf16", "fp16", "dlfloat16", "fixed", "int24", "int32"});
constexpr auto roundings =
    std::to_array<std::pair<std::string_view, Rounding>>({{"nearest_even", Rounding::nearest_even},
                                                          {"truncate", Rounding::truncate},
                                                          {"stochastic", Rounding::stochastic}});

class EveryAccumulator : public testing::TestWithParam<std::string> {
  protected:
    const Preset& preset = *find_preset(GetParam());
    const bool integers = find_format(preset.storage)->kind == FormatKind::integer;

    static bool rounds(std::string_view accumulator) {
        return accumulator != "fixed" && !accumulator.starts_with("int");
    }
    // What the settings below stand for; nothing: there is no such unit.
    std::optional<GemmRules> rules(std::string_view accumulator, Rounding rounding) const {
        GemmRules r;
        r.accumulator = *find_accumulator(accumulator);
        r.rounding = rounding;
        r.buffer = *find_accumulator(preset.accumulation_buffer);
        r.seed = 5;
        if (is_integer(r.accumulator) && !integers) return std::nullopt;
        if (!rounds(accumulator) && rounding != Rounding::nearest_even) return std::nullopt;
        // The preset's buffer, if it can hold the sums.
        if (is_integer(r.accumulator) != is_integer(r.buffer))
            r.buffer = accumulator == "fixed" ? Accumulator::fp32 : r.accumulator;
        return r;
    }
    std::vector<std::string> with(std::vector<std::string> arguments, std::string_view accumulator,
                                  std::string_view rounding) const {
        arguments.insert(arguments.end(), {"--set", fmt::format("pe.preset={}", preset.name), "--set",
                                           fmt::format("pe.accumulator={}", accumulator), "--set",
                                           fmt::format("pe.rounding={}", rounding), "--seed", "5"});
        return arguments;
    }
};

TEST_P(EveryAccumulator, AddsUpAProductBitForBit) {
    const Folder folder;
    PlainGemm gemm{preset, {}, 3, 18, 70, normal(3 * 70, 1), normal(70 * 18, 2), {}};
    file(folder, "a.npy", {gemm.m, gemm.k}, gemm.a);
    file(folder, "b.npy", {gemm.k, gemm.n}, gemm.b);
    for (const std::string_view accumulator : accumulators)
        for (const auto& [word, rounding] : roundings) {
            const Outcome outcome = octet(with({"op", "gemm", "--accelerator", edge16, "--in", "a.npy",
                                                "b.npy", "--output", "accumulator", "--out", "y.npy"},
                                               accumulator, word),
                                          folder.path());
            const auto known = rules(accumulator, rounding);
            if (!known) {
                EXPECT_EQ(outcome.status, 1);
                EXPECT_THAT(outcome.err, HasSubstr(rounds(accumulator) || integers || accumulator == "fixed"
                                                       ? ": pe.rounding: "
                                                       : ": pe.accumulator: "));
                continue;
            }
            ASSERT_EQ(outcome.status, 0) << outcome.err;
            gemm.rules = *known;
            const auto wanted = gemm.results();
            const auto seen = read(folder.path() / "y.npy");
            ASSERT_EQ(seen.size(), wanted.size());
            for (std::size_t j = 0; j < seen.size(); ++j)
                ASSERT_TRUE(seen[j] == double{wanted[j]} || (std::isnan(seen[j]) && std::isnan(wanted[j])))
                    << accumulator << ' ' << word << ", result " << j << ": " << seen[j] << ", not "
                    << wanted[j];
        }
}

TEST_P(EveryAccumulator, RunsATransformerWithValues) {
    std::size_t i = 0;
    for (const std::string_view accumulator : accumulators) {
        const auto& [word, rounding] = roundings[rounds(accumulator) ? i++ % roundings.size() : 0];
        const bool exists = rules(accumulator, rounding).has_value();
        const Outcome outcome = octet(
            with({"run", "configs/experiments/bert-base-edge16-posit8.yaml", "--set",
                  "workload=workloads/tiny.yaml", "--set", "phase.sequence=5", "--values", "exact", "--json"},
                 accumulator, word));
        ASSERT_EQ(outcome.status, exists ? 0 : 1) << accumulator << ' ' << word << ' ' << outcome.err;
        if (!exists) continue;
        const auto numerics = nlohmann::json::parse(outcome.out)["numerics"];
        // Largest elements of a block, or of a scaled tensor, as far as 448 and 57344, meet before their
        // scales make them small: their sums leave narrow formats, which shows as NaN. Truncated sums stay
        // finite.
        const bool overflows =
            rounding != Rounding::truncate &&
            (((GetParam() == "mxfp8_e5m2" || GetParam() == "e5m2_scaled") &&
              (accumulator == "fp16" || accumulator == "dlfloat16")) ||
             ((GetParam() == "mxfp8_e4m3" || GetParam() == "e4m3_scaled") && accumulator == "fp16"));
        EXPECT_EQ(numerics["nar"] > 0, overflows) << accumulator << ' ' << word;
        if (!overflows) {  // sixteen codes: numbers of radix 4 lie far apart, those of flint4 at its ends
            const double least = GetParam() == "fp4_radix4" ? 0 : GetParam() == "flint4" ? 5 : 6;
            EXPECT_GT(numerics["sqnr_db"].get<double>(), least) << accumulator << ' ' << word;
        }
    }
}

std::vector<std::string> all_presets() {
    std::vector<std::string> names;
    for (const Preset& preset : presets()) names.emplace_back(preset.name);
    return names;
}
INSTANTIATE_TEST_SUITE_P(Presets, EveryAccumulator, testing::ValuesIn(all_presets()),
                         [](const auto& test) { return test.param; });

TEST(AccumulationBuffer, ThatCannotHoldTheSumsIsRefusedWhereItIsWritten) {
    const Outcome outcome = octet({"op", "gemm", "--shape", "2,2,2", "--accelerator", edge16, "--set",
                                   "pe.preset=int8", "--set", "buffers.accumulation.format=fp32"});
    EXPECT_EQ(outcome.status, 1);
    EXPECT_EQ(outcome.err,
              "--set buffers.accumulation.format=fp32: buffers.accumulation.format: fp32 cannot hold sums in "
              "int24\n");
}

}  // namespace
}  // namespace octet::test
