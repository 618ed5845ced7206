// `octet compare`: each row against the run that a user gets with the same settings.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/support/program.h"
#include "tests/system/octet.h"

namespace octet::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using Words = std::vector<std::string>;

Words tiny(const std::string& verb, const Words& more) {
    Words words{verb,    "configs/experiments/bert-base-edge16-posit8.yaml",
                "--set", "workload=workloads/tiny.yaml",
                "--set", "phase.sequence=16"};
    words.insert(words.end(), more.begin(), more.end());
    return words;
}

void expect_row_of(const json& row, const json& run) {
    EXPECT_EQ(row.at("cycles"), run.at("cycles").at("total"));
    EXPECT_EQ(row.at("seconds"), run.at("seconds"));
    EXPECT_EQ(row.at("energy_pj"), run.at("energy").at("total_pj"));
    EXPECT_EQ(row.at("area_um2"), run.at("area").at("total_um2"));
    EXPECT_EQ(row.at("edp"), run.at("metrics").at("edp"));
    EXPECT_EQ(row.at("tops_per_watt"), run.at("metrics").at("tops_per_watt"));
    EXPECT_EQ(row.at("dram_bytes").get<std::uint64_t>(),
              run.at("traffic").at("dram_read_bytes").get<std::uint64_t>() +
                  run.at("traffic").at("dram_write_bytes").get<std::uint64_t>());
    EXPECT_EQ(row.at("sqnr_db"),
              run.at("numerics").is_null() ? json(nullptr) : run.at("numerics").at("sqnr_db"));
    EXPECT_EQ(row.at("energy"), run.at("energy"));
    EXPECT_EQ(row.at("area"), run.at("area"));
}

TEST(Compare, EveryRowIsTheRunWithItsSettings) {
    const json compared =
        document(tiny("compare", {"--formats", "e4m3,int8", "--fusion", "none,residual", "--softmax",
                                  "exact,ibert", "--values", "exact", "--baseline", "int8"}));
    EXPECT_EQ(compared.at("baseline"), "int8");
    const json& rows = compared.at("rows");
    ASSERT_EQ(rows.size(), 8U);
    std::size_t row = 0;
    for (const char* format : {"e4m3", "int8"})
        for (const char* fusion : {"none", "residual"})
            for (const char* softmax : {"exact", "ibert"}) {
                SCOPED_TRACE(fmt::format("{} {} {}", format, fusion, softmax));
                EXPECT_EQ(rows[row].at("format"), format);
                EXPECT_EQ(rows[row].at("fusion"), fusion);
                EXPECT_EQ(rows[row].at("softmax"), softmax);
                expect_row_of(rows[row++],
                              document(tiny("run", {"--set", std::string("pe.preset=") + format, "--fusion",
                                                    fusion, "--softmax", softmax, "--values", "exact"})));
            }
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const json &r = rows[i], &base = rows[4 + i % 4];  // int8, the same fusion and softmax
        EXPECT_EQ(r.at("baseline_row"), 4 + i % 4);
        EXPECT_DOUBLE_EQ(r.at("relative").at("energy_pj").get<double>(),
                         r.at("energy_pj").get<double>() / base.at("energy_pj").get<double>());
        EXPECT_DOUBLE_EQ(r.at("relative").at("sqnr_db").get<double>(),
                         r.at("sqnr_db").get<double>() - base.at("sqnr_db").get<double>());
    }
}

TEST(Compare, TakesArraysWithAVectorLaneForEachColumn) {
    const json compared = document(tiny("compare", {"--arrays", "8,4x16"}));
    expect_row_of(
        compared.at("rows").at(0),
        document(tiny("run", {"--set", "array.rows=8", "--set", "array.cols=8", "--set", "vector.lanes=8"})));
    expect_row_of(compared.at("rows").at(1),
                  document(tiny("run", {"--set", "array.rows=4", "--set", "array.cols=16", "--set",
                                        "vector.lanes=16"})));
    EXPECT_EQ(compared.at("rows").at(1).at("array"), "4x16");
}

TEST(Compare, DoesNotDependOnHowManySimulationsRunAtATime) {
    const Words words = tiny("compare", {"--formats", "e4m3,int8,bf16,posit8_1", "--json"});
    Words one = words, four = words;
    one.insert(one.end(), {"--jobs", "1"});
    four.insert(four.end(), {"-j", "4"});
    EXPECT_EQ(octet(one).out, octet(four).out);
}

TEST(Compare, PrintsATableThatMarksTheBestAndTellsWhatTheMachineFixes) {
    const Outcome outcome = octet(
        tiny("compare", {"--formats", "int8,bf16", "--baseline", "bf16", "--set", "vector.format=fp32"}));
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_THAT(outcome.out, HasSubstr("tiny (encode, batch 1, sequence 16) on edge16-posit8\nformat "));
    EXPECT_THAT(outcome.out, HasSubstr("\nrelative to bf16\n"));
    EXPECT_THAT(outcome.out, testing::ContainsRegex("\nint8 +[0-9,]+\\* "));
    EXPECT_THAT(outcome.out, testing::ContainsRegex("\nbf16 +[0-9,]+  "));
    EXPECT_THAT(outcome.out, HasSubstr("Pareto-optimal in ms, uJ, mm2: int8\n"));
    EXPECT_THAT(outcome.out, HasSubstr("vector.format is fp32 in every row"));
}

TEST(Compare, StoresEachRowsResultBesideTheTable) {
    const std::string folder = scratch_folder() + "/compared";
    const Outcome outcome = octet(tiny("compare", {"--formats", "int8,bf16", "--out", folder, "--csv"}));
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    for (const char* file : {"compare.json", "compare.csv", "compare.md", "summary.txt", "int8/result.json"})
        EXPECT_TRUE(std::filesystem::exists(folder + "/" + file)) << file;
    EXPECT_EQ(json::parse(read_file(folder + "/bf16/result.json")),
              document(tiny("run", {"--set", "pe.preset=bf16"})));
    EXPECT_EQ(outcome.out, read_file(folder + "/compare.csv"));
}

TEST(Compare, NamesWhatIsWrongBeforeItSimulatesAnything) {
    const auto wrong = [](const Words& more, int status, const std::string& message) {
        Words words = tiny("compare", more);
        words.push_back("--json");
        const Outcome outcome = octet(words);
        EXPECT_EQ(outcome.status, status) << message;
        EXPECT_EQ(outcome.out, "");
        EXPECT_THAT(outcome.err, HasSubstr(message));
    };
    wrong({"--formats", "posit8"}, 2, "'posit8' is no preset, did you mean 'posit8_1'?");
    wrong({"--formats", "e4m3", "--baseline", "x"}, 2, "'x' is no preset");
    wrong({"--formats", "e4m3,e4m3"}, 1, "--formats: 'e4m3' is written twice");
    wrong({"--fusion", "nome"}, 1, "--fusion nome: fusion: expected none, scaling");
    wrong({"--arrays", "16,0"}, 1, "--arrays 0: expected a size such as 16 or 16x32");
    wrong({"--arrays", "5000"}, 1, "array.rows: expected an integer from 1 to 4096");
    wrong({"--csv"}, 2, "excludes");
}

TEST(Compare, ShowsTheRowsThatRanWhenOneFailsAndExitsOne) {
    const Words words = tiny(
        "compare", {"--formats", "int8,bf16", "--set", "sram.capacity_kib=1", "--set", "phase.sequence=2"});
    const Outcome all = octet(words);
    EXPECT_EQ(all.status, 1);
    EXPECT_THAT(all.err, HasSubstr("octet: bf16: sram.capacity_kib"));
    EXPECT_THAT(all.out, testing::ContainsRegex("\nint8 +[0-9]"));
    EXPECT_THAT(all.out, testing::ContainsRegex("\nbf16 +- "));
    Words as_json = words;
    as_json.push_back("--json");
    EXPECT_EQ(octet(as_json).out, "") << "a document is whole or not there";
}

}  // namespace
}  // namespace octet::test
