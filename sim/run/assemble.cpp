#include "sim/run/assemble.h"

#include <cmath>
#include <stdexcept>

#include "sim/run/roofline.h"

namespace octet {
namespace {

std::vector<OperationResult> operations_of(const AcceleratorConfig& machine, const Graph& graph,
                                           const MachineReport& report, const PriceList& prices,
                                           const Shares& standing) {
    const std::vector<double> parts = oldest_unfinished(report);
    std::vector<OperationResult> list;
    list.reserve(graph.operations.size());
    for (std::size_t i = 0; i < graph.operations.size(); ++i) {
        const Operation& operation = graph.operations[i];
        const OperationReport& seen = report.operations[i];
        const Bound bound = tightest(machine, work_of(machine, operation, seen.activity));
        OperationResult result;
        result.name = operation.name;
        result.kind = name(operation.kind);
        result.macs = operation.macs();
        result.start = seen.start;
        result.end = seen.end;
        result.array_cycles = seen.used_array ? seen.array_last - seen.array_first : 0;
        result.array_stalls = seen.array_stalls;
        result.ideal_cycles = bound.cycles;
        result.bound_by = bound.resource;
        result.oldest_cycles = parts[i] * static_cast<double>(report.total);
        result.stalls = seen.stalls;
        result.energy = energy_of(prices, seen.activity);
        result.energy += standing * parts[i];
        list.push_back(std::move(result));
    }
    return list;
}

std::optional<double> ratio(double a, double b) {
    return b > 0 ? std::optional(a / b) : std::nullopt;
}

void add_metrics(Result& result, const RunDescription& run, const AcceleratorConfig& machine) {
    const double macs = static_cast<double>(result.macs);
    const double peak_macs = static_cast<double>(machine.array.rows) * machine.array.cols *
                             static_cast<double>(result.machine.total);
    result.utilization = ratio(macs, peak_macs).value_or(0);
    if (result.macs > 0) {
        result.tops_per_watt = ratio(2 * macs, result.energy.total);
        result.mfu = ratio(run.model_flops.value_or(2 * macs), 2 * peak_macs);
    }
    result.edp = result.energy.total * 1e-6 * result.seconds * 1e3;  // uJ x ms
    if (run.tokens) result.tokens_per_second = ratio(static_cast<double>(*run.tokens), result.seconds);
}

}  // namespace

Result assemble(const RunDescription& run, const AcceleratorConfig& machine, const Graph& graph,
                const MachineReport& report, const PriceList& prices) {
    if (report.operations.size() != graph.operations.size())
        throw std::logic_error("the machine's report and the workload differ in their number of operations");
    Result result;
    result.accelerator = run.accelerator;
    result.workload = run.workload;
    result.phase = run.phase;
    result.seed = run.seed;
    result.machine = report;
    result.seconds = static_cast<double>(report.total) / (machine.clock_mhz * 1e6);
    result.macs = graph.macs();

    Work work;
    for (std::size_t i = 0; i < graph.operations.size(); ++i)
        work += work_of(machine, graph.operations[i], report.operations[i].activity);
    const Bound bound = tightest(machine, work);
    result.ideal =
        static_cast<Cycle>(std::ceil(bound.cycles * (1 - 1e-12)));  // a whole number stays what it is
    result.bound_by = bound.resource;

    const Shares standing = static_energy(prices, report);
    result.operations = operations_of(machine, graph, report, prices, standing);
    result.static_energy = standing.total;
    result.energy = standing;
    for (const OperationReport& operation : report.operations)
        result.energy += energy_of(prices, operation.activity);
    result.area = area_of(prices);
    add_metrics(result, run, machine);
    return result;
}

}  // namespace octet
