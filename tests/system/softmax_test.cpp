// The four softmax variants of the publication, as a user selects them: values, cycles and energy.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <set>

#include "tests/system/octet.h"

namespace octet::test {
namespace {

using nlohmann::json;

constexpr double layers = 2, heads = 2, tokens = 16;
constexpr double rows = layers * heads * tokens, values = rows * tokens;

std::vector<std::string> tiny(const std::vector<std::string>& settings) {
    std::vector<std::string> words{"run",      "configs/experiments/bert-base-edge16-posit8.yaml",
                                   "--values", "exact",
                                   "--set",    "workload=workloads/tiny.yaml",
                                   "--set",    fmt::format("phase.sequence={}", tokens)};
    for (const std::string& setting : settings) words.insert(words.end(), {"--set", setting});
    return words;
}

struct Variant {
    const char *exp, *reciprocal;
    double exp_pj, reciprocal_pj;  // figures 8 and 9 at 200 MHz: BF16 exact, posit16 approximate
};
constexpr Variant variants[] = {{"exact", "exact", 0.9, 0.805},
                                {"exact", "approximate", 0.9, 0.2},
                                {"approximate", "exact", 0.5, 0.805},
                                {"approximate", "approximate", 0.5, 0.2}};

TEST(SoftmaxVariants, DifferInValuesAndEnergyButNotInCycles) {
    std::set<double> errors;
    json cycles;
    for (const Variant& v : variants) {
        const json result = document(
            tiny({fmt::format("softmax.exp={}", v.exp), fmt::format("softmax.reciprocal={}", v.reciprocal)}));
        const std::string what = fmt::format("{} {}", v.exp, v.reciprocal);
        EXPECT_EQ(result["accelerator"]["softmax"]["unit"], "posit_approximate");
        EXPECT_EQ(result["accelerator"]["softmax"]["exp"], v.exp);
        EXPECT_EQ(result["accelerator"]["softmax"]["reciprocal"], v.reciprocal);
        // The exponential is computed twice.
        EXPECT_NEAR(result["energy"]["components"]["softmax"].get<double>(),
                    2 * values * v.exp_pj + rows * v.reciprocal_pj, 1e-6)
            << what;
        if (cycles.is_null()) cycles = result["cycles"];
        EXPECT_EQ(result["cycles"], cycles) << what;
        double worst = 0;
        for (const json& operation : result["operations"])
            if (operation["kind"] == "softmax")
                worst = std::max(worst, operation["max_abs_error"].get<double>());
        EXPECT_TRUE(errors.insert(worst).second) << what << " computes what another variant does";
    }
}

TEST(SoftmaxVariants, AreKeysOfTheMachineToo) {
    const Folder folder;
    const std::string machine = folder.write(
        "machine.yaml", fmt::format("kind: accelerator\nextends: {}/configs/accelerators/edge16-posit8.yaml\n"
                                    "softmax: {{exp: exact, reciprocal: approximate, theta: -5}}\n",
                                    OCTET_SOURCE_DIR));
    EXPECT_EQ(document(tiny({"accelerator=" + machine})),
              document(tiny({"softmax.exp=exact", "softmax.theta=-5"})));
}

TEST(SoftmaxVariants, TakeTheirThetaFromTheMachine) {
    std::set<std::string> seen;
    for (const char* theta : {"-5", "-4", "-3", "-2"})
        EXPECT_TRUE(
            seen.insert(document(tiny({std::string("softmax.theta=") + theta}))["numerics"].dump()).second)
            << theta;
}

}  // namespace
}  // namespace octet::test
