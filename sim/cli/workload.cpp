// octet workload show FILE, octet workload expand FILE
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "sim/cli/verbs.h"
#include "sim/config/experiment.h"
#include "sim/config/experiment_keys.h"
#include "sim/config/paths.h"
#include "sim/report/files.h"
#include "sim/workload/load.h"
#include "sim/workload/show.h"
#include "sim/workload/trace.h"

namespace octet {
namespace {

struct Loaded {
    Graph graph;
    std::string title;  // for which phase
};

void change(PhaseConfig& phase, const WorkloadOptions& options) {
    for (const auto& [name, kind] : phase_kind_names)
        if (name == options.phase) phase.kind = kind;
    if (options.batch != 0) phase.batch = options.batch;
    if (options.sequence != 0) phase.sequence = options.sequence;
    if (options.context != 0) phase.context = options.context;
    if (options.tokens != 0) phase.tokens = options.tokens;
}

std::string title(const PhaseConfig& phase) {
    const std::string start =
        fmt::format("{}, batch {}, ", name_in(phase_kind_names, phase.kind), phase.batch);
    return phase.kind == PhaseKind::decode
               ? fmt::format("{}context {}, tokens {}", start, phase.context, phase.tokens)
               : fmt::format("{}sequence {}", start, phase.sequence);
}

Loaded load(const WorkloadOptions& options) {
    constexpr auto kinds = std::to_array<std::string_view>({"experiment", "workload", "trace"});
    Diagnostics diagnostics;
    Node root = load_layers(resolve_argument(options.file), kinds);
    apply(root, options.settings);
    PhaseConfig phase = default_phase(root);
    if (kind_of(root) == "experiment") {
        put_files(root, diagnostics);
        ExperimentConfig experiment = read_experiment(std::move(root), diagnostics);
        diagnostics.throw_if_any();
        phase = experiment.phase;
        root = experiment.workload();
    }
    change(phase, options);
    Workload workload = read_workload(root, phase, diagnostics);
    diagnostics.throw_if_any();
    const bool trace = kind_of(root) == "trace";
    return {std::move(workload.graph), trace ? "a trace" : title(phase)};
}

}  // namespace

int workload_show_verb(const WorkloadOptions& options, std::string& out) {
    const Loaded loaded = load(options);
    out += options.json ? show_json(loaded.graph, options.bits).dump(2) + '\n'
                        : show_text(loaded.graph, options.bits, loaded.title);
    return 0;
}

int workload_expand_verb(const WorkloadOptions& options, std::string& out) {
    const std::string text = write_trace(load(options).graph);
    return deliver(text, options.out, out);
}

}  // namespace octet
