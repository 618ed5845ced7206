#include "sim/run/simulate.h"

#include <chrono>

#include "models/accelerator/run.h"
#include "sim/config/accelerator_keys.h"
#include "sim/config/experiment_keys.h"
#include "sim/config/json_writer.h"
#include "sim/cost/read.h"
#include "sim/run/assemble.h"
#include "sim/run/value_run.h"
#include "sim/workload/load.h"

namespace octet {
namespace {

// Operations that were fused into another have its times: they ended with it.
void complete_fused(MachineReport& report, const std::vector<OperationId>& hosts) {
    for (OperationId id = 0; id < hosts.size(); ++id) {
        if (hosts[id] == id) continue;
        const OperationReport& host = report.operations[hosts[id]];
        report.operations[id].ran = host.ran;
        report.operations[id].start = host.start;
        report.operations[id].end = host.end;
    }
}

template <class T>
nlohmann::ordered_json json_of(T value) {
    JsonWriter writer;
    describe(writer, value);
    return writer.document;
}

}  // namespace

Simulation simulate(const ExperimentConfig& experiment) {
    Diagnostics diagnostics;
    Workload workload = read_workload(experiment.workload(), experiment.phase, diagnostics);
    const Node& costs = experiment.costs();
    const CostTable table = read_costs(costs, costs.location.file ? *costs.location.file : "", diagnostics);
    diagnostics.throw_if_any();
    const PriceList prices = resolve(table, experiment.accelerator);

    Simulation simulation;
    const auto begin = std::chrono::steady_clock::now();
    std::optional<ValueRun> values;
    if (experiment.values == Values::exact) values.emplace(experiment, workload.graph);
    Program program = values ? Program(workload.graph, experiment.accelerator, experiment.seed,
                                       values->scales(), values->tokens())
                             : Program(workload.graph, experiment.accelerator, experiment.seed);
    MachineReport report =
        run_machine(experiment.accelerator, program, values ? &values->begin(program) : nullptr);
    simulation.lowering_and_machine_seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    complete_fused(report, program.hosts());

    RunDescription description;
    description.accelerator = json_of(experiment.accelerator);
    description.workload = workload.resolved;
    description.seed = experiment.seed;
    const bool is_trace = workload.resolved.value("kind", "") == "trace";
    if (!is_trace) {  // a trace is one graph, of no phase
        description.phase["kind"] = name_in(phase_kind_names, experiment.phase.kind);
        description.phase.update(json_of(experiment.phase));
        description.tokens = experiment.phase.batch * experiment.phase.sequence;
    }
    simulation.result = assemble(description, experiment.accelerator, workload.graph, report, prices);
    if (values) values->end(simulation.result);
    check_invariants(simulation.result);
    simulation.choices = program.choices();
    simulation.sram_peak_bytes = program.sram_peak_bytes();
    simulation.dram_bytes = program.dram_bytes();
    simulation.evictions = program.evictions();
    simulation.graph = std::move(workload.graph);
    return simulation;
}

}  // namespace octet
