#include "sim/run/assemble.h"

#include <gmock/gmock.h>

#include <map>

#include "sim/config/experiment.h"
#include "sim/run/roofline.h"
#include "tests/sim/run/sample.h"

namespace octet {
namespace {

using test::machine_of;
using test::sample_result;

constexpr double control = 9 * 400.0;  // nine units, 400 cycles, unit prices

TEST(Assemble, EnergyIsCountsTimesPricesPlusWhatTimeCosts) {
    const Result result = sample_result();
    EXPECT_DOUBLE_EQ(result.energy[Component::array], 7 * 20 * 33);
    EXPECT_DOUBLE_EQ(result.energy[Component::dram], 8 * (800 + 231));
    EXPECT_DOUBLE_EQ(result.energy[Component::sram], 8 * 800);
    EXPECT_DOUBLE_EQ(result.energy[Component::buffers], 8 * 140);
    EXPECT_DOUBLE_EQ(result.energy[Component::softmax], 2 * 7 * 33);
    EXPECT_DOUBLE_EQ(result.energy[Component::vector], 2 * 7 * 33);
    EXPECT_DOUBLE_EQ(result.energy[Component::control], 800 + 231 + 6 + control);
    EXPECT_DOUBLE_EQ(result.static_energy, control);
}

TEST(Assemble, StaticEnergyGoesToTheOldestUnfinishedOperation) {
    const Result result = sample_result();
    // The product ends in cycle 250; the softmax and what follows it take the other 150 of 400.
    EXPECT_DOUBLE_EQ(result.operations[0].energy[Component::control], 800 + 5 + control * 250 / 400);
    EXPECT_DOUBLE_EQ(result.operations[1].energy[Component::control], 231 + 1 + control * 150 / 400);
    EXPECT_DOUBLE_EQ(result.operations[0].oldest_cycles, 250);
    EXPECT_DOUBLE_EQ(result.operations[1].oldest_cycles, 150);
}

TEST(Assemble, OperationsTellTheirTimes) {
    const Result result = sample_result();
    EXPECT_EQ(result.operations[0].name, "layer0.scores");
    EXPECT_EQ(result.operations[0].kind, "matmul");
    EXPECT_EQ(result.operations[0].macs, 4620u);
    EXPECT_EQ(result.operations[0].array_cycles, 150u);
    EXPECT_EQ(result.operations[1].array_cycles, 0u);
    EXPECT_EQ(result.operations[1].kind, "softmax");
    // 4620 MACs on 256 PEs: 18.05; 231 results through 16 lanes: 14.4; 800 bytes through a port of 64: 12.5,
    // at 32 a cycle: 25.
    EXPECT_DOUBLE_EQ(result.operations[0].ideal_cycles, 25);
    EXPECT_EQ(result.operations[0].bound_by, "dram");
    EXPECT_DOUBLE_EQ(result.operations[1].ideal_cycles, 3 * 231 / 16.0);
    EXPECT_EQ(result.operations[1].bound_by, "vector");
}

TEST(Assemble, TheWholeRunIsBoundByTheResourceWithTheMostWork) {
    const Result result = sample_result();
    EXPECT_EQ(result.ideal, 58u);  // (231 + 3 * 231) / 16 lanes = 57.75
    EXPECT_EQ(result.bound_by, "vector");
    EXPECT_DOUBLE_EQ(result.utilization, 4620.0 / (256 * 400));
    EXPECT_DOUBLE_EQ(result.seconds, 2e-6);
    EXPECT_EQ(result.macs, 4620u);
}

TEST(Assemble, MetricsFollowTheirDefinitions) {
    const Result result = sample_result();
    EXPECT_DOUBLE_EQ(*result.tops_per_watt, 2 * 4620 / result.energy.total);  // operations a pJ
    EXPECT_DOUBLE_EQ(*result.edp, result.energy.total * 1e-6 * 2e-3);         // uJ x ms
    EXPECT_DOUBLE_EQ(*result.mfu, result.utilization);
    EXPECT_DOUBLE_EQ(*result.hfu, result.utilization);
    EXPECT_DOUBLE_EQ(*result.tokens_per_second, 7 / 2e-6);
    EXPECT_DOUBLE_EQ(*result.joules_per_token, result.energy.total * 1e-12 / 7);
}

TEST(Assemble, AnOperationStandsUnderTheRoofOfItsIntensity) {
    const Result result = sample_result();
    EXPECT_DOUBLE_EQ(result.ridge, 2 * 256 / 32.0);
    const double bytes =
        static_cast<double>(result.machine.dram_read_bytes + result.machine.dram_write_bytes);
    EXPECT_DOUBLE_EQ(*result.roofline.intensity, 2 * 4620 / bytes);
    EXPECT_DOUBLE_EQ(*result.roofline.attainable, 2 * 4620 / bytes / 16);
    EXPECT_DOUBLE_EQ(*result.roofline.attained, 4620.0 / (256 * 400));
    const OperationResult& product = result.operations[0];
    EXPECT_DOUBLE_EQ(*product.roofline.attained,
                     4620.0 / (256.0 * static_cast<double>(product.end - product.start)));
    EXPECT_FALSE(result.operations[1].roofline.attained) << "it has no MACs";
}

TEST(Assemble, WorkWithoutDramIsUnderTheArraysPeakAlone) {
    const AcceleratorConfig machine = machine_of("int8");
    const Graph graph = test::sample_graph();
    MachineReport report;
    report.total = 40;
    report.operations.resize(graph.operations.size());
    report.operations[0].end = 30;
    const Result result =
        assemble(test::sample_run(), machine, graph, report, resolve(test::shipped("unit.yaml"), machine));
    EXPECT_FALSE(result.operations[0].roofline.intensity);
    EXPECT_EQ(result.operations[0].roofline.attainable, 1);
    EXPECT_DOUBLE_EQ(*result.operations[0].roofline.attained, 4620.0 / (256 * 30));
}

TEST(Assemble, MetricsWithoutMeaningAreAbsent) {
    const AcceleratorConfig machine = machine_of("int8");
    Graph graph = test::sample_graph();
    graph.operations.erase(graph.operations.begin());
    MachineReport report;
    report.total = 10;
    report.operations.resize(1);
    RunDescription run = test::sample_run();
    run.tokens.reset();
    const Result result = assemble(run, machine, graph, report, resolve(test::shipped("unit.yaml"), machine));
    EXPECT_FALSE(result.tops_per_watt.has_value());
    EXPECT_FALSE(result.mfu.has_value());
    EXPECT_FALSE(result.hfu.has_value());
    EXPECT_FALSE(result.joules_per_token.has_value());
    EXPECT_FALSE(result.roofline.intensity.has_value());
    EXPECT_FALSE(result.tokens_per_second.has_value());
    EXPECT_EQ(result.utilization, 0);
}

TEST(Assemble, RefusesAReportOfAnotherWorkload) {
    const AcceleratorConfig machine = machine_of("int8");
    MachineReport report = test::sample_report();
    report.operations.pop_back();
    EXPECT_THROW(
        assemble({}, machine, test::sample_graph(), report, resolve(test::shipped("unit.yaml"), machine)),
        std::logic_error);
}

TEST(Roofline, RatesAreThoseOfTheMachine) {
    AcceleratorConfig machine =
        machine_of("e5m3", 200, 8);  // 9-bit storage: a vector of 8 values has 9 bytes
    machine.vector.initiation_interval = 2;
    machine.sram.banks = 4;
    machine.sram.width_bits = 64;
    machine.sram.ports = 2;
    machine.dma.burst_bytes = 8;
    Work work;
    work.array_macs = 640;
    work.lane_values = 80;
    work.sram_bits = 8 * 640;
    work.input_fill_bits = 8 * 90;
    work.weight_fill_bits = 8 * 45;
    work.dram_read_bits = 8 * 320;
    work.dram_write_bits = 8 * 64;
    std::map<std::string_view, double> cycles;
    for (const Bound& bound : bounds(machine, work)) cycles[bound.resource] = bound.cycles;
    EXPECT_DOUBLE_EQ(cycles["array"], 10);
    EXPECT_DOUBLE_EQ(cycles["vector"], 20);
    EXPECT_DOUBLE_EQ(cycles["sram"], 10);
    EXPECT_DOUBLE_EQ(cycles["input_port"], 5);
    EXPECT_DOUBLE_EQ(cycles["weight_port"], 2.5);
    EXPECT_DOUBLE_EQ(cycles["load_port"], 40);
    EXPECT_DOUBLE_EQ(cycles["store_port"], 8);
    EXPECT_DOUBLE_EQ(cycles["dram"], 12);
    EXPECT_EQ(tightest(machine, work).resource, "load_port");
    EXPECT_EQ(tightest(machine, {}).resource, "");
}

TEST(Roofline, KnowsThePeakOfADramWithBanks) {
    AcceleratorConfig machine = machine_of("int8", 200);
    machine.dram = load_dram(OCTET_SOURCE_DIR "/configs/dram/lpddr4-3200.yaml");  // 3200 MT/s x 2 bytes
    EXPECT_NEAR(dram_bytes_per_cycle(machine), 6400.0 / 200, 1e-9);
    DramDeviceConfig two = load_dram(OCTET_SOURCE_DIR "/configs/dram/lpddr5-6400.yaml");
    two.channels = 2;
    machine.dram = two;
    EXPECT_NEAR(dram_bytes_per_cycle(machine), 2 * 12800.0 / 200, 1e-9);
}

TEST(Roofline, PassesThatTheFusionLevelAllowsToFuseAreNoWork) {
    AcceleratorConfig machine = machine_of("int8");
    Operation gelu;
    gelu.kind = OperationKind::gelu;
    gelu.m = 4;
    gelu.n = 8;
    Operation add = gelu;
    add.kind = OperationKind::add;
    Operation norm = gelu;
    norm.kind = OperationKind::layernorm;
    const auto values = [&](const Operation& operation) {
        return work_of(machine, operation, {}).lane_values;
    };
    machine.fusion = FusionLevel::residual;
    EXPECT_EQ(values(gelu), 0u);
    EXPECT_EQ(values(add), 0u);
    EXPECT_EQ(values(norm), 4 * 32u);
    machine.fusion = FusionLevel::activation;
    EXPECT_EQ(values(gelu), 0u);
    EXPECT_EQ(values(add), 32u);
    machine.fusion = FusionLevel::none;
    EXPECT_EQ(values(gelu), 32u);
}

}  // namespace
}  // namespace octet
