#include "sim/cost/accelergy.h"

#include <gmock/gmock.h>

#include "sim/cost/priced_run.h"
#include "sim/cost/write.h"
#include "tests/sim/cost/tables.h"

namespace octet {
namespace {

using test::machine_of;
using test::shipped;
using testing::HasSubstr;

struct Read {
    CostTable table;
    std::vector<std::string> warnings;
    std::string errors;
};

Read read(const std::string& ert, const std::string& art = "", std::vector<AccelergyNames> names = {},
          const AccelergyMachine& machine = {}) {
    Read result;
    Diagnostics errors;
    const Node e = ert.empty() ? Node{} : parse_yaml(ert, "ert.yaml"),
               a = art.empty() ? Node{} : parse_yaml(art, "art.yaml");
    result.table = read_accelergy(ert.empty() ? nullptr : &e, art.empty() ? nullptr : &a, names, machine,
                                  result.warnings, errors);
    result.errors = errors.text();
    return result;
}

std::string ert(const std::string& tables, const std::string& version = "'0.4'") {
    return "ERT:\n  version: " + version + "\n  tables:\n" + tables;
}

TEST(Accelergy, ReadsTheFilesOfBothVersions) {
    for (const char* version : {"0.3", "'0.4'"}) {
        const Read r =
            read(ert("  - name: system_top_level.mac[1..256]\n"
                     "    actions:\n"
                     "    - {name: compute, arguments: {global_cycle_seconds: 1e-09}, energy: 0.315}\n"
                     "    - {name: leak, arguments: {global_cycle_seconds: 1e-09}, energy: 0.002}\n",
                     version),
                 "ART: {version: '0.4', tables: [{name: 'system_top_level.mac[1..256]', area: 417.0}]}");
        EXPECT_EQ(r.errors, "");
        EXPECT_TRUE(r.warnings.empty());
        ASSERT_EQ(r.table.rows.size(), 3U);
        EXPECT_EQ(r.table.rows[0].components, std::vector<std::string>{"mac"});
        EXPECT_EQ(r.table.rows[0].actions, std::vector<std::string>{"mac"});
        EXPECT_EQ(r.table.rows[0][Quantity::energy].front(), 0.315);
        EXPECT_DOUBLE_EQ(r.table.rows[1][Quantity::leakage].front(), 2);  // 0.002 pJ a ns are 2 uW
        EXPECT_EQ(r.table.rows[2][Quantity::area].front(), 417);
        EXPECT_EQ(r.table.rows[2].source, "ART, system_top_level.mac[1..256]");
    }
}

TEST(Accelergy, MatchesTheTextBetweenTheLastDotAndTheBracket) {
    const std::string action = ", actions: [{name: mac, arguments: {}, energy: 1}]}\n";
    for (const char* name : {"mac", "a.mac", "a.b.mac[1..4]", "chip.pe[1..2].mac[1..4]", "mac[1.0]"})
        EXPECT_EQ(read(ert(std::string("  - {name: '") + name + "'" + action)).table.rows.size(), 1U) << name;
    for (const char* name : {"mac.a", "amac", "mac_unit", "MAC"})
        EXPECT_EQ(read(ert(std::string("  - {name: '") + name + "'" + action)).table.rows.size(), 0U) << name;
}

TEST(Accelergy, WarnsOfWhatMatchesNothing) {
    const Read r =
        read(ert("  - {name: top.weights_spad, actions: [{name: read, arguments: {}, energy: 2}]}\n"
                 "  - {name: top.mac, actions: [{name: multiply, arguments: {}, energy: 2}]}\n"
                 "  - {name: top.sram_, actions: []}\n"));
    EXPECT_EQ(r.errors, "");
    ASSERT_EQ(r.warnings.size(), 3U);
    EXPECT_THAT(r.warnings[0],
                HasSubstr("ert.yaml:4:5: warning: 'top.weights_spad' matches no component of Octet"));
    EXPECT_THAT(r.warnings[0], HasSubstr("--map weights_spad=COMPONENT"));
    EXPECT_THAT(r.warnings[1], HasSubstr("action 'multiply' of 'top.mac' is none that mac has"));
    EXPECT_THAT(r.warnings[2], HasSubstr("did you mean 'sram'?"));
}

TEST(Accelergy, RenamesComponents) {
    const Read r = read(
        ert("  - {name: top.weights_spad, actions: [{name: read, arguments: {bits: 64}, energy: 128}]}\n"),
        "", {{"weights_spad", "weight_buffer"}});
    ASSERT_EQ(r.table.rows.size(), 1U);
    EXPECT_EQ(r.table.rows[0].components, std::vector<std::string>{"weight_buffer"});
    EXPECT_EQ(r.table.rows[0][Quantity::energy].front(), 2);
}

TEST(Accelergy, OfSeveralArgumentsTheDearestIsTakenAndSaid) {
    const Read r =
        read(ert("  - name: top.dma\n    actions:\n"
                 "    - {name: byte, arguments: {data_delta: 0}, energy: 1}\n"
                 "    - {name: byte, arguments: {data_delta: 1}, energy: 3}\n"
                 "    - {name: byte, arguments: {data_delta: 2}, energy: 2}\n"));
    ASSERT_EQ(r.table.rows.size(), 1U);
    EXPECT_EQ(r.table.rows[0][Quantity::energy].front(), 3);
    EXPECT_EQ(r.warnings.size(), 2U);
}

TEST(Accelergy, AsksForTheMachineWhereTheFilesDoNotSay) {
    const std::string text =
        ert("  - {name: top.sram, actions: [{name: read, arguments: {}, energy: 64}]}\n");
    EXPECT_THAT(read(text).errors,
                HasSubstr("ert.yaml:4:68: ERT.tables[0].actions[0].energy: an access of how many bits?"));
    const AccelergyMachine machine{[](auto, auto) { return 128.0; }, 200};
    EXPECT_EQ(read(text, "", {}, machine).table.rows.front()[Quantity::energy].front(), 0.5);
    const std::string leak = ert("  - {name: top.mac, actions: [{name: leak, arguments: {}, energy: 5}]}\n");
    EXPECT_THAT(read(leak).errors, HasSubstr("leakage in a cycle of unknown length"));
    EXPECT_DOUBLE_EQ(read(leak, "", {}, machine).table.rows.front()[Quantity::leakage].front(), 1000);
}

TEST(Accelergy, RefusesWhatIsNoReferenceTable) {
    EXPECT_THAT(read(ert("  - {name: mac, actions: []}\n", "0.2")).errors,
                HasSubstr("ert.yaml:2:12: ERT.version: expected 0.3 or 0.4, got '0.2'"));
    EXPECT_THAT(read("ERT: []").errors, HasSubstr("ERT: expected a mapping"));
    EXPECT_THAT(read("ERT: {version: 0.3}").errors, HasSubstr("ERT.tables: missing key"));
    EXPECT_THAT(read("ART: {}").errors, HasSubstr("ERT: missing key"));
    EXPECT_THAT(read(ert("  - {actions: []}\n")).errors, HasSubstr("ERT.tables[0].name: missing key"));
    EXPECT_THAT(read(ert("  - {name: mac}\n")).errors, HasSubstr("ERT.tables[0].actions: missing key"));
    EXPECT_THAT(read(ert("  - {name: mac, actions: [{name: mac, energy: -1}]}\n")).errors,
                HasSubstr("energy: expected a number"));
}

// What is written reads back as the same prices of the same machine.
TEST(Accelergy, WrittenFilesPriceTheMachineAsTheTableDid) {
    for (const char* name : {"asplos24-40nm.yaml", "horowitz-45nm.yaml", "unit.yaml"})
        for (const char* preset : {"posit8_1_ftz", "int8", "mxfp8_e4m3", "bf16"}) {
            const AcceleratorConfig machine = machine_of(preset, 123);
            const PriceList prices = resolve(shipped(name), machine);
            MachineReport report;
            report.total = 1000;
            report.operations.resize(1);
            for (std::size_t a = 0; a < action_count; ++a)
                if (can_count(machine, static_cast<Action>(a)))
                    report.operations[0].activity.count(static_cast<Action>(a), 1000 + a);
            std::vector<EnergyLine> lines = action_lines(prices, {});
            const auto standing = standing_lines(prices, standing_of(prices, report));
            lines.insert(lines.end(), standing.begin(), standing.end());
            const std::vector<AreaLine> areas = area_lines(prices);
            const Read r = read(accelergy_ert(lines, areas, machine.clock_mhz), accelergy_art(areas), {},
                                {nullptr, machine.clock_mhz});
            EXPECT_EQ(r.errors, "");
            EXPECT_TRUE(r.warnings.empty()) << r.warnings.front();
            Diagnostics errors;
            const CostTable table = read_costs(parse_yaml(costs_yaml(r.table), "t.yaml"), "t.yaml", errors);
            EXPECT_EQ(errors.text(), "");
            const PricedRun before = price(prices, report), after = price(resolve(table, machine), report);
            EXPECT_NEAR(after.energy.total, before.energy.total, 1e-12 * before.energy.total)
                << name << ' ' << preset;
            EXPECT_NEAR(after.area.total, before.area.total, 1e-12 * before.area.total)
                << name << ' ' << preset;
            for (std::size_t i = 0; i < component_count; ++i)
                EXPECT_NEAR(after.energy.components[i], before.energy.components[i],
                            1e-12 * before.energy.total);
        }
}

}  // namespace
}  // namespace octet
