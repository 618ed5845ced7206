#include "sim/cost/scaling.h"

#include <gmock/gmock.h>

#include "sim/cost/prices.h"
#include "tests/sim/cost/tables.h"

namespace octet {
namespace {

using test::errors_of;
using test::header;
using testing::HasSubstr;

// Worked out by hand from the published polynomials.
TEST(Scaling, AgreesWithThePublishedExamples) {
    EXPECT_NEAR(energy_ratio({45, 0.9}, {16, 0.8}), 0.142, 5e-4);
    EXPECT_NEAR(energy_ratio({45, 0.9}, {7, 0.7}), 0.057, 5e-4);
    EXPECT_DOUBLE_EQ(area_ratio(45, 16), 0.19);
    EXPECT_DOUBLE_EQ(area_ratio(130, 7), 0.059 / 6.4);
}

TEST(Scaling, InterpolatesBetweenPublishedNodes) {
    // 40 nm lies 5/13 of the way from 45 to 32 nm.
    const double of45 = 1.103 * 0.81 - 0.362 * 0.9 + 0.2767, of32 = 0.9559 * 0.81 - 0.7823 * 0.9 + 0.471;
    EXPECT_NEAR(energy_ratio({45, 0.9}, {40, 0.9}), (of45 + (of32 - of45) * 5 / 13) / of45, 1e-12);
    EXPECT_NEAR(area_ratio(45, 40), 1 - 0.54 * 5 / 13, 1e-12);
}

TEST(Scaling, ThereAndBackIsNoScaling) {
    for (const Process& a : {Process{40, 0.9}, {16, 0.8}, {130, 1.3}, {7, 0.7}, {28, 0.9}})
        for (const Process& b : {Process{40, 0.9}, {16, 0.8}, {130, 1.3}, {7, 0.7}, {28, 0.9}}) {
            EXPECT_NEAR(energy_ratio(a, b) * energy_ratio(b, a), 1, 1e-12);
            EXPECT_NEAR(area_ratio(a.node_nm, b.node_nm) * area_ratio(b.node_nm, a.node_nm), 1, 1e-12);
        }
}

TEST(Scaling, EnergyGrowsWithNodeAndVoltageWhereTheFactorsHold) {
    for (double node = 8; node <= 130; ++node)
        for (double voltage = 0.7; voltage < 1.3; voltage += 0.1) {
            ASSERT_EQ(unscalable({node, voltage}), "");
            EXPECT_GT(energy_ratio({node, voltage}, {node, voltage + 0.01}), 1) << node << ' ' << voltage;
            EXPECT_LT(area_ratio(node, node - 1), 1) << node;
        }
}

TEST(Scaling, IsRefusedWhereThereAreNoFactors) {
    EXPECT_THAT(unscalable({5, 0.7}), HasSubstr("only from 7 to 130 nm"));
    EXPECT_THAT(unscalable({180, 1.8}), HasSubstr("only from 7 to 130 nm"));
    EXPECT_THAT(unscalable({65, 0.5}), HasSubstr("hold above 0.59 V only"));
    EXPECT_THAT(unscalable({60, 0.5}), HasSubstr("hold above 0.59 V only"));
    EXPECT_EQ(unscalable({45, 0.5}), "");
}

const std::string head =
    "kind: costs\nunits: {energy: pJ, area: um2, leakage: uW}\ninterpolate: {clock_mhz: linear, area_um2: "
    "linear}\n";

CostTable scaled(const std::string& rows, const std::string& to) {
    Diagnostics errors;
    CostTable table =
        read_costs(parse_yaml(head + "scale: " + to + "\nrows:\n" + rows, "t.yaml"), "t.yaml", errors);
    errors.throw_if_any();
    return table;
}

const std::string mac =
    "  - {component: mac, action: mac, clock_mhz: [5, 200], energy: [1, 2], area: [10, 20], "
    "source: a book, node_nm: 45, voltage: 0.9, confidence: published, uncertainty: 0.1}\n";

TEST(Scaling, OfATableMultipliesEveryPriceOnTheChipAndSaysSo) {
    const CostTable table =
        scaled(mac +
                   "  - {component: dram, action: read, energy: 3, source: s, confidence: published}\n"
                   "  - {component: pe, area: 0, source: s, confidence: assumed}\n",
               "{node_nm: 16, voltage: 0.8}");
    const CostRow& row = table.rows[0];
    const double factor = energy_ratio({45, 0.9}, {16, 0.8});
    EXPECT_THAT(row[Quantity::energy], testing::ElementsAre(factor, 2 * factor));
    EXPECT_THAT(row[Quantity::area], testing::ElementsAre(1.9, 3.8));
    EXPECT_EQ(row.confidence, Confidence::scaled);
    EXPECT_EQ(row.source,
              "a book; scaled from 45 nm 0.9 V to 16 nm 0.8 V by Stillmaker and Baas: energy x 0.1424, area "
              "x 0.19");
    EXPECT_EQ(row.node_nm, 16);
    EXPECT_EQ(row.voltage, 0.8);
    EXPECT_EQ(row.uncertainty, 0.1);
    EXPECT_EQ(table.rows[1][Quantity::energy].front(), 3);
    EXPECT_EQ(table.rows[1].confidence, Confidence::published);
    EXPECT_EQ(table.rows[2].source, "s");
    ASSERT_TRUE(table.scaling);
    ASSERT_EQ(table.scaling->from.size(), 1U);
    EXPECT_EQ(table.scaling->from[0].rows, 1U);
    EXPECT_EQ(table.scaling->off_chip_rows, 1U);
}

TEST(Scaling, NeverMakesAPriceBetterKnown) {
    for (const char* how : {"scaled", "fitted", "assumed"}) {
        const std::string row = fmt::format(
            "  - {{component: mac, action: mac, energy: 1, source: s, node_nm: 45, voltage: 0.9, confidence: "
            "{}}}\n",
            how);
        EXPECT_EQ(name(scaled(row, "{node_nm: 7, voltage: 0.7}").rows[0].confidence), how);
    }
}

TEST(Scaling, LeavesRowsOfTheSameProcessAlone) {
    const CostRow row = scaled(mac, "{node_nm: 45, voltage: 0.9}").rows[0];
    EXPECT_EQ(row.source, "a book");
    EXPECT_EQ(row.confidence, Confidence::published);
    EXPECT_THAT(row[Quantity::energy], testing::ElementsAre(1, 2));
}

TEST(Scaling, LeakageFollowsAreaAndVoltageAndIsAssumed) {
    const CostTable table = scaled(
        "  - {component: mac, leakage: 4, source: s, node_nm: 45, voltage: 1, confidence: published}\n"
        "  - {component: sram, area_um2: [0, 100], leakage: [0, 4], source: s, node_nm: 45, voltage: 1, "
        "confidence: published}\n",
        "{node_nm: 16, voltage: 0.5}");
    EXPECT_DOUBLE_EQ(table.rows[0][Quantity::leakage].front(), 4 * 0.19 * 0.5);
    EXPECT_DOUBLE_EQ(table.rows[1][Quantity::leakage].back(), 4 * 0.5);
    EXPECT_EQ(table.rows[0].confidence, Confidence::assumed);
    EXPECT_THAT(table.rows[0].source, HasSubstr("leakage by area and voltage"));
}

TEST(Scaling, ErrorsAreWhereTheyWereWritten) {
    const auto errors = [](const std::string& rows, const std::string& to) {
        return errors_of(header + "scale: " + to + "\nrows:\n" + rows);
    };
    const std::string bare = "  - {component: mac, action: mac, energy: 1, source: s, confidence: assumed}\n";
    EXPECT_THAT(errors(bare, "{node_nm: 16, voltage: 0.8}"),
                HasSubstr("t.yaml:7:5: rows[0]: `scale` needs the process of this row"));
    EXPECT_THAT(errors(mac, "{node_nm: 5, voltage: 0.8}"),
                HasSubstr("t.yaml:5:18: scale.node_nm: expected a number"));
    EXPECT_THAT(errors(mac, "{node_nm: 65, voltage: 0.4}"),
                HasSubstr("t.yaml:5:8: scale: the factors of 65 nm"));
    EXPECT_THAT(errors(mac, "{node_nm: 16}"), HasSubstr("scale.voltage: missing key"));
    EXPECT_THAT(errors(mac, "{node_nm: 16, voltage: 0.8, clock_mhz: 1}"), HasSubstr("unknown key"));
    std::string old = mac;
    old.replace(old.find("node_nm: 45"), 11, "node_nm: 250");
    EXPECT_THAT(errors(old, "{node_nm: 16, voltage: 0.8}"),
                HasSubstr("rows[0]: `scale` cannot start here: there are no factors for 250 nm"));
}

TEST(Scaling, EveryShippedTableOfAProcessCanBeScaledAndStillPricesTheMachine) {
    for (const char* file : {"asplos24-40nm.yaml", "horowitz-45nm.yaml"}) {
        const std::string path = std::string(OCTET_SOURCE_DIR) + "/configs/costs/" + file;
        Node tree = read_yaml(path);
        const Node to = parse_yaml("scale: {node_nm: 16, voltage: 0.8}", "t.yaml");
        tree.entries.push_back(to.entries.front());
        Diagnostics errors;
        const CostTable table = read_costs(tree, path, errors);
        EXPECT_EQ(errors.text(), "");
        const CostTable before = test::shipped(file);
        const AcceleratorConfig machine = test::machine_of("posit8_1_ftz");
        const PriceList after = resolve(table, machine), plain = resolve(before, machine);
        const auto mac_of = [](const PriceList& prices) {
            return *prices.energy[static_cast<std::size_t>(Action::mac)];
        };
        const double factor = energy_ratio({*before.rows[0].node_nm, 0.9}, {16, 0.8});
        EXPECT_NEAR(mac_of(after).value, mac_of(plain).value * factor, 1e-12);
        EXPECT_NEAR(area_of(after).total, area_of(plain).total * area_ratio(*before.rows[0].node_nm, 16),
                    1e-6 * area_of(plain).total);
        EXPECT_EQ(area_of(after)[Confidence::published], 0);
    }
}

}  // namespace
}  // namespace octet
