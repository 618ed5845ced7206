#include <gmock/gmock.h>

#include <random>

#include "tests/sim/run/sample.h"

namespace octet {
namespace {

using test::sample_result;
using testing::HasSubstr;

std::string broken(const Result& result) {
    try {
        check_invariants(result);
    } catch (const std::logic_error& error) {
        return error.what();
    }
    return "";
}

TEST(Invariants, HoldForASoundResult) {
    EXPECT_EQ(broken(sample_result()), "");
    EXPECT_EQ(broken(sample_result("asplos24-40nm.yaml")), "");
}

TEST(Invariants, HoldForRandomRunsOfEveryPreset) {
    const std::uint64_t seed = 99;
    std::mt19937_64 random(seed);
    const CostTable table = test::shipped("asplos24-40nm.yaml");
    constexpr Action last_of_macs = Action::align_add_zero_operand;
    for (const Preset& preset : presets()) {
        const AcceleratorConfig machine = test::machine_of(preset, 5.0 + static_cast<double>(random() % 400));
        Graph graph;
        MachineReport report;
        report.total = 1000000;
        for (int i = 0; i < 20; ++i) {
            Operation operation;
            operation.name = "op" + std::to_string(i);
            operation.m = 1 + random() % 9;
            operation.n = 1 + random() % 9;
            operation.k = 1 + random() % 9;
            graph.operations.push_back(operation);
            OperationReport seen;
            seen.used_array = true;
            seen.end = random() % 1000000;
            seen.stalls[random() % stall_cause_count] = random() % 1000;
            for (std::size_t a = 0; a < action_count; ++a)
                if (can_count(machine, static_cast<Action>(a)) && a > static_cast<std::size_t>(last_of_macs))
                    seen.activity.count(static_cast<Action>(a), random() % 999);
            const std::uint64_t bytes = random() % 100;
            Activity moved;
            for (const MacActions& part : mac_actions(machine.pe.accumulator == "fixed"))
                moved.count(part.action, operation.macs());
            moved.count(Action::dma_bytes, bytes);
            moved.count(Action::dram_read_bits, 8 * bytes);
            for (const Action a : {Action::dma_bytes, Action::dram_read_bits, Action::dram_write_bits})
                moved.count(a, 0 - seen.activity[a]);  // takes the random counts back
            seen.activity += moved;
            report.dma_read_bytes += bytes;
            for (std::size_t c = 0; c < stall_cause_count; ++c)
                report.units[c % unit_count].stalls[c] += seen.stalls[c];
            report.operations.push_back(seen);
        }
        report.dram_read_bytes = report.dma_read_bytes;
        EXPECT_EQ(broken(assemble({}, machine, graph, report, resolve(table, machine))), "")
            << preset.name << ", seed " << seed;
    }
}

struct Damage {
    const char* name;
    void (*apply)(Result&);
    const char* message;
};
class Damaged : public testing::TestWithParam<Damage> {};

TEST_P(Damaged, IsNoticed) {
    Result result = sample_result();
    GetParam().apply(result);
    EXPECT_THAT(broken(result), HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    Result, Damaged,
    testing::Values(
        Damage{"BusyTooLong", [](Result& r) { r.machine.units[0].busy = 371; },
               "unit array: busy 371 + stall 30"},
        Damage{"BusyWrapsAround", [](Result& r) { r.machine.units[0].busy = ~std::uint64_t{0}; },
               "unit array"},
        Damage{"EnergyComponent", [](Result& r) { r.energy.components[2] += 1; }, "components of energy"},
        Damage{"EnergyConfidence", [](Result& r) { r.energy.confidence[0] += 1; }, "confidence of energy"},
        Damage{"EnergyNotANumber", [](Result& r) { r.energy.total = std::nan(""); }, "components of energy"},
        Damage{"AreaComponent", [](Result& r) { r.area.components[2] += 1; }, "components of area"},
        Damage{"AreaConfidence", [](Result& r) { r.area.confidence[4] -= 1; }, "confidence of area"},
        Damage{"OperationEnergy", [](Result& r) { r.operations[0].energy.total += 0.1; },
               "energy of operations: parts"},
        Damage{"OperationComponent", [](Result& r) { r.operations[1].energy.components[6] += 0.1; },
               "energy of operations, dram"},
        Damage{"Stalls", [](Result& r) { r.operations[1].stalls[2] += 1; },
               "stalls of operations and of units, vector_unit: 1 is not 0"},
        Damage{"DmaRead", [](Result& r) { r.machine.dma_read_bytes += 1; },
               "bytes read by the DMA and from DRAM"},
        Damage{"DmaWrite", [](Result& r) { r.machine.dram_write_bytes += 1; },
               "bytes written by the DMA and to DRAM"},
        Damage{"DmaCount", [](Result& r) { r.machine.operations[0].activity.count(Action::dma_bytes); },
               "counted DMA bytes"},
        Damage{"DramCount", [](Result& r) { r.machine.operations[0].activity.count(Action::dram_read_bits); },
               "counted DRAM bits read"},
        Damage{"Late", [](Result& r) { r.operations[1].end = 401; }, "operation layer0.softmax"},
        Damage{"Backwards", [](Result& r) { r.operations[1].start = 391; }, "operation layer0.softmax"},
        Damage{"LostMac", [](Result& r) { r.operations[0].macs += 1; }, "counted MACs"},
        Damage{"FasterThanPossible", [](Result& r) { r.ideal = 401; },
               "fewer than the 401 that vector needs"}),
    [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace octet
