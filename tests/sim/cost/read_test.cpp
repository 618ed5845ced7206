#include <gmock/gmock.h>

#include "tests/sim/cost/tables.h"

namespace octet {
namespace {

using test::errors_of;
using test::header;
using test::text_of;
using testing::HasSubstr;
using testing::Not;

std::string replaced(std::string text, std::string_view from, std::string_view to) {
    text.replace(text.find(from), from.size(), to);
    return text;
}

const std::vector<std::string> good{"component: mac, action: mac, energy: 1"};

TEST(ReadCosts, AGoodTableHasNoErrors) {
    EXPECT_EQ(errors_of(text_of(good)), "");
}

TEST(ReadCosts, KeepsEverythingThatARowSays) {
    Diagnostics errors;
    const CostTable table = read_costs(
        parse_yaml(header +
                       "rows:\n  - {component: mac, action: mac, operand: [e4m3, e5m2], clock_mhz: [5, 200], "
                       "energy: [1, 2], area: [3, 4], leakage: [5, 6], source: a book, node_nm: 40, "
                       "voltage: 0.9, confidence: fitted, uncertainty: 0.25}\n",
                   "t.yaml"),
        "t.yaml", errors);
    EXPECT_EQ(errors.text(), "");
    ASSERT_EQ(table.rows.size(), 1u);
    const CostRow& row = table.rows.front();
    EXPECT_EQ(row.components, std::vector<std::string>{"mac"});
    EXPECT_EQ(row.find("operand")->words, (std::vector<std::string>{"e4m3", "e5m2"}));
    EXPECT_EQ(row.find("clock_mhz")->points, (std::vector<double>{5, 200}));
    EXPECT_EQ(row[Quantity::energy], (std::vector<double>{1, 2}));
    EXPECT_EQ(row[Quantity::area], (std::vector<double>{3, 4}));
    EXPECT_EQ(row[Quantity::leakage], (std::vector<double>{5, 6}));
    EXPECT_EQ(row.source, "a book");
    EXPECT_EQ(row.confidence, Confidence::fitted);
    EXPECT_EQ(row.node_nm, 40);
    EXPECT_EQ(row.voltage, 0.9);
    EXPECT_EQ(row.uncertainty, 0.25);
    EXPECT_EQ(row.where, "t.yaml:6:5");
}

TEST(ReadCosts, OtherUnitsAreRefusedWithTheFactor) {
    const std::string text = text_of(good);
    EXPECT_THAT(errors_of(replaced(text, "energy: pJ", "energy: J")),
                HasSubstr("t.yaml:2:17: units.energy: expected pJ, got 'J'; multiply every energy by 1e12"));
    EXPECT_THAT(errors_of(replaced(text, "area: um2", "area: m2")), HasSubstr("multiply every area by 1e12"));
    EXPECT_THAT(errors_of(replaced(text, "area: um2", "area: mm^2")),
                HasSubstr("multiply every area by 1e6"));
    EXPECT_THAT(errors_of(replaced(text, "leakage: uW", "leakage: mW")),
                HasSubstr("multiply every leakage by 1000"));
    EXPECT_THAT(errors_of(replaced(text, "energy: pJ", "energy: pj")), HasSubstr("expected pJ, got 'pj'"));
}

TEST(ReadCosts, PricesOfNothingAndSmallOnesAreNoOtherUnit) {
    EXPECT_EQ(errors_of(text_of({"component: mac, action: mac, energy: 0, area: 0",
                                 "component: pe, action: pass, energy: 1e-6, leakage: 1e-12",
                                 "component: dma, action: byte, clock_mhz: [5, 200], energy: [1e-12, 1]"})),
              "");
}

TEST(ReadCosts, UnitsMustBeStated) {
    EXPECT_THAT(errors_of(replaced(text_of(good), "units: {energy: pJ, area: um2, leakage: uW}\n", "")),
                HasSubstr("units: missing key"));
    EXPECT_THAT(errors_of(replaced(text_of(good), "area: um2, ", "")), HasSubstr("units.area: missing key"));
}

TEST(ReadCosts, AllErrorsOfAFileComeAtOnceWithTheirPlaces) {
    const std::string errors = errors_of(text_of(
        {"component: mac, action: mac, enrgy: 1", "component: mac, action: decode, energy: 1",
         "component: mca, action: mac, energy: 1", "component: mac, action: mac, operand: e9m9, energy: 1"}));
    EXPECT_THAT(errors, HasSubstr("t.yaml:6:"));
    EXPECT_THAT(errors, HasSubstr("unknown key, did you mean 'energy'?"));
    EXPECT_THAT(errors, HasSubstr("t.yaml:7:"));
    EXPECT_THAT(errors, HasSubstr("mac has no action decode"));
    EXPECT_THAT(errors, HasSubstr("t.yaml:8:"));
    EXPECT_THAT(errors, HasSubstr("did you mean 'mac'?"));
    EXPECT_THAT(errors, HasSubstr("t.yaml:9:"));
}

struct Refused {
    const char* row;
    const char* message;
};
class RefusedRow : public testing::TestWithParam<Refused> {};

TEST_P(RefusedRow, IsReportedOnItsLine) {
    const std::string errors = errors_of(text_of({GetParam().row}));
    EXPECT_THAT(errors, HasSubstr("t.yaml:6:"));
    EXPECT_THAT(errors, HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    All, RefusedRow,
    testing::Values(
        Refused{"component: mac, action: mac", "a row needs an energy, an area or a leakage"},
        Refused{"component: mac, energy: 1", "a row without an action has no energy"},
        Refused{"action: mac, energy: 1", "component: missing key"},
        Refused{"component: mac, action: mac, energy: -1", "expected a number of at least 0"},
        Refused{"component: mac, action: mac, energy: PRICE", "expected a number of at least 0"},
        Refused{"component: mac, action: mac, energy: .inf", "expected a number of at least 0"},
        Refused{"component: mac, action: mac, energy: [1, 2]", "expected 1 number, got 2"},
        Refused{"component: mac, action: mac, clock_mhz: [5, 200, 400], energy: [1, 2]",
                "expected 3 numbers (3 of clock_mhz), got 2"},
        Refused{"component: mac, action: mac, clock_mhz: [5, 200], energy: 1", "expected 2 numbers"},
        Refused{"component: mac, action: mac, clock_mhz: [200, 5], energy: [1, 2]", "must ascend"},
        Refused{"component: mac, action: mac, clock_mhz: [5, 5], energy: [1, 2]", "must ascend"},
        Refused{"component: mac, action: mac, lanes: [8, 16], energy: [1, 2]", "add `lanes: linear`"},
        Refused{"component: mac, action: mac, method: fast, energy: 1", "method"},
        Refused{"component: mac, action: mac, energy: 1.5e-12", "Multiply by 1e12 for pJ"},
        Refused{"component: mac, action: mac, clock_mhz: [5, 200], energy: [0, 2e-13]", "in J?"},
        Refused{"component: mac, area: 4.07e-9", "Multiply by 1e12 or 1e6 for um2"},
        Refused{"component: mac, action: [], energy: 1", "a row without an action has no energy"}),
    [](const auto& test) { return std::to_string(test.index); });

TEST(ReadCosts, InterpolationThatDoesNotExistIsRefused) {
    EXPECT_THAT(errors_of(replaced(text_of(good), "clock_mhz: linear", "clock_mhz: cubic")),
                HasSubstr("interpolate.clock_mhz"));
    EXPECT_THAT(errors_of(replaced(text_of(good), "clock_mhz: linear", "clock: linear")),
                HasSubstr("unknown key"));
    EXPECT_THAT(
        errors_of(replaced(text_of(good), "interpolate_area: {", "interpolate_area: {clock: linear, ")),
        HasSubstr("unknown key"));
}

}  // namespace
}  // namespace octet
