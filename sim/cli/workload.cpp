// octet workload show FILE, octet workload expand FILE
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "sim/cli/verbs.h"
#include "sim/config/experiment.h"
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
    if (options.batch != 0) phase.batch = options.batch;
    if (options.sequence != 0) phase.sequence = options.sequence;
    Workload workload = read_workload(root, phase, diagnostics);
    diagnostics.throw_if_any();
    const bool trace = kind_of(root) == "trace";
    return {std::move(workload.graph),
            trace ? "a trace" : fmt::format("encode, batch {}, sequence {}", phase.batch, phase.sequence)};
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
    if (options.out.empty()) {
        out += text;
        return 0;
    }
    write_file(options.out, text);
    return 0;
}

}  // namespace octet
