// `octet cost show`, `where` and `reprice` on results of the real program.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <cstdlib>
#include <fstream>
#include <random>
#include <sstream>

#include "tests/system/books.h"
#include "tests/system/matrices.h"
#include "tests/system/octet.h"

namespace octet {
namespace {

using nlohmann::json;
using test::Folder;
using test::Outcome;
using testing::HasSubstr;

const std::string root = OCTET_SOURCE_DIR;

std::uint64_t seed() {
    const char* text = std::getenv("OCTET_SEED");
    const std::uint64_t value = text != nullptr ? std::stoull(text) : std::random_device{}();
    testing::Test::RecordProperty("seed", std::to_string(value));
    return value;
}

// An experiment with the tiny transformer, and random settings of its machine.
std::vector<std::string> random_run(const Folder& folder, std::mt19937_64& random) {
    const auto pick = [&](std::vector<std::string> words) { return words[random() % words.size()]; };
    const std::string path =
        folder.write("experiment.yaml",
                     fmt::format("kind: experiment\naccelerator: {0}/configs/accelerators/edge8-posit8.yaml\n"
                                 "workload: {0}/workloads/tiny.yaml\ncosts: {0}/configs/costs/{1}.yaml\n"
                                 "phase: {{kind: encode, sequence: {2}}}\n",
                                 root, pick({"asplos24-40nm", "horowitz-45nm", "unit"}), 2 + random() % 20));
    const std::string size = pick({"4", "8", "16"});
    std::vector<std::string> arguments{"run", path};
    for (const std::string& setting :
         {"pe.preset=" + pick({"posit8_1_ftz", "hybrid_fp8", "e4m3", "int8", "bf16", "posit8_2"}),
          "array.dataflow=" + pick({"weight_stationary", "output_stationary", "input_stationary"}),
          "fusion=" + pick({"none", "scaling", "activation", "layernorm", "residual"}),
          "clock_mhz=" + std::to_string(50 + random() % 300), "array.rows=" + size, "array.cols=" + size,
          "vector.lanes=" + size, "values=" + pick({"none", "none", "exact"}),
          "dram=" + pick({root + "/configs/dram/lpddr4-3200.yaml",
                          "{kind: ideal, bytes_per_cycle: 16, latency: 30}"})}) {
        arguments.push_back("--set");
        arguments.push_back(setting);
    }
    return arguments;
}

std::string file_of(const std::filesystem::path& path) {
    std::ifstream stream(path);
    std::stringstream text;
    text << stream.rdbuf();
    return text.str();
}

TEST(CostWhere, LinesAddUpToEveryComponentAndToTheTotalOfRandomRuns) {
    const std::uint64_t start = seed();
    std::mt19937_64 random(start);
    for (int round = 0; round < 4; ++round) {
        const Folder folder;
        std::vector<std::string> run = random_run(folder, random);
        run.insert(run.end(), {"--out", (folder.path() / "out").string()});
        const Outcome outcome = test::octet(run);
        ASSERT_EQ(outcome.status, 0) << outcome.err << "\nseed " << start << testing::PrintToString(run);
        const json result = json::parse(file_of(folder.path() / "out" / "result.json"));
        test::expect_balanced_books(result);
        const auto lines_of = [&](const std::string& component) {
            const json document =
                test::document({"cost", "where", (folder.path() / "out").string(), component});
            double sum = 0;
            for (const json& line : document.at("lines")) {
                EXPECT_FALSE(line.at("source").get<std::string>().empty());
                sum += line.at("count").get<double>() * line.at("price_pj").get<double>();
            }
            EXPECT_NEAR(sum, document.at("energy_pj").get<double>(), 1e-9 * sum);
            return sum;
        };
        double all = 0;
        for (const auto& [component, energy] : result.at("energy").at("components").items()) {
            const double sum = lines_of(component);
            EXPECT_NEAR(sum, energy.get<double>(), 1e-9 * std::max(1.0, sum))
                << component << ", seed " << start;
            all += sum;
        }
        const double total = result.at("energy").at("total_pj");
        EXPECT_NEAR(all, total, 1e-9 * total) << "seed " << start;
        EXPECT_NEAR(lines_of("all"), total, 1e-9 * total) << "seed " << start;
        EXPECT_LE(result.at("energy").at("low_pj").get<double>(), total);
        EXPECT_GE(result.at("energy").at("high_pj").get<double>(), total);
    }
}

// The energy of a printed line: what stands between its " = " and the next " pJ".
double energy_in(const std::string& line) {
    const std::size_t begin = line.find(" = ") + 3;
    std::string digits = line.substr(begin, line.find(" pJ", begin) - begin);
    std::erase(digits, ',');
    return std::stod(digits);
}

TEST(CostWhere, PrintedLinesOfTheMacAddUpToThePicojoule) {
    const Folder folder;
    const Outcome run =
        test::octet({"run", root + "/configs/experiments/bert-base-edge16-posit8.yaml", "--set",
                     "phase.sequence=128", "--out", (folder.path() / "out").string()});
    ASSERT_EQ(run.status, 0) << run.err;
    const json result = json::parse(file_of(folder.path() / "out" / "result.json"));
    for (const auto& [component, group] :
         {std::pair{"array", "array"}, {"sram", "sram"}, {"control", "control"}, {"leakage", "leakage"}}) {
        const Outcome where = test::octet({"cost", "where", (folder.path() / "out").string(), component});
        ASSERT_EQ(where.status, 0) << where.err;
        std::istringstream text(where.out);
        std::string line;
        double lines = 0, sum = 0;
        while (std::getline(text, line)) {
            if (line.find(" x ") != std::string::npos)
                lines += energy_in(line);
            else if (line.starts_with("sum"))
                sum = energy_in(line);
        }
        EXPECT_NEAR(lines, sum, 1) << where.out;
        EXPECT_NEAR(sum, result.at("energy").at("components").at(group).get<double>(), 1);
    }
    const Outcome mac = test::octet({"cost", "where", (folder.path() / "out").string(), "mac"});
    EXPECT_THAT(mac.out, HasSubstr("mac.mac"));
    EXPECT_THAT(mac.out, HasSubstr("1.515 pJ"));
    EXPECT_THAT(mac.out, HasSubstr("ASPLOS'24 fig. 12, posit8 as E5M4 (BF16)"));
    EXPECT_THAT(mac.out, HasSubstr("of array in the result"));
}

TEST(CostWhere, SaysWhichComponentsThereAre) {
    const Folder folder;
    const Outcome run = test::octet({"run", root + "/configs/experiments/bert-base-edge16-posit8.yaml",
                                     "--set", "phase.sequence=8", "--out", (folder.path() / "out").string()});
    ASSERT_EQ(run.status, 0) << run.err;
    const Outcome where = test::octet({"cost", "where", (folder.path() / "out").string(), "srm"});
    EXPECT_EQ(where.status, 1);
    EXPECT_EQ(where.out, "");
    EXPECT_THAT(where.err, HasSubstr("nothing of this result is called 'srm', did you mean 'sram'?"));
    EXPECT_THAT(where.err, HasSubstr("weight_buffer"));
}

TEST(CostWhere, CountsMacsWithAZeroOperandByThemselvesWhenThereAreValues) {
    const Folder folder;
    constexpr std::size_t m = 9, k = 21, n = 13;
    // Whole numbers that are codes of INT8, and that no posit flushes to zero.
    std::mt19937_64 random(7);
    std::vector<float> a(m * k), b(k * n);
    for (float& x : a) x = random() % 3 == 0 ? 0 : static_cast<float>(1 + random() % 126);
    for (float& x : b) x = random() % 5 == 0 ? 0 : static_cast<float>(1 + random() % 126);
    a.front() = b.front() = 127;
    std::uint64_t zero = 0;
    for (std::size_t i = 0; i < m; ++i)
        for (std::size_t j = 0; j < n; ++j)
            for (std::size_t l = 0; l < k; ++l) zero += a[i * k + l] == 0 || b[l * n + j] == 0;
    for (const char* dataflow : {"weight_stationary", "output_stationary", "input_stationary"})
        for (const char* fidelity : {"pass", "register"})
            for (const char* preset : {"posit8_1_ftz", "int8"}) {
                SCOPED_TRACE(fmt::format("{} {} {}", dataflow, fidelity, preset));
                const std::vector<std::string> op{"op",
                                                  "gemm",
                                                  "--accelerator",
                                                  test::edge16,
                                                  "--json",
                                                  "--fidelity",
                                                  fidelity,
                                                  "--set",
                                                  "array.rows=8",
                                                  "--set",
                                                  "array.cols=4",
                                                  "--set",
                                                  fmt::format("array.dataflow={}", dataflow),
                                                  "--set",
                                                  fmt::format("pe.preset={}", preset)};
                std::vector<std::string> with = op, without = op;
                with.insert(with.end(), {"--in", test::file(folder, "a.npy", {m, k}, a),
                                         test::file(folder, "b.npy", {k, n}, b)});
                without.insert(without.end(), {"--shape", fmt::format("{},{},{}", m, n, k)});
                const auto lines = [&](const std::vector<std::string>& arguments) {
                    const Outcome outcome = test::octet(arguments);
                    EXPECT_EQ(outcome.status, 0) << outcome.err;
                    return test::document({"cost", "where", folder.write("result.json", outcome.out), "mac"})
                        .at("lines");
                };
                const json exact = lines(with);
                ASSERT_EQ(exact.size(), 2U);
                EXPECT_EQ(exact.at(0).at("count"), m * n * k - zero);
                EXPECT_EQ(exact.at(1).at("action"), "mac_zero_operand");
                EXPECT_EQ(exact.at(1).at("count"), zero);
                EXPECT_LT(exact.at(1).at("price_pj").get<double>(), exact.at(0).at("price_pj").get<double>());
                const json blind = lines(without);
                ASSERT_EQ(blind.size(), 1U);
                EXPECT_EQ(blind.at(0).at("count"), m * n * k);
            }
}

TEST(CostReprice, GivesTheDocumentOfARunWithThatTable) {
    const std::uint64_t start = seed();
    std::mt19937_64 random(start);
    for (int round = 0; round < 4; ++round) {
        const Folder folder;
        std::vector<std::string> run = random_run(folder, random);
        std::vector<std::string> first = run;
        first.insert(first.end(), {"--out", (folder.path() / "out").string()});
        ASSERT_EQ(test::octet(first).status, 0) << testing::PrintToString(first);
        for (const std::vector<std::string>& costs :
             std::vector<std::vector<std::string>>{{"--costs", root + "/configs/costs/unit.yaml"},
                                                   {"--costs", root + "/configs/costs/asplos24-40nm.yaml",
                                                    "--set", "costs.scale={node_nm: 16, voltage: 0.8}"},
                                                   {"--costs", root + "/configs/costs/horowitz-45nm.yaml"}}) {
            std::vector<std::string> again = run,
                                     reprice{"cost", "reprice", (folder.path() / "out").string(), "--json"};
            again.push_back("--json");
            again.insert(again.end(), costs.begin(), costs.end());
            reprice.insert(reprice.end(), costs.begin(), costs.end());
            const Outcome simulated = test::octet(again), repriced = test::octet(reprice);
            EXPECT_EQ(repriced.status, 0) << repriced.err;
            EXPECT_TRUE(simulated.out == repriced.out) << "seed " << start << testing::PrintToString(again);
        }
    }
}

TEST(CostReprice, TellsWhatChanged) {
    const Folder folder;
    ASSERT_EQ(test::octet({"run", root + "/configs/experiments/bert-base-edge16-posit8.yaml", "--set",
                           "phase.sequence=8", "--out", (folder.path() / "out").string()})
                  .status,
              0);
    const Outcome outcome = test::octet({"cost", "reprice", (folder.path() / "out" / "result.json").string(),
                                         "--costs", root + "/configs/costs/horowitz-45nm.yaml", "--out",
                                         (folder.path() / "new.json").string()});
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_THAT(outcome.out, HasSubstr("asplos24-40nm.yaml before, horowitz-45nm.yaml after"));
    EXPECT_THAT(outcome.out, HasSubstr("energy uJ"));
    EXPECT_EQ(json::parse(file_of(folder.path() / "new.json")).at("costs").at("table"), "horowitz-45nm.yaml");
    EXPECT_EQ(test::octet({"cost", "reprice", (folder.path() / "out").string()}).status, 2);
    EXPECT_THAT(test::octet({"cost", "reprice", (folder.path() / "out").string(), "--costs",
                             root + "/configs/costs/unit.yaml", "--set", "array.rows=8"})
                    .err,
                HasSubstr("the run is done: only costs can be set"));
}

TEST(CostResult, DamagedOrForeignFilesAreRefusedWithAPlace) {
    const Folder folder;
    ASSERT_EQ(test::octet({"run", root + "/configs/experiments/bert-base-edge16-posit8.yaml", "--set",
                           "phase.sequence=8", "--out", (folder.path() / "out").string()})
                  .status,
              0);
    const std::string good = file_of(folder.path() / "out" / "result.json");
    const json document = json::parse(good);
    const auto failure = [&](const std::string& text) {
        const std::string path = folder.write("bad.json", text);
        const Outcome outcome = test::octet({"cost", "where", path, "all"});
        EXPECT_EQ(outcome.status, 1) << outcome.out;
        EXPECT_EQ(outcome.out, "");
        EXPECT_THAT(outcome.err, testing::StartsWith(path + ":"));
        return outcome.err;
    };
    const auto without = [&](const char* key) {
        json copy = document;
        copy.erase(key);
        return copy.dump(2);
    };
    const auto with = [&](const char* pointer, const json& value) {
        json copy = document;
        copy[json::json_pointer(pointer)] = value;
        return copy.dump(2);
    };
    for (const char* key :
         {"schema", "accelerator", "cycles", "energy", "operations", "costs", "dram_state", "macs"})
        EXPECT_THAT(failure(without(key)), HasSubstr(fmt::format("{}: missing key", key)));
    EXPECT_THAT(failure(with("/schema", 2)), HasSubstr("schema: expected"));
    EXPECT_THAT(failure(with("/energy/components/sram", 5)), HasSubstr("energy.components.sram: is 5"));
    EXPECT_THAT(failure(with("/energy/total_pj", nullptr)), HasSubstr("energy.total_pj"));
    EXPECT_THAT(failure(with("/operations/0/activity", {{"mac.mca", 5}})),
                HasSubstr("operations[0].activity.mac.mca: is no action, did you mean 'mac.mac'?"));
    EXPECT_THAT(failure(with("/operations/0/activity", {{"mac.mac", -5}})), HasSubstr("expected a count"));
    EXPECT_THAT(failure(with("/operations/0/activity", {{"mac.mac", 1e30}})), HasSubstr("expected a count"));
    EXPECT_THAT(failure(with("/operations/1/activity", json::object())),
                HasSubstr("times by the operations"));
    EXPECT_THAT(
        failure(with("/operations/0/end", document.at("cycles").at("total").get<std::uint64_t>() + 1)),
        HasSubstr("is after the end of the run"));
    EXPECT_THAT(failure(with("/costs/energy_lines/0/price_pj", 17)),
                HasSubstr("costs.energy_lines[0].energy_pj: is not count x price_pj"));
    EXPECT_THAT(failure(with("/costs/energy_lines/0/confidence", "sure")),
                HasSubstr("costs.energy_lines[0].confidence"));
    EXPECT_THAT(failure(with("/costs/energy_lines", 3)), HasSubstr("costs.energy_lines: expected a list"));
    EXPECT_THAT(failure(with("/accelerator/array/rows", 0)),
                HasSubstr("array.rows: expected an integer from 1"));
    EXPECT_THAT(failure(with("/accelerator/pe/operand", "e9m9")), HasSubstr("pe.operand: expected"));
    EXPECT_THAT(failure(with("/cycles/units/array/busy", 1)),
                HasSubstr("cycles.units.array: busy + stall + idle is not cycles.total"));
    EXPECT_THAT(failure(good.substr(0, good.size() / 2)), HasSubstr("bad.json:"));
    EXPECT_THAT(failure("kind: experiment\n"), HasSubstr("is no JSON"));
    EXPECT_THAT(failure("[]"), HasSubstr("expected a mapping"));
    EXPECT_THAT(failure(""), HasSubstr(":1:1"));
    EXPECT_THAT(failure(std::string(1000, '[')), HasSubstr("bad.json:"));
    EXPECT_THAT(test::octet({"cost", "where", (folder.path() / "nothing.json").string(), "all"}).err,
                HasSubstr("nothing.json:1:1"));
}

TEST(CostShow, TheAreaTreeAddsUpAndEveryPriceHasASource) {
    for (const char* table : {"asplos24-40nm", "horowitz-45nm", "unit"})
        for (const char* machine : {"edge16-posit8", "edge8-int8", "edge32-bf16", "edge16-posit8-lpddr4"}) {
            const json document =
                test::document({"cost", "show", fmt::format("{}/configs/accelerators/{}.yaml", root, machine),
                                "--costs", fmt::format("{}/configs/costs/{}.yaml", root, table)});
            double total = 0, share = 0;
            for (const json& group : document.at("area").at("children")) {
                double of_group = 0;
                for (const json& leaf : group.at("children")) {
                    EXPECT_NEAR(leaf.at("count").get<double>() * leaf.at("unit_um2").get<double>(),
                                leaf.at("area_um2").get<double>(), 1e-6);
                    of_group += leaf.at("area_um2").get<double>();
                }
                EXPECT_NEAR(of_group, group.at("area_um2").get<double>(), 1e-9 * of_group + 1e-12);
                total += of_group;
                share += group.at("share").get<double>();
            }
            EXPECT_NEAR(total, document.at("area").at("area_um2").get<double>(), 1e-9 * total);
            EXPECT_NEAR(share, 1, 1e-9);
            EXPECT_GT(document.at("rows").size(), 60U);
            for (const json& row : document.at("rows")) {
                EXPECT_FALSE(row.at("source").get<std::string>().empty()) << row;
                EXPECT_TRUE(row.at("energy_pj").is_number());
            }
        }
}

TEST(CostShow, SaysWhatWasScaled) {
    const Outcome outcome = test::octet({"cost", "show", root + "/configs/accelerators/edge16-posit8.yaml",
                                         "--set", "costs.scale={node_nm: 16, voltage: 0.8}"});
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_THAT(outcome.out, HasSubstr("prices scaled from 40 nm 0.9 V (energy x 0.1653, area x 0.2398; "));
    EXPECT_THAT(outcome.out, HasSubstr("to 16 nm 0.8 V; "));
    EXPECT_THAT(outcome.out, HasSubstr("; scaled from 40 nm 0.9 V to 16 nm 0.8 V by Stillmaker and Baas"));
}

}  // namespace
}  // namespace octet
