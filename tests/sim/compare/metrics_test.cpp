#include "sim/compare/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace octet {
namespace {

using Json = nlohmann::ordered_json;
using testing::ElementsAre;

std::size_t at(std::string_view key) {
    return static_cast<std::size_t>(std::ranges::find(metrics, key, &Metric::key) - metrics.begin());
}

Json document(int cycles, double energy, double sqnr) {
    return {{"cycles", {{"total", cycles}}},
            {"seconds", cycles * 0.5},
            {"energy", {{"total_pj", energy}}},
            {"area", {{"total_um2", 7}}},
            {"metrics", {{"edp", energy * cycles}, {"tops_per_watt", nullptr}}},
            {"traffic", {{"dram_read_bytes", 30}, {"dram_write_bytes", 12}}},
            {"numerics", {{"sqnr_db", sqnr}}}};
}

TEST(Metrics, ComeFromTheResultDocumentAndAreEmptyWhereItHasNone) {
    const Figures figures = figures_of(document(10, 4, 20));
    EXPECT_EQ(figures[at("cycles")], 10);
    EXPECT_EQ(figures[at("seconds")], 5);
    EXPECT_EQ(figures[at("area_um2")], 7);
    EXPECT_EQ(figures[at("edp")], 40);
    EXPECT_EQ(figures[at("dram_bytes")], 42);
    EXPECT_EQ(figures[at("sqnr_db")], 20);
    EXPECT_FALSE(figures[at("tops_per_watt")]);
    EXPECT_FALSE(figures[at("perplexity")]);
    for (const auto& figure : figures_of(Json::object())) EXPECT_FALSE(figure);
}

TEST(Metrics, AreRatiosToTheBaselineAndDecibelsDifferences) {
    const Figures base = figures_of(document(10, 4, 20)), other = figures_of(document(5, 1, 26));
    const Figures relative = relative_to(other, base);
    EXPECT_EQ(relative[at("cycles")], 0.5);
    EXPECT_EQ(relative[at("energy_pj")], 0.25);
    EXPECT_EQ(relative[at("sqnr_db")], 6);
    EXPECT_FALSE(relative[at("accuracy")]);
    Figures zero = base;
    zero[at("cycles")] = 0;
    EXPECT_FALSE(relative_to(other, zero)[at("cycles")]) << "nothing is a multiple of 0";
}

TEST(Metrics, MarkTheSmallestOrLargestOfEachAndAllThatShareIt) {
    const std::vector<Figures> machines{figures_of(document(10, 4, 20)), figures_of(document(10, 3, 26)),
                                        figures_of(document(12, 5, 25))};
    const auto best = best_of(machines);
    const auto column = [&](std::string_view key) {
        std::vector<bool> marks;
        for (const auto& row : best) marks.push_back(row[at(key)]);
        return marks;
    };
    EXPECT_THAT(column("cycles"), ElementsAre(true, true, false));
    EXPECT_THAT(column("energy_pj"), ElementsAre(false, true, false));
    EXPECT_THAT(column("sqnr_db"), ElementsAre(false, true, false)) << "more is better";
    EXPECT_THAT(column("perplexity"), ElementsAre(false, false, false)) << "none has it";
}

TEST(Metrics, CallThoseParetoOptimalThatNoneBeatsInTimeEnergyAreaAndError) {
    std::vector<Figures> machines{figures_of(document(10, 4, 20)), figures_of(document(10, 3, 26)),
                                  figures_of(document(12, 5, 27)), figures_of(document(13, 6, 26.5))};
    EXPECT_THAT(pareto_of(machines), ElementsAre(false, true, true, false));
    machines[1][at("sqnr_db")] = std::nullopt;
    EXPECT_THAT(pareto_of(machines), ElementsAre(false, true, false, false)) << "error no longer compares";
}

}  // namespace
}  // namespace octet
