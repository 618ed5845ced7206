#include "sim/run/assemble.h"

#include <cmath>
#include <stdexcept>

#include "sim/cost/priced_run.h"
#include "sim/run/costs_json.h"
#include "sim/run/roofline.h"

namespace octet {
namespace {

std::vector<OperationResult> operations_of(const AcceleratorConfig& machine, const Graph& graph,
                                           const MachineReport& report, const PricedRun& priced) {
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
        result.energy = priced.operations[i];
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
        result.tops_per_watt = tops_per_watt(result.macs, result.energy);
        result.mfu = ratio(run.model_flops.value_or(2 * macs), 2 * peak_macs);
    }
    result.edp = energy_delay(result.energy, result.seconds);
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

    PricedRun priced = price(prices, report);
    result.operations = operations_of(machine, graph, report, priced);
    result.static_energy = priced.standing.total;
    result.energy = priced.energy;
    result.area = priced.area;
    result.cost_table = prices.table;
    result.scaling = prices.scaling;
    result.energy_lines = std::move(priced.lines);
    result.area_lines = std::move(priced.areas);
    add_metrics(result, run, machine);
    return result;
}

}  // namespace octet
