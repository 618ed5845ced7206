// Prices and counts for other programs, and tables from them.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <cstdio>
#include <fstream>
#include <random>
#include <sstream>

#include "tests/system/octet.h"

namespace octet {
namespace {

using test::Folder;
using test::Outcome;
using testing::HasSubstr;

const std::string root = OCTET_SOURCE_DIR;

std::string printed_by(const std::string& command) {
    std::string text;
    FILE* pipe = popen(command.c_str(), "r");
    if (pipe == nullptr) return text;
    char buffer[256];
    while (std::fgets(buffer, sizeof buffer, pipe) != nullptr) text += buffer;
    pclose(pipe);
    return text;
}

// The sum that an independent script makes of the two files (pJ).
double accelergy_total(const Folder& folder, const std::string& result) {
    const auto file = [&](const char* name) { return (folder.path() / name).string(); };
    for (const auto& [as, name] : {std::pair{"ert", "ERT.yaml"}, {"action_counts", "counts.yaml"}}) {
        const Outcome outcome = test::octet({"cost", "export", result, "--as", as, "--out", file(name)});
        EXPECT_EQ(outcome.status, 0) << outcome.err;
    }
    const std::string text =
        printed_by(fmt::format("'{}' '{}/tests/system/cost/accelergy_total.py' '{}' '{}'", PYTHON3, root,
                               file("ERT.yaml"), file("counts.yaml")));
    return text.empty() ? -1 : std::stod(text);
}

TEST(CostExport, CountsTimesAccelergysTableAreTheEnergyOfTheRun) {
    const std::uint64_t seed = std::random_device{}();
    RecordProperty("seed", std::to_string(seed));
    std::mt19937_64 random(seed);
    const auto pick = [&](std::vector<std::string> words) { return words[random() % words.size()]; };
    for (const char* dram : {"/configs/dram/lpddr4-3200.yaml", ""}) {
        const Folder folder;
        const std::string out = (folder.path() / "out").string();
        std::vector<std::string> arguments{"run", root + "/configs/experiments/bert-base-edge16-posit8.yaml",
                                           "--out", out};
        std::vector<std::string> settings{
            "workload=" + root + "/workloads/tiny.yaml",
            "phase.sequence=" + std::to_string(1 + random() % 16),
            "clock_mhz=" + std::to_string(37 + random() % 300),
            "pe.preset=" + pick({"posit8_1_ftz", "e4m3", "int8", "bf16", "mxfp8_e4m3"}),
            "costs=" + root + "/configs/costs/" + pick({"asplos24-40nm", "horowitz-45nm"}) + ".yaml"};
        if (*dram != '\0') settings.push_back("dram=" + root + dram);
        for (const std::string& setting : settings) arguments.insert(arguments.end(), {"--set", setting});
        const Outcome run = test::octet(arguments);
        ASSERT_EQ(run.status, 0) << run.err;
        std::ifstream stream(out + "/result.json");
        const double total = nlohmann::json::parse(stream).at("energy").at("total_pj");
        EXPECT_NEAR(accelergy_total(folder, out), total, 1e-9 * total) << "seed " << seed;
    }
}

TEST(CostExport, EveryTableGoesThroughCsvAndBack) {
    const Folder folder;
    for (const char* table : {"asplos24-40nm", "horowitz-45nm", "unit"}) {
        const std::string csv = (folder.path() / "t.csv").string(),
                          yaml = (folder.path() / "t.yaml").string();
        ASSERT_EQ(test::octet({"cost", "export", fmt::format("{}/configs/costs/{}.yaml", root, table), "--as",
                               "csv", "--out", csv})
                      .status,
                  0);
        const Outcome import = test::octet({"cost", "import", csv, "--out", yaml});
        ASSERT_EQ(import.status, 0) << import.err;
        const Outcome again = test::octet({"cost", "export", yaml, "--as", "csv"});
        std::ifstream stream(csv);
        std::stringstream text;
        text << stream.rdbuf();
        EXPECT_EQ(again.out, text.str());
        EXPECT_EQ(test::octet({"check", yaml}).status, 0);
    }
}

TEST(CostImport, TakesTheTablesOfAMachineBack) {
    const Folder folder;
    const std::string machine = root + "/configs/accelerators/edge16-posit8-lpddr4.yaml";
    const auto file = [&](const char* name) { return (folder.path() / name).string(); };
    for (const auto& [as, name] : {std::pair{"ert", "ERT.yaml"}, {"art", "ART.yaml"}})
        ASSERT_EQ(test::octet({"cost", "export", machine, "--as", as, "--out", file(name)}).status, 0);
    const Outcome import = test::octet({"cost", "import", file("ERT.yaml"), file("ART.yaml"), "--accelerator",
                                        machine, "--out", file("t.yaml")});
    ASSERT_EQ(import.status, 0) << import.err;
    EXPECT_EQ(import.err, "");
    const auto area = [&](std::vector<std::string> arguments) {
        return test::document(std::move(arguments)).at("area").at("area_um2").get<double>();
    };
    const double before = area({"cost", "show", machine});
    EXPECT_NEAR(area({"cost", "show", machine, "--costs", file("t.yaml")}), before, 1e-9 * before);
}

TEST(CostImport, WarnsOfTablesThatMatchNothing) {
    const Folder folder;
    const std::string ert =
        folder.write("ERT.yaml",
                     "ERT:\n  version: '0.4'\n  tables:\n"
                     "  - {name: 'top.mac[1..4]', actions: [{name: compute, arguments: {}, energy: 0.5}]}\n"
                     "  - {name: 'top.noc', actions: [{name: hop, arguments: {}, energy: 0.5}]}\n");
    const Outcome outcome = test::octet({"cost", "import", ert});
    EXPECT_EQ(outcome.status, 0);
    EXPECT_THAT(outcome.err, HasSubstr(ert + ":5:5: warning: 'top.noc' matches no component of Octet"));
    EXPECT_THAT(outcome.out, HasSubstr("component: mac, action: mac, energy: 0.5"));
    const Outcome joules =
        test::octet({"cost", "import",
                     folder.write("J.yaml",
                                  "ERT: {version: 0.3, tables: [{name: mac, actions: [{name: compute, "
                                  "arguments: {}, energy: 5e-13}]}]}\n")});
    EXPECT_EQ(joules.status, 1);
    EXPECT_THAT(joules.err, HasSubstr("Multiply by 1e12"));
}

TEST(CostExport, RefusesWhatCannotBe) {
    const std::string machine = root + "/configs/accelerators/edge16-posit8.yaml";
    EXPECT_THAT(test::octet({"cost", "export", machine, "--as", "action_counts"}).err,
                HasSubstr("name a result"));
    EXPECT_EQ(test::octet({"cost", "export", machine}).status, 2);
    EXPECT_EQ(test::octet({"cost", "export", machine, "--as", "xml"}).status, 2);
    EXPECT_EQ(test::octet({"cost"}).status, 2);
    EXPECT_EQ(test::octet({"cost", "import", machine}).status, 1);
}

}  // namespace
}  // namespace octet
