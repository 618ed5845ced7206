#include "sim/cost/lines.h"

#include <gmock/gmock.h>

#include <cmath>
#include <random>

#include "sim/cost/priced_run.h"
#include "tests/sim/cost/tables.h"

namespace octet {
namespace {

using test::machine_of;
using test::shipped;

const std::vector<const char*> tables{"asplos24-40nm.yaml", "horowitz-45nm.yaml", "unit.yaml"};

MachineReport random_report(std::mt19937_64& random, const AcceleratorConfig& machine) {
    MachineReport report;
    report.total = 100000 + random() % 100000;
    for (UnitTimes& times : report.units) {
        times.busy = random() % (report.total / 2);
        times.stalls[random() % stall_cause_count] = random() % (report.total / 2);
    }
    for (int i = 0; i < 5; ++i) {
        OperationReport operation;
        operation.end = random() % report.total;
        for (std::size_t a = 0; a < action_count; ++a)
            if (can_count(machine, static_cast<Action>(a)) && static_cast<Action>(a) != Action::dram_refresh)
                operation.activity.count(static_cast<Action>(a), random() % 1000000);
        report.operations.push_back(operation);
    }
    return report;
}

AcceleratorConfig random_machine(std::mt19937_64& random) {
    const auto& all = presets();
    AcceleratorConfig machine =
        machine_of(all[random() % all.size()], 5.0 + static_cast<double>(random() % 400),
                   static_cast<int>(1 + random() % 40));
    if (random() % 2 == 0) {
        DramDeviceConfig part;
        part.standard = "LPDDR4-3200";
        part.ranks = 1 + static_cast<int>(random() % 2);
        machine.dram = part;
    }
    return machine;
}

TEST(Lines, AddUpToTheEnergyOfTheRunOfItsOperationsAndOfEveryComponent) {
    const std::uint64_t seed = std::random_device{}();
    RecordProperty("seed", std::to_string(seed));
    std::mt19937_64 random(seed);
    for (int round = 0; round < 60; ++round) {
        const CostTable table = shipped(tables[random() % tables.size()]);
        const AcceleratorConfig machine = random_machine(random);
        const PriceList prices = resolve(table, machine);
        MachineReport report = random_report(random, machine);
        if (std::holds_alternative<DramDeviceConfig>(machine.dram)) {
            report.dram_active = static_cast<double>(random() % report.total);
            report.dram_refreshes = random() % 100;
        }
        const PricedRun run = price(prices, report);
        Shares operations;
        for (const Shares& operation : run.operations) operations += operation;
        std::array<double, component_count> lines{};
        double total = 0;
        for (const EnergyLine& line : run.lines) {
            lines[static_cast<std::size_t>(line.group)] += line.count * line.price;
            total += line.count * line.price;
        }
        const double allowed = 1e-9 * run.energy.total;
        EXPECT_NEAR(total, run.energy.total, allowed) << "seed " << seed;
        EXPECT_NEAR(operations.total, run.energy.total, allowed) << "seed " << seed;
        for (std::size_t i = 0; i < component_count; ++i) {
            EXPECT_NEAR(lines[i], run.energy.components[i], allowed) << "seed " << seed;
            EXPECT_NEAR(operations.components[i], run.energy.components[i], allowed) << "seed " << seed;
        }
        double area = 0;
        for (const AreaLine& line : run.areas) area += static_cast<double>(line.count) * line.area;
        EXPECT_NEAR(area, run.area.total, 1e-9 * area) << "seed " << seed;
    }
}

// Every price doubled and one more, row by row: the lines of that row change, no other does.
TEST(Lines, ChangingAnyRowOfAnyTableChangesExactlyTheLinesThatUseIt) {
    for (const char* name : tables) {
        const CostTable table = shipped(name);
        for (const char* preset : {"posit8_1_ftz", "int8", "mxfp8_e4m3", "bf16"}) {
            const AcceleratorConfig machine = machine_of(preset);
            std::mt19937_64 random(5);
            const MachineReport report = random_report(random, machine);
            const PricedRun before = price(resolve(table, machine), report);
            for (std::size_t r = 0; r < table.rows.size(); ++r) {
                CostTable changed = table;
                for (auto& values : changed.rows[r].values)
                    for (double& value : values) value = 2 * value + 1;
                const PricedRun after = price(resolve(changed, machine), report);
                const std::string& place = table.rows[r].place;
                ASSERT_EQ(after.lines.size(), before.lines.size());
                for (std::size_t i = 0; i < before.lines.size(); ++i) {
                    const bool leakage = before.lines[i].action == "leakage";
                    // Leakage by area follows the area, too.
                    const bool by_area =
                        leakage && std::ranges::any_of(before.areas, [&](const AreaLine& area) {
                            return area.component == before.lines[i].component && area.row == place &&
                                   table.rows[r].values[1].size() > 0;
                        });
                    if (by_area) continue;
                    EXPECT_EQ(before.lines[i].price != after.lines[i].price, before.lines[i].row == place)
                        << place << ", " << before.lines[i].component << "." << before.lines[i].action;
                }
                for (std::size_t i = 0; i < before.areas.size(); ++i)
                    EXPECT_EQ(before.areas[i].area != after.areas[i].area, before.areas[i].row == place)
                        << place << ", area of " << before.areas[i].component;
            }
        }
    }
}

TEST(Lines, AZeroOperandIsAnActionOfItsOwnWithItsOwnPrice) {
    const PriceList prices = resolve(shipped("asplos24-40nm.yaml"), machine_of("posit8_1_ftz"));
    Activity activity;
    activity.count(Action::mac, 10);
    activity.count(Action::mac_zero_operand, 4);
    double energy = 0;
    for (const EnergyLine& line : action_lines(prices, activity)) {
        if (line.component != "mac") continue;
        EXPECT_EQ(line.count, line.action == "mac" ? 10 : 4);
        EXPECT_DOUBLE_EQ(line.price, line.action == "mac" ? 1.515 : 0.7575);
        energy += line.energy_pj();
    }
    EXPECT_DOUBLE_EQ(energy, 10 * 1.515 + 4 * 0.7575);
}

TEST(Range, IsTheSumOfEveryPriceOffByItsUncertainty) {
    Shares energy;
    energy.add(Component::array, Confidence::published, 100, 0.05);
    energy.add(Component::array, Confidence::assumed, 10, 2);  // no price is below nothing
    energy.add(Component::dram, Confidence::assumed, 7);
    EXPECT_DOUBLE_EQ(energy.low, 95 + 0 + 7);
    EXPECT_DOUBLE_EQ(energy.high, 105 + 30 + 7);
    const Shares half = energy * 0.5;
    EXPECT_DOUBLE_EQ(half.low, energy.low / 2);
    EXPECT_DOUBLE_EQ(half.high, energy.high / 2);
    Shares sum = half;
    sum += half;
    EXPECT_DOUBLE_EQ(sum.low, energy.low);
    EXPECT_DOUBLE_EQ(sum.high, energy.high);
}

TEST(Range, ComesFromTheUncertaintyOfTheRows) {
    CostTable table = shipped("unit.yaml");
    for (CostRow& row : table.rows) row.uncertainty = 0.25;
    const AcceleratorConfig machine = machine_of("int8");
    std::mt19937_64 random(3);
    const PricedRun run = price(resolve(table, machine), random_report(random, machine));
    EXPECT_NEAR(run.energy.low, 0.75 * run.energy.total, 1e-9 * run.energy.total);
    EXPECT_NEAR(run.energy.high, 1.25 * run.energy.total, 1e-9 * run.energy.total);
    EXPECT_NEAR(run.area.low, 0.75 * run.area.total, 1e-9 * run.area.total);
    EXPECT_NEAR(run.area.high, 1.25 * run.area.total, 1e-9 * run.area.total);
}

}  // namespace
}  // namespace octet
