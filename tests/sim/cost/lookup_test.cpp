#include <gmock/gmock.h>

#include "sim/cost/table.h"
#include "tests/sim/cost/tables.h"

namespace octet {
namespace {

using test::table_of;
using testing::HasSubstr;

CostQuery mac_query(double clock_mhz, std::string operand = "e4m3", std::string accumulator = "bf16") {
    return {
        "mac",
        "mac",
        {{"operand", std::move(operand)}, {"accumulator", std::move(accumulator)}, {"clock_mhz", clock_mhz}},
        2};
}

double energy(const CostTable& table, const CostQuery& query) {
    return look_up(table, query, Quantity::energy).value;
}

std::string failure(const CostTable& table, const CostQuery& query) {
    try {
        look_up(table, query, Quantity::energy);
    } catch (const CostError& error) {
        return error.what();
    }
    return "";
}

TEST(Lookup, TakesTheRowThatNamesTheMostKeys) {
    const auto table = table_of({"component: mac, action: mac, energy: 1",
                                 "component: mac, action: mac, operand: e4m3, energy: 2",
                                 "component: mac, action: mac, operand: e4m3, accumulator: bf16, energy: 3"});
    EXPECT_EQ(energy(table, mac_query(200)), 3);
    EXPECT_EQ(energy(table, mac_query(200, "e4m3", "fp32")), 2);
    EXPECT_EQ(energy(table, mac_query(200, "e5m2", "fp32")), 1);
}

TEST(Lookup, ANumberMetExactlySaysMoreThanAnAxis) {
    const auto table =
        table_of({"component: mac, action: mac, clock_mhz: 200, energy: 9",
                  "component: mac, action: mac, clock_mhz: [100, 300], energy: [1, 3]",
                  "component: mac, action: mac, operand: e5m2, clock_mhz: [100, 300], energy: [5, 7]"});
    EXPECT_EQ(energy(table, mac_query(200)), 9);
    EXPECT_EQ(energy(table, mac_query(300)), 3);
    EXPECT_EQ(energy(table, mac_query(200, "e5m2")), 6);
}

TEST(Lookup, IgnoresRowsOfOtherComponentsActionsAndQuantities) {
    const auto table = table_of({"component: mac, action: mac, energy: 1",
                                 "component: mac, action: mac_zero_operand, operand: e4m3, energy: 2",
                                 "component: pe, action: pass, operand: e4m3, energy: 3",
                                 "component: mac, operand: e4m3, area: 4"});
    EXPECT_EQ(energy(table, mac_query(200)), 1);
}

TEST(Lookup, TakesAnyWordOfAList) {
    const auto table =
        table_of({"component: [input_buffer, sram], action: [read, write], energy: 5",
                  "component: mac, action: [mac_zero_operand, mac], operand: [e5m2, e4m3], energy: 7"});
    EXPECT_EQ(energy(table, mac_query(200)), 7);
    EXPECT_EQ(energy(table, mac_query(200, "e5m2")), 7);
    EXPECT_THAT(failure(table, mac_query(200, "int8")), HasSubstr("is for operand: e5m2 e4m3"));
}

TEST(Lookup, TwoRowsThatMatchEquallyWellAreAnErrorNamingBothLines) {
    const auto table = table_of({"component: mac, action: mac, operand: e4m3, energy: 1",
                                 "component: mac, action: mac, energy: 5",
                                 "component: mac, action: mac, accumulator: bf16, energy: 2"});
    const std::string message = failure(table, mac_query(200));
    EXPECT_THAT(message, HasSubstr("neither is more specific"));
    EXPECT_THAT(message, HasSubstr("t.yaml:6:"));
    EXPECT_THAT(message, HasSubstr("t.yaml:8:"));
    EXPECT_THAT(message, testing::Not(HasSubstr("t.yaml:7:")));
}

TEST(Lookup, AMissingPriceNamesTheRowToAddAndTheNearestOne) {
    const auto table = table_of({"component: mac, action: mac, operand: e4m3, accumulator: bf16, energy: 1"});
    const std::string message = failure(table, mac_query(200, "e4m3", "fp32"));
    EXPECT_THAT(message, HasSubstr("t.yaml: no energy for mac.mac with operand: e4m3, accumulator: fp32"));
    EXPECT_THAT(
        message,
        HasSubstr("  - {component: mac, action: mac, operand: e4m3, accumulator: fp32, energy: PRICE, "
                  "source: \"SOURCE\", confidence: assumed}"));
    EXPECT_THAT(message, HasSubstr("t.yaml:6:5, is for accumulator: bf16"));
}

TEST(Lookup, TheRowToAddIsValidOnceItsNumberIsFilledIn) {
    const std::string message =
        failure(table_of({"component: dma, action: byte, energy: 1"}), mac_query(200));
    std::string row = message.substr(message.find("- {") + 3);
    row = row.substr(0, row.find(", source"));
    row.replace(row.find("PRICE"), 5, "0.25");
    EXPECT_EQ(energy(table_of({row}), mac_query(200)), 0.25);
}

TEST(Lookup, ANumberWithoutAListMustBeMetExactly) {
    const auto table = table_of({"component: mac, action: mac, clock_mhz: 200, energy: 1"});
    EXPECT_EQ(energy(table, mac_query(200)), 1);
    EXPECT_THAT(failure(table, mac_query(201)), HasSubstr("no energy for mac.mac"));
}

TEST(Lookup, LinearAxesRunStraightFromPointToPoint) {
    const auto table =
        table_of({"component: mac, action: mac, clock_mhz: [100, 200, 400], energy: [1, 3, 4]"});
    EXPECT_EQ(energy(table, mac_query(100)), 1);
    EXPECT_EQ(energy(table, mac_query(200)), 3);
    EXPECT_EQ(energy(table, mac_query(400)), 4);
    EXPECT_DOUBLE_EQ(energy(table, mac_query(125)), 1.5);
    EXPECT_DOUBLE_EQ(energy(table, mac_query(300)), 3.5);
}

TEST(Lookup, BeyondTheEndsTheOutermostLinesGoOnAndThePriceIsNoLongerPublished) {
    const auto table =
        table_of({"component: mac, action: mac, clock_mhz: [100, 200, 400], energy: [1, 3, 4]"});
    const Price above = look_up(table, mac_query(600), Quantity::energy);
    EXPECT_DOUBLE_EQ(above.value, 5);
    EXPECT_EQ(above.confidence, Confidence::scaled);
    EXPECT_EQ(look_up(table, mac_query(300), Quantity::energy).confidence, Confidence::published);
    EXPECT_DOUBLE_EQ(energy(table, mac_query(75)), 0.5);
    EXPECT_THAT(failure(table, mac_query(40)), HasSubstr("negative"));
}

CostQuery buffer_query(double capacity, double width) {
    return {"input_buffer", "read", {{"width_bits", width}, {"capacity_bytes", capacity}}, 2};
}

TEST(Lookup, SquareRootAxesRunStraightOverTheRoot) {
    const auto table = table_of(
        {"component: input_buffer, action: read, capacity_bytes: [0, 400, 1600], energy: [0, 20, 30]"});
    EXPECT_DOUBLE_EQ(energy(table, buffer_query(100, 8)), 10);  // root 10 of 20
    EXPECT_DOUBLE_EQ(energy(table, buffer_query(900, 8)), 25);  // root 30, half-way from 20 to 40
}

TEST(Lookup, EachQuantityHasTheLineDeclaredForIt) {
    const auto table = table_of({"component: input_buffer, capacity_bytes: [0, 400], area: [0, 20]"});
    EXPECT_DOUBLE_EQ(look_up(table, {"input_buffer", "", buffer_query(100, 8).keys, 0}, Quantity::area).value,
                     5);
}

TEST(Lookup, SeveralAxesMakeAGridWhoseLastAxisRunsFastest) {
    const auto table =
        table_of({"component: input_buffer, action: read, width_bits: [8, 16, 32], "
                  "capacity_bytes: [100, 400], energy: [1, 2, 4, 11, 12, 14]"});
    EXPECT_EQ(energy(table, buffer_query(100, 16)), 2);
    EXPECT_EQ(energy(table, buffer_query(400, 32)), 14);
    EXPECT_DOUBLE_EQ(energy(table, buffer_query(225, 24)), 8);  // root 15, half-way: 3 and 13
}

TEST(Lookup, ExistenceIsPricedByAnyRowOfTheComponentThatHasTheQuantity) {
    const auto table = table_of({"component: mac, action: mac, energy: 1, area: 700",
                                 "component: mac, action: mac_zero_operand, energy: 1"});
    CostQuery query = mac_query(200);
    query.action.clear();
    EXPECT_EQ(look_up(table, query, Quantity::area).value, 700);
    EXPECT_THROW(look_up(table, query, Quantity::leakage), CostError);
}

}  // namespace
}  // namespace octet
