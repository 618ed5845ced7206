#include "sim/report/html/page.h"
#include "sim/report/html/shell.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/report/html/headline.h"
#include "sim/report/markdown.h"

namespace octet {
namespace {

using Json = nlohmann::ordered_json;
using testing::HasSubstr;
using testing::Not;

// A run whose names want to be markup.
ReportInput hostile_run() {
    const std::string name = "</script><img src=x onerror=alert(1)>\u2028'\"&|";
    Json operation{{"name", name},       {"kind", "matmul"},
                   {"macs", 10},         {"start", 0},
                   {"end", 9},           {"cycles", 9},
                   {"array_cycles", 8},  {"ideal_cycles", 5.0},
                   {"energy_pj", 2e6},   {"components", {{"array", 2e6}}},
                   {"sqnr_db", nullptr}, {"max_abs_error", nullptr}};
    Json unit{{"busy", 6}, {"stall", 2}, {"idle", 2}};
    Json document{
        {"accelerator", {{"name", name}}},
        {"workload", {{"name", name}}},
        {"cycles",
         {{"total", 10}, {"utilization", 0.5}, {"units", {{"array", unit}}}, {"stalls", {{"dram", 2}}}}},
        {"seconds", 0.002},
        {"energy", {{"total_pj", 4e6}, {"components", {{"array", 3e6}, {"dram", 1e6}}}}},
        {"area", {{"total_um2", 5e6}, {"components", {{"array", 5e6}}}}},
        {"operations", {operation}}};
    return {ReportKind::run, name, std::move(document)};
}

TEST(ReportPage, LetsNoNameBecomeMarkupOrScript) {
    const std::string page = report_page(hostile_run());
    EXPECT_THAT(page, Not(HasSubstr("<img")));
    EXPECT_THAT(page, HasSubstr("<title>&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;"));
    EXPECT_THAT(page, HasSubstr("\\u003c/script>\\u003cimg src=x onerror=alert(1)>\\u2028'"));
    const auto data = page.find("id=\"data\">"), end = page.find("</script>", data);
    EXPECT_EQ(page.substr(data + 10, end - data - 10).find('<'), std::string::npos);
}

TEST(ReportPage, AllowsItsOwnScriptsAlone) {
    const std::string page = report_page(hostile_run());
    const auto at = page.find("script-src 'nonce-") + 18;
    const std::string nonce = page.substr(at, page.find('\'', at) - at);
    EXPECT_EQ(nonce.size(), 36U);
    std::size_t scripts = 0;
    for (std::size_t i = 0; (i = page.find("<script", i)) != std::string::npos; ++i) {
        const std::string tag = page.substr(i, page.find('>', i) - i);
        EXPECT_TRUE(tag.find("nonce=\"" + nonce) != std::string::npos ||
                    tag.find("application/json") != std::string::npos);
        ++scripts;
    }
    EXPECT_EQ(scripts, 4U);
    EXPECT_THAT(page, HasSubstr("default-src 'none'"));
    EXPECT_THAT(page, Not(HasSubstr("src=\"http")));
    EXPECT_EQ(page, report_page(hostile_run())) << "the same input, the same bytes";
}

TEST(ReportPage, EscapesAllFiveCharacters) {
    EXPECT_EQ(escaped("a<b>&\"'"), "a&lt;b&gt;&amp;&quot;&#39;");
}

TEST(Headline, OfARunTellsTimeEnergyAreaAndHowBusyItIs) {
    EXPECT_EQ(headline(hostile_run()),
              "It takes 2.000 ms, 4.000 uJ and 5.000 mm2. The array works at 50.0 % of its peak rate; the "
              "busiest unit is "
              "array, 60 % of the time.");
}

TEST(Headline, OfAComparisonNamesTheFrontAndThreeRatiosOfItsThriftiest) {
    const auto row = [](bool pareto, double energy, double factor) {
        return Json{{"pareto", pareto},
                    {"energy_pj", energy},
                    {"sqnr_db", 20.0},
                    {"baseline_row", 0},
                    {"relative", {{"seconds", 1.0}, {"energy_pj", factor}, {"area_um2", 0.75}}}};
    };
    const ReportInput input{
        ReportKind::compare,
        "t",
        {{"baseline_row", 0},
         {"labels", {"bf16", "e4m3", "int8", "int4"}},
         {"rows", {row(true, 9, 1), row(false, 6, 0.6), row(true, 5, 0.5), row(true, 4, 0.4)}}}};
    EXPECT_EQ(headline(input),
              "Pareto-optimal in time, energy, area and error: bf16, int8 and int4. Against bf16, int4 takes "
              "1.00 x the "
              "time, 0.40 x the energy and 0.75 x the area.");
}

TEST(Headline, OfASweepTellsTheSizeOfTheFrontItsFormatsAndSpread) {
    const auto point = [](int id, const char* format, double latency) {
        return Json{{"id", id},
                    {"config", {{"pe.preset", format}}},
                    {"metrics", {{"latency_ms", latency}, {"energy_uj", 3.0}, {"area_mm2", 1.0}}}};
    };
    const ReportInput input{ReportKind::sweep,
                            "t",
                            {{"rows", {point(1, "int8", 2), point(2, "bf16", 9), point(3, "e4m3", 5)}},
                             {"pareto", {1, 3}},
                             {"objectives", {"latency_ms", "energy_uj"}}}};
    EXPECT_EQ(headline(input),
              "Of 3 points 2 are Pareto-optimal in latency and energy, with the formats e4m3 and int8. Along "
              "the front "
              "latency varies by 2.50 x, energy by 1.00 x and area by 1.00 x.");
}

TEST(ReportMarkdown, HoldsTheTablesWithNamesThatCannotBreakThem) {
    const std::string text = report_markdown(hostile_run());
    EXPECT_THAT(text, HasSubstr("| array | 3.000 | 75.0 | 5.000 |"));
    EXPECT_THAT(text, HasSubstr("| array | 6 | 2 | 2 |"));
    EXPECT_THAT(text, HasSubstr("&\\| | matmul | 10 | 9 | 5.000 | 2.000 |"));
    EXPECT_THAT(report_csv(hostile_run()), HasSubstr("name,kind,macs,start,end,cycles,"));
}

}  // namespace
}  // namespace octet
