#include "sim/cost/prices.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <numeric>
#include <random>

#include "tests/sim/cost/tables.h"

namespace octet {
namespace {

using test::machine_of;
using test::shipped;
using testing::HasSubstr;

Activity random_activity(std::mt19937_64& random, const AcceleratorConfig& machine) {
    Activity activity;
    for (std::size_t i = 0; i < action_count; ++i)
        if (can_count(machine, static_cast<Action>(i)))
            activity.count(static_cast<Action>(i), random() % 1000000);
    return activity;
}

template <class Parts>
double sum(const Parts& parts) {
    return std::accumulate(parts.begin(), parts.end(), 0.0);
}

TEST(Prices, WithUnitPricesEnergyIsTheNumberOfActionsOfEachComponent) {
    const PriceList prices = resolve(shipped("unit.yaml"), machine_of("posit8_1_ftz"));
    Activity activity;
    activity.count(Action::mac, 5);
    activity.count(Action::weight_load, 7);
    activity.count(Action::decode, 11);
    activity.count(Action::vector_add, 13);
    activity.count(Action::softmax_exp, 17);
    activity.count(Action::input_buffer_read_bits, 19);
    activity.count(Action::sram_write_bits, 23);
    activity.count(Action::dma_bytes, 29);
    activity.count(Action::dram_read_bits, 31);
    activity.count(Action::command, 37);
    const Shares energy = energy_of(prices, activity);
    EXPECT_EQ(energy[Component::array], 5 + 7);
    EXPECT_EQ(energy[Component::codec], 11);
    EXPECT_EQ(energy[Component::vector], 13);
    EXPECT_EQ(energy[Component::softmax], 17);
    EXPECT_EQ(energy[Component::buffers], 19);
    EXPECT_EQ(energy[Component::sram], 23);
    EXPECT_EQ(energy[Component::control], 29 + 37);
    EXPECT_EQ(energy[Component::dram], 31);
    EXPECT_EQ(energy[Component::leakage], 0);
    EXPECT_EQ(energy.total, 5 + 7 + 11 + 13 + 17 + 19 + 23 + 29 + 31 + 37);
    EXPECT_EQ(energy[Confidence::assumed], energy.total);
}

TEST(Prices, WithUnitPricesAreaIsTheNumberOfInstances) {
    AcceleratorConfig machine = machine_of("posit8_1_ftz");
    machine.array.rows = 8;
    machine.array.cols = 4;
    machine.vector.lanes = 2;
    machine.sram.banks = 3;
    const Shares area = area_of(resolve(shipped("unit.yaml"), machine));
    EXPECT_EQ(area[Component::array], 8 * 4 + 8 * 4 + 4);  // multipliers, registers, adders below the columns
    EXPECT_EQ(area[Component::codec],
              8 + 4 + 3 * 2 + 2 + 8 * 4);  // edges, three fetch ports, encoders, transposer
    EXPECT_EQ(area[Component::vector], 1);
    EXPECT_EQ(area[Component::softmax], 1);
    EXPECT_EQ(area[Component::buffers], 2 + 2 + 1);
    EXPECT_EQ(area[Component::sram], 3);
    EXPECT_EQ(area[Component::control], 2);  // controller, DMA
    EXPECT_EQ(area[Component::dram], 0);
    machine.codec.placement = CodecPlacement::per_pe;
    EXPECT_EQ(area_of(resolve(shipped("unit.yaml"), machine))[Component::codec],
              2 * 8 * 4 + 3 * 2 + 2 + 8 * 4);
    machine = machine_of("fp32");
    EXPECT_EQ(area_of(resolve(shipped("unit.yaml"), machine))[Component::codec],
              16 * 16);  // nothing to convert
    machine.buffers.input_depth = unlimited_depth;
    machine.buffers.accumulation_double = true;
    EXPECT_EQ(area_of(resolve(shipped("unit.yaml"), machine))[Component::buffers], 0 + 2 + 2);
}

TEST(Prices, ComponentsAndConfidenceAddUpToTheTotalForAnyActivity) {
    const std::uint64_t seed = 20240427;
    RecordProperty("seed", std::to_string(seed));
    std::mt19937_64 random(seed);
    const CostTable table = shipped("asplos24-40nm.yaml");
    for (const Preset& preset : presets()) {
        const AcceleratorConfig machine = machine_of(preset, 5.0 + static_cast<double>(random() % 400));
        const PriceList prices = resolve(table, machine);
        const Activity activity = random_activity(random, machine);
        const Shares energy = energy_of(prices, activity);
        // Independently: each action by itself.
        double expected = 0;
        for (std::size_t i = 0; i < action_count; ++i)
            if (prices.energy[i])
                expected += prices.energy[i]->value * static_cast<double>(activity[static_cast<Action>(i)]);
        EXPECT_NEAR(energy.total, expected, 1e-9 * expected) << "seed " << seed << ", " << preset.name;
        EXPECT_NEAR(sum(energy.components), expected, 1e-9 * expected)
            << "seed " << seed << ", " << preset.name;
        EXPECT_NEAR(sum(energy.confidence), expected, 1e-9 * expected)
            << "seed " << seed << ", " << preset.name;
        const Shares area = area_of(prices);
        EXPECT_NEAR(sum(area.components), area.total, 1e-9 * area.total);
        EXPECT_NEAR(sum(area.confidence), area.total, 1e-9 * area.total);
    }
}

TEST(Prices, ChangingARowChangesExactlyTheActionsThatUseIt) {
    const AcceleratorConfig machine = machine_of("posit8_1_ftz");
    const CostTable table = shipped("asplos24-40nm.yaml");
    const PriceList before = resolve(table, machine);
    for (std::size_t r = 0; r < table.rows.size(); ++r) {
        if (table.rows[r][Quantity::energy].empty()) continue;
        CostTable changed = table;
        for (double& value : changed.rows[r].values[static_cast<std::size_t>(Quantity::energy)])
            value = 2 * value + 1;
        const PriceList after = resolve(changed, machine);
        for (std::size_t i = 0; i < action_count; ++i) {
            if (!before.energy[i]) continue;
            EXPECT_EQ(before.energy[i]->value != after.energy[i]->value, before.energy[i]->row == r)
                << table.rows[r].where << ", action " << i;
        }
        for (std::size_t u = 0; u < unit_count; ++u)
            for (std::size_t s = 0; s < unit_state_count; ++s)
                EXPECT_EQ(before.cycle[u][s].value != after.cycle[u][s].value, before.cycle[u][s].row == r)
                    << table.rows[r].where;
        EXPECT_EQ(area_of(before).total, area_of(after).total);
    }
}

// Where each price of the machine was found; a message if one is missing.
std::vector<std::string> places(const CostTable& table, const AcceleratorConfig& machine) {
    std::vector<std::string> list;
    const auto add = [&](const Price& price) {
        list.push_back(price.row == no_row ? "" : table.rows[price.row].where);
    };
    try {
        const PriceList prices = resolve(table, machine);
        Price absent;
        absent.row = no_row;
        for (const auto& price : prices.energy) add(price.value_or(absent));
        for (const auto& of_unit : prices.cycle) std::ranges::for_each(of_unit, add);
        std::ranges::for_each(prices.dram_standby, add);
        for (const PricedBlock& block : prices.blocks) {
            add(block.area);
            add(block.leakage);
        }
    } catch (const CostError& error) {
        return {error.what()};
    }
    return list;
}

TEST(Prices, ARowIsUsedIfAndOnlyIfThePricesChangeWithoutIt) {
    for (const char* name : {"asplos24-40nm.yaml", "horowitz-45nm.yaml", "unit.yaml"}) {
        const CostTable table = shipped(name);
        const AcceleratorConfig machine = machine_of("hybrid_fp8");
        const std::vector<std::string> before = places(table, machine);
        const std::vector<bool> used = used_rows(resolve(table, machine), table);
        EXPECT_THAT(used, testing::Contains(true));
        for (std::size_t i = 0; i < used.size(); ++i) {
            CostTable without = table;
            without.rows.erase(without.rows.begin() + static_cast<std::ptrdiff_t>(i));
            EXPECT_EQ(places(without, machine) != before, used[i]) << table.rows[i].where;
        }
    }
}

TEST(Prices, AnActionInBitsIsPricedByTheAccessIfTheRowSaysHowWideItIs) {
    const AcceleratorConfig machine = machine_of("posit8_1_ftz");  // SRAM words of 128 bits
    CostTable table = shipped("unit.yaml");
    const auto sram = [&] {
        return resolve(table, machine).energy[static_cast<std::size_t>(Action::sram_read_bits)]->value;
    };
    EXPECT_EQ(sram(), 1);
    table.rows.push_back(
        test::table_of({"component: sram, action: read, width_bits: 128, energy: 64"}).rows.front());
    EXPECT_EQ(sram(), 0.5);
    table.rows.back().keys = {{"lanes", {}, {16}}};
    EXPECT_EQ(sram(), 64);
}

TEST(Prices, AllMissingPricesAreReportedTogether) {
    CostTable table = shipped("unit.yaml");
    std::erase_if(table.rows, [](const CostRow& row) {
        return row.components.front() == "decoder" || row.components.front() == "dma";
    });
    try {
        resolve(table, machine_of("posit8_1_ftz"));
        FAIL() << "no error";
    } catch (const CostError& error) {
        EXPECT_THAT(error.what(),
                    HasSubstr("{component: decoder, action: decode, storage: posit8_1_ftz, format: bf16, "
                              "energy: PRICE, source: \"SOURCE\", confidence: assumed}"));
        EXPECT_THAT(error.what(), HasSubstr("{component: dma, action: byte, energy: PRICE"));
    }
}

TEST(Prices, WhatAMachineCannotCountNeedsNoPrice) {
    CostTable table = shipped("unit.yaml");
    std::erase_if(table.rows, [](const CostRow& row) {
        return row.components.front() == "encoder" ||
               row.actions == std::vector<std::string>{"activate", "refresh"};
    });
    const PriceList prices = resolve(table, machine_of("fp32"));
    Activity activity;
    activity.count(Action::encode, 3);
    EXPECT_THROW(energy_of(prices, activity), CostError);  // but never for nothing
    EXPECT_THROW(resolve(table, machine_of("int8")), CostError);
    AcceleratorConfig with_banks = machine_of("fp32");
    with_banks.dram = DramDeviceConfig{};
    EXPECT_THROW(resolve(table, with_banks), CostError);
}

TEST(Prices, ABufferWithoutBoundHasNoAreaAndAnAssumedEnergy) {
    AcceleratorConfig machine = machine_of("posit8_1_ftz");
    machine.buffers.input_depth = unlimited_depth;
    const PriceList prices = resolve(shipped("asplos24-40nm.yaml"), machine);
    const Price read = *prices.energy[static_cast<std::size_t>(Action::input_buffer_read_bits)];
    EXPECT_GT(read.value, 0);
    EXPECT_EQ(read.confidence, Confidence::assumed);
}

// 1000 cycles at 100 MHz are 10 us, and a uW for 10 us is 10 pJ.
TEST(StaticEnergy, IsLeakageControlAndStandbyOverTheTimeOfTheRun) {
    CostTable table = shipped("unit.yaml");
    for (CostRow& row : table.rows) {
        auto& leakage = row.values[static_cast<std::size_t>(Quantity::leakage)];
        if (!leakage.empty()) leakage = {row.components.front() == "dram" ? 7.0 : 2.0};
    }
    const AcceleratorConfig machine = machine_of("fp32", 100, 2);
    const PriceList prices = resolve(table, machine);
    MachineReport report;
    report.total = 1000;
    report.units[static_cast<std::size_t>(Unit::array)].busy = 600;
    report.units[static_cast<std::size_t>(Unit::array)].stalls[0] = 100;
    const Shares energy = static_energy(prices, report);
    // 4 multipliers, 4 register sets, 2 adders, 4 transposer cells, vector, softmax, 5 buffers, 16 banks,
    // controller, DMA
    EXPECT_DOUBLE_EQ(energy[Component::leakage], (4 + 4 + 2 + 4 + 1 + 1 + 5 + 16 + 1 + 1) * 2.0 * 10);
    EXPECT_DOUBLE_EQ(energy[Component::dram], 7.0 * 10);
    EXPECT_DOUBLE_EQ(energy[Component::control], 9 * 1000.0);  // nine units, each in one state in each cycle
    EXPECT_DOUBLE_EQ(energy.total,
                     energy[Component::leakage] + energy[Component::dram] + energy[Component::control]);
}

// 1000 cycles at 100 MHz are 10 us; of two ranks one was open for a quarter of that.
TEST(StaticEnergy, ChargesARankByWhetherItHasARowOpenAndEveryRefresh) {
    CostTable table = shipped("unit.yaml");
    const auto rows = test::table_of({"component: dram, action: standby, state: active, leakage: 7",
                                      "component: dram, action: standby, state: precharged, leakage: 3"});
    table.rows.insert(table.rows.end(), rows.rows.begin(), rows.rows.end());
    AcceleratorConfig machine = machine_of("fp32", 100, 2);
    DramDeviceConfig part;
    part.ranks = 2;
    machine.dram = part;
    MachineReport report;
    report.total = 1000;
    report.dram_active = 250;
    report.dram_refreshes = 6;
    EXPECT_DOUBLE_EQ(static_energy(resolve(table, machine), report)[Component::dram],
                     2.5 * 7 + (2 * 10 - 2.5) * 3 + 6);
}

TEST(StaticEnergy, ChargesEachStateOfAUnitWithItsOwnPrice) {
    CostTable table = shipped("unit.yaml");
    const auto rows =
        test::table_of({"component: controller, action: cycle, unit: array, state: busy, energy: 10",
                        "component: controller, action: cycle, unit: array, state: stall, energy: 100",
                        "component: controller, action: cycle, unit: array, state: idle, energy: 1000",
                        "component: controller, action: cycle, state: idle, energy: 0"});
    table.rows.insert(table.rows.end(), rows.rows.begin(), rows.rows.end());
    MachineReport report;
    report.total = 10;
    report.units[static_cast<std::size_t>(Unit::array)].busy = 5;
    report.units[static_cast<std::size_t>(Unit::array)].stalls[2] = 3;
    EXPECT_EQ(static_energy(resolve(table, machine_of("fp32")), report)[Component::control],
              5 * 10 + 3 * 100 + 2 * 1000);
}

MachineReport report_of(Cycle total, std::vector<Cycle> ends) {
    MachineReport report;
    report.total = total;
    for (const Cycle end : ends) {
        OperationReport operation;
        operation.end = end;
        report.operations.push_back(operation);
    }
    return report;
}

TEST(OldestUnfinished, GivesEachOperationTheTimeFromTheLastCompletionBeforeIt) {
    // 0 ends at 40; 1 ended before it and never was the oldest; 2 ends at 70; the run ends at 100.
    EXPECT_THAT(oldest_unfinished(report_of(100, {40, 30, 70})),
                testing::ElementsAre(testing::DoubleEq(0.4), 0, testing::DoubleEq(0.6)));
}

TEST(OldestUnfinished, PartsAddUpToOneWhateverTheOrder) {
    const std::uint64_t seed = 7;
    std::mt19937_64 random(seed);
    for (int round = 0; round < 1000; ++round) {
        std::vector<Cycle> ends(1 + random() % 30);
        for (Cycle& end : ends) end = random() % 1000;
        const auto parts = oldest_unfinished(report_of(1000, ends));
        EXPECT_NEAR(sum(parts), 1, 1e-12) << "seed " << seed << ", round " << round;
        // Independently: cycle by cycle.
        std::vector<double> expected(ends.size(), 0);
        for (Cycle t = 0; t < 1000; ++t) {
            std::size_t oldest = 0;
            while (oldest + 1 < ends.size() && ends[oldest] <= t) ++oldest;
            expected[oldest] += 1e-3;
        }
        EXPECT_THAT(parts, testing::Pointwise(testing::DoubleNear(1e-9), expected)) << "seed " << seed;
    }
}

TEST(OldestUnfinished, IsNothingInARunWithoutCycles) {
    EXPECT_THAT(oldest_unfinished(report_of(0, {0, 0})), testing::ElementsAre(0, 0));
    EXPECT_TRUE(oldest_unfinished(report_of(5, {})).empty());
}

}  // namespace
}  // namespace octet
