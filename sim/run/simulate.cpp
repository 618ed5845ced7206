#include "sim/run/simulate.h"

#include <fmt/format.h>

#include <chrono>
#include <thread>

#include "models/accelerator/run.h"
#include "models/memory/dram_part.h"
#include "sim/config/accelerator_keys.h"
#include "sim/config/experiment_keys.h"
#include "sim/config/json_writer.h"
#include "sim/cost/read.h"
#include "sim/lower/blocks.h"
#include "sim/run/assemble.h"
#include "sim/run/outliers.h"
#include "sim/workload/load.h"

namespace octet {
namespace {

// Operations that run one after another: the turn of each begins when the one before has ended; what was
// loaded ahead of it is no start. Those that were fused into another take no time beside it.
void take_turns(MachineReport& report, const std::vector<OperationId>& hosts) {
    Cycle turn = 0;
    for (OperationId id = 0; id < hosts.size(); ++id) {
        OperationReport& operation = report.operations[id];
        operation.start = hosts[id] == id ? turn : operation.end;
        if (hosts[id] == id) turn = std::max(turn, operation.end);
    }
}

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

// Hands on what it is told to several.
class FanOut final : public RunObserver {
  public:
    explicit FanOut(const Followers& followers) : followers_(followers) {}
    void busy(Unit unit, Cycle from, Cycle to, BusyWith with, OperationId operation) override {
        for (RunObserver* o : followers_) o->busy(unit, from, to, with, operation);
    }
    void stalled(Unit unit, Cycle from, Cycle to, StallCause cause, OperationId operation) override {
        for (RunObserver* o : followers_) o->stalled(unit, from, to, cause, operation);
    }
    void issued(Queue queue, const Command& command, const HeadOfQueue& times) override {
        for (RunObserver* o : followers_) o->issued(queue, command, times);
    }
    void executed(Engine engine, OperationId operation, const CommandView& command, Cycle from, Cycle free,
                  Cycle to) override {
        for (RunObserver* o : followers_) o->executed(engine, operation, command, from, free, to);
    }

  private:
    const Followers& followers_;
};

// The DRAM holds less than the program needs: its addresses would start over.
class DramTooSmall : public std::invalid_argument {
  public:
    using std::invalid_argument::invalid_argument;
};

void check_dram(const AcceleratorConfig& machine, std::uint64_t needed, std::string_view what) {
    const auto* device = std::get_if<DramDeviceConfig>(&machine.dram);
    if (device == nullptr) return;  // ideal: without end
    const std::uint64_t there = DramPart(*device).capacity();
    if (needed <= there) return;
    throw DramTooSmall(
        fmt::format("{} take {} bytes, {} ({} channels, {} ranks, {} banks, {} rows) holds {}: take a part "
                    "with more ranks, rows or "
                    "channels, or an ideal memory",
                    what, needed, device->standard, device->channels, device->ranks,
                    device->bank_groups * device->banks, device->rows, there));
}

template <class T>
nlohmann::ordered_json json_of(T value) {
    JsonWriter writer;
    describe(writer, value);
    return writer.document;
}

}  // namespace

nlohmann::ordered_json resolved_json(const AcceleratorConfig& machine) {
    return json_of(machine);
}

Simulation simulate(const ExperimentConfig& experiment, bool histograms, const Followers& followers,
                    const RegisterWatchers& registers) {
    Diagnostics diagnostics;
    Workload workload = read_workload(experiment.workload(), experiment.phase, diagnostics);
    const Node& costs = experiment.costs();
    const CostTable table = read_costs(costs, costs.location.file ? *costs.location.file : "", diagnostics);
    const AcceleratorConfig& machine = experiment.accelerator;
    if (diagnostics.total() == 0 && trains(experiment.phase) &&
        workload.resolved.value("kind", "") != "trace")
        add_block_copies(workload.graph, formats_by_use(machine.pe.storage, machine.formats));
    if (const auto fault = block_fault(workload.graph, formats_by_use(machine.pe.storage, machine.formats)))
        diagnostics.add(
            experiment.workload().location, "workload",
            fmt::format("operation {} {}", in_quotes(workload.graph.operations[fault->operation].name),
                        fault->message));
    if (std::ranges::any_of(workload.graph.tensors, &Tensor::paged) && !experiment.accelerator.host)
        diagnostics.add(experiment.workload().location, "workload",
                        "tensors lie in the memory of the host, and the machine has no link to it (host)");
    if (experiment.phase.outliers > 0) {
        const Node* key = experiment.tree.at("phase.outliers");
        const Location& where = (key == nullptr ? experiment.tree : *key).location;
        if (machine.formats[FormatUse::quantized].empty())
            diagnostics.add(where, "phase.outliers",
                            "the machine has no format for what is no outlier: formats.quantized");
        else if (diagnostics.total() == 0 && workload.splits.empty())
            diagnostics.add(where, "phase.outliers", "no product of the workload has weights of its own");
    }
    diagnostics.throw_if_any();

    RunDescription description;
    description.accelerator = json_of(experiment.accelerator);
    description.workload = workload.resolved;
    description.seed = experiment.seed;
    const bool is_trace = workload.resolved.value("kind", "") == "trace";
    if (!is_trace) {  // a trace is one graph, of no phase
        description.phase["kind"] = name_in(phase_kind_names, experiment.phase.kind);
        description.phase.update(json_of(experiment.phase));
        description.tokens = made_tokens(experiment.phase);
    }
    std::optional<ValueRun> values;
    const unsigned threads = std::max(1U, std::thread::hardware_concurrency());
    if (experiment.values == Values::exact) {
        Sources sources = bind_sources(workload.graph, experiment.inputs, experiment.seed, threads);
        if (experiment.inputs.smoothquant > 0 && smooth(workload.graph, sources.tensors, sources.tokens,
                                                        experiment.inputs.smoothquant, threads) == 0)
            throw InputError(experiment.tree.at("inputs.smoothquant")->location, "inputs.smoothquant",
                             "no norm of the workload hands its results to products alone");
        choose_outliers(workload.graph, workload.splits, sources.tensors, sources.tokens, threads);
        CalibrationConfig calibration = experiment.inputs.calibration;
        if (experiment.phase.gradient_scaling) calibration.gradients = *experiment.phase.gradient_scaling;
        values.emplace(experiment.accelerator, experiment.seed, workload.graph, std::move(sources),
                       calibration);
    }
    if (values && histograms) values->count_codes();
    try {
        return simulate(std::move(workload.graph), experiment.accelerator,
                        resolve(table, experiment.accelerator), description, values ? &*values : nullptr,
                        experiment.fidelity, followers, registers);
    } catch (const DramTooSmall& error) {
        const Node& accelerator = experiment.tree.find("accelerator")->value;
        throw InputError(accelerator.find("dram")->key_location, "accelerator.dram", error.what());
    }
}

Result with_prices_of(const Simulation& simulation, const ExperimentConfig& experiment) {
    const Result& known = simulation.result;
    Diagnostics diagnostics;
    const Node& costs = experiment.costs();
    const CostTable table = read_costs(costs, costs.location.file ? *costs.location.file : "", diagnostics);
    diagnostics.throw_if_any();
    RunDescription description{known.accelerator, known.workload, known.phase, known.seed, {}, {}};
    Result result = assemble(description, experiment.accelerator, simulation.graph, known.machine,
                             resolve(table, experiment.accelerator));
    result.tokens_per_second = known.tokens_per_second;
    if (result.tokens_per_second)
        result.joules_per_token = result.energy.total * 1e-12 / (*result.tokens_per_second * result.seconds);
    result.mfu = known.mfu;
    result.numerics = known.numerics;
    result.scores = known.scores;
    result.reference = known.reference;
    result.histograms = known.histograms;
    result.gradient_scales = known.gradient_scales;
    result.memory = known.memory;
    for (std::size_t i = 0; i < result.operations.size(); ++i)
        result.operations[i].numerics = known.operations[i].numerics;
    check_invariants(result);
    return result;
}

Simulation simulate(Graph graph, const AcceleratorConfig& machine, const PriceList& prices,
                    const RunDescription& description, ValueRun* values, Fidelity fidelity,
                    const Followers& followers, const RegisterWatchers& registers) {
    Simulation simulation;
    simulation.graph = std::move(graph);
    const auto begin = std::chrono::steady_clock::now();
    Program program = values != nullptr ? Program(simulation.graph, machine, description.seed,
                                                  values->scales(), values->tokens())
                                        : Program(simulation.graph, machine, description.seed);
    check_dram(machine, program.dram_bytes(), "weights and inputs");
    for (Follower* observer : followers) observer->begins(simulation.graph, machine);
    FanOut all(followers);
    RunObserver* observer = followers.empty() ? nullptr : &all;
    if (followers.size() == 1) observer = followers.front();
    MachineReport report =
        run_machine(machine, program, values != nullptr ? &values->begin(program) : nullptr, fidelity,
                    observer, registers);
    simulation.lowering_and_machine_seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    check_dram(machine, program.dram_bytes(), "weights, inputs and what does not stay in SRAM");
    complete_fused(report, program.hosts());
    if (!machine.controller.overlap_operations) take_turns(report, program.hosts());
    simulation.result = assemble(description, machine, simulation.graph, report, prices);
    if (trains(simulation.graph)) simulation.result.memory = footprint(simulation.graph, kept_bits(machine));
    if (values != nullptr) values->end(program, simulation.result);
    check_invariants(simulation.result);
    simulation.choices = program.choices();
    simulation.sram_peak_bytes = program.sram_peak_bytes();
    simulation.dram_bytes = program.dram_bytes();
    simulation.evictions = program.evictions();
    return simulation;
}

}  // namespace octet
