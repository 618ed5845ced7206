#include "sim/cost/adjustment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/cost/prices.h"
#include "tests/sim/cost/tables.h"

namespace octet {
namespace {

using test::errors_of;
using test::text_of;
using testing::HasSubstr;

const std::vector<std::string> rows{
    "component: mac, action: mac, operand: int8, energy: 2, area: 100, uncertainty: 0.1",
    "component: mac, action: mac_zero_operand, operand: int8, energy: 1",
    "component: controller, action: [command, cycle], energy: 8",
    "component: [vector, softmax], action: exp, energy: 4", "component: vector, area: 50, leakage: 3"};

CostTable adjusted(const std::string& list) {
    Diagnostics errors;
    const std::string text = text_of(rows) + "adjust:\n" + list;
    CostTable table = read_costs(parse_yaml(text, "t.yaml"), "t.yaml", errors);
    errors.throw_if_any();
    return table;
}

Price price(const CostTable& table, const std::string& component, const std::string& action,
            Quantity quantity) {
    return look_up(table, {component, action, {{"operand", "int8"}}, 1}, quantity);
}

TEST(Adjustment, MultipliesTheQuantitiesItNamesOfTheRowsItNamesAndNothingElse) {
    const CostTable table = adjusted(
        "  - {component: mac, action: [mac, mac_zero_operand], energy: 0.75, source: activity, confidence: "
        "fitted, "
        "uncertainty: 0.2}\n");
    EXPECT_EQ(price(table, "mac", "mac", Quantity::energy).value, 1.5);
    EXPECT_EQ(price(table, "mac", "mac_zero_operand", Quantity::energy).value, 0.75);
    EXPECT_EQ(price(table, "mac", "", Quantity::area).value, 100);
    EXPECT_EQ(price(table, "controller", "cycle", Quantity::energy).value, 8);
    EXPECT_EQ(price(table, "mac", "mac", Quantity::energy).confidence, Confidence::fitted);
    EXPECT_EQ(price(table, "mac", "", Quantity::area).confidence, Confidence::published)
        << "it did not change";
    EXPECT_EQ(table.rows[0].known(Quantity::energy).uncertainty, 0.2);
    EXPECT_EQ(table.rows[0].known(Quantity::area).uncertainty, 0.1);
    EXPECT_EQ(table.rows[0].source, "test; energy x 0.75: activity");
    EXPECT_EQ(table.rows[2].source, "test");
}

TEST(Adjustment, WithoutActionsHoldsForWhatAComponentIsToo) {
    const CostTable table =
        adjusted("  - {component: [vector, softmax], area: 2, leakage: 3, source: s, confidence: assumed}\n");
    EXPECT_EQ(price(table, "vector", "", Quantity::area).value, 100);
    EXPECT_EQ(price(table, "vector", "", Quantity::leakage).value, 9);
    EXPECT_EQ(price(table, "vector", "exp", Quantity::energy).value, 4);
}

TEST(Adjustment, FollowsOneAnother) {
    const CostTable table = adjusted(
        "  - {component: mac, area: 2, source: first, confidence: scaled}\n"
        "  - {component: mac, area: 5, source: second, confidence: fitted}\n");
    EXPECT_EQ(price(table, "mac", "", Quantity::area).value, 1000);
    EXPECT_EQ(table.rows[0].source, "test; area x 2: first; area x 5: second");
}

TEST(Adjustment, IsAnErrorWhereNoRowOrHalfARowAnswersIt) {
    const auto message = [](const std::string& item) {
        return errors_of(text_of(rows) + "adjust:\n  - {" + item + ", source: s, confidence: fitted}\n");
    };
    EXPECT_THAT(message("component: dma, energy: 2"),
                HasSubstr("t.yaml:12:5: adjust[0]: no row prices this"));
    EXPECT_THAT(message("component: mac, leakage: 2"), HasSubstr("no row prices this"));
    EXPECT_THAT(message("component: controller, action: cycle, energy: 2"),
                HasSubstr("adjust[0]: the row at t.yaml:8:5 prices more than these components and actions"));
    EXPECT_THAT(message("component: softmax, action: exp, energy: 2"),
                HasSubstr("the row at t.yaml:9:5 prices more"));
    EXPECT_THAT(message("component: mac"), HasSubstr("expected a factor: energy, area or leakage"));
    EXPECT_THAT(message("component: mac, energy: -1"), HasSubstr("energy"));
    EXPECT_THAT(message("component: mak, energy: 1"), HasSubstr("did you mean 'mac'"));
}

}  // namespace
}  // namespace octet
