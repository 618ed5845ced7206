// A run that never took place, consistent in itself: a 7 x 20 x 33 product on a 16 x 16 machine, then a
// softmax of 7 rows of 33.
#pragma once
#include "sim/run/assemble.h"
#include "tests/sim/cost/tables.h"

namespace octet::test {

inline Graph sample_graph() {
    Graph graph;
    graph.name = "sample";
    Operation product;
    product.name = "layer0.scores";
    product.kind = OperationKind::matmul;
    product.m = 7;
    product.n = 33;
    product.k = 20;
    Operation softmax;
    softmax.name = "layer0.softmax";
    softmax.kind = OperationKind::softmax;
    softmax.m = 7;
    softmax.n = 33;
    graph.operations = {product, softmax};
    return graph;
}

inline UnitTimes times(std::uint64_t busy, StallCause cause, std::uint64_t stalls) {
    UnitTimes unit;
    unit.busy = busy;
    unit.stalls[static_cast<std::size_t>(cause)] = stalls;
    return unit;
}

inline MachineReport sample_report() {
    MachineReport report;
    report.total = 400;
    const auto unit = [&](Unit which) -> UnitTimes& { return report.units[static_cast<std::size_t>(which)]; };
    unit(Unit::array) = times(120, StallCause::waiting_for_input, 30);
    unit(Unit::vector) = times(90, StallCause::array_result, 60);
    unit(Unit::softmax) = times(50, StallCause::dependency, 0);
    unit(Unit::load) = times(40, StallCause::dram, 45);
    unit(Unit::controller) = times(6, StallCause::queue_full, 0);

    OperationReport product;
    product.ran = product.used_array = true;
    product.start = 0;
    product.end = 250;
    product.array_first = 60;
    product.array_last = 210;
    product.stalls[static_cast<std::size_t>(StallCause::waiting_for_input)] = 30;
    product.stalls[static_cast<std::size_t>(StallCause::array_result)] = 60;
    product.stalls[static_cast<std::size_t>(StallCause::dram)] = 45;
    product.activity.count(Action::mac, 7 * 20 * 33);
    product.activity.count(Action::dma_bytes, 800);
    product.activity.count(Action::dram_read_bits, 8 * 800);
    product.activity.count(Action::sram_write_bits, 8 * 800);
    product.activity.count(Action::input_buffer_write_bits, 8 * 140);
    product.activity.count(Action::command, 5);
    OperationReport softmax;
    softmax.ran = true;
    softmax.start = 200;
    softmax.end = 390;
    softmax.activity.count(Action::softmax_exp, 2 * 7 * 33);
    softmax.activity.count(Action::vector_reduce, 2 * 7 * 33);
    softmax.activity.count(Action::dma_bytes, 231);
    softmax.activity.count(Action::dram_write_bits, 8 * 231);
    softmax.activity.count(Action::command, 1);
    report.operations = {product, softmax};
    report.dram_read_bytes = report.dma_read_bytes = 800;
    report.dram_write_bytes = report.dma_write_bytes = 231;
    report.sram_write_bytes = 800;
    report.commands = 6;
    return report;
}

inline RunDescription sample_run() {
    RunDescription run;
    run.accelerator = {{"name", "sixteen"},
                       {"clock_mhz", 200},
                       {"array", {{"rows", 16}, {"cols", 16}}},
                       {"pe", {{"preset", "posit8_1_ftz"}}}};
    run.workload = {{"name", "sample"}};
    run.phase = {{"kind", "encode"}, {"batch", 1}, {"sequence", 7}};
    run.tokens = 7;
    return run;
}

inline Result sample_result(const std::string& costs = "unit.yaml") {
    const AcceleratorConfig machine = machine_of("posit8_1_ftz");
    return assemble(sample_run(), machine, sample_graph(), sample_report(), resolve(shipped(costs), machine));
}

}  // namespace octet::test
