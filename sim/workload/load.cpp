#include "sim/workload/load.h"

#include <algorithm>

#include "sim/config/csv.h"
#include "sim/config/json_writer.h"
#include "sim/config/layers.h"
#include "sim/config/reader.h"
#include "sim/config/scalars.h"
#include "sim/workload/keys.h"
#include "sim/workload/topology.h"
#include "sim/workload/trace.h"

namespace octet {
namespace {

bool is_trace(const Node& root) {
    const Node* kind = root.at("kind");
    return kind != nullptr && kind->text == "trace";
}

Graph graph_of(const Node& trace, Diagnostics& diagnostics) {
    return is_table(trace) ? read_topology(trace, diagnostics) : read_trace(trace, diagnostics);
}

// Adds faults where their keys were written, except of keys that are known to be wrong already.
void add(const std::vector<DescriptionFault>& faults, const Node& root, Diagnostics& diagnostics) {
    const auto reported = diagnostics.all();
    std::vector<const DescriptionFault*> fresh;
    for (const auto& fault : faults)
        if (std::ranges::none_of(reported, [&](const auto& known) { return known.key == fault.key; }))
            fresh.push_back(&fault);
    for (const auto* fault : fresh) {
        const Node* node = root.at(fault->key);
        diagnostics.add(node == nullptr ? root.location : node->location, fault->key, fault->message);
    }
}

TransformerDescription read_description(const Node& root, Diagnostics& diagnostics) {
    TransformerDescription description;
    read(root, description, diagnostics, {"kind"});
    return description;
}

nlohmann::json resolved_trace(const Graph& graph) {
    return {{"kind", "trace"},
            {"name", graph.name},
            {"tensors", graph.tensors.size()},
            {"operations", graph.operations.size()}};
}

}  // namespace

namespace {

Workload read_whole(const Node& root, const PhaseConfig& phase, Diagnostics& diagnostics) {
    const auto before = diagnostics.total();
    if (is_trace(root)) {
        auto graph = graph_of(root, diagnostics);
        auto resolved = resolved_trace(graph);
        return {std::move(graph), std::move(resolved), {}};
    }
    Diagnostics own;
    const auto description = read_description(root, own);
    add(faults(description, phase), root, own);
    diagnostics.append(own);
    if (diagnostics.total() != before) return {};
    auto resolved = write_json(description);
    resolved["kind"] = "workload";
    try {
        return {expand(description, phase), std::move(resolved), {}};
    } catch (const std::invalid_argument& error) {  // sizes that are sound one by one, but not their product
        diagnostics.add(root.location, "", error.what());
        return {};
    }
}

}  // namespace

Workload read_workload(const Node& root, const PhaseConfig& phase, Diagnostics& diagnostics) {
    const auto before = diagnostics.total();
    Workload workload = read_whole(root, phase, diagnostics);
    if (phase.outliers > 0 && diagnostics.total() == before)
        workload.splits = split_outliers(workload.graph, phase.outliers);
    return workload;
}

void check_workload(const Node& root, Diagnostics& diagnostics) {
    if (is_trace(root)) {
        graph_of(root, diagnostics);
        return;
    }
    Diagnostics own;
    const auto description = read_description(root, own);
    add(faults(description), root, own);
    diagnostics.append(own);
}

void check_workload(const Node& root, const PhaseConfig& phase, Diagnostics& diagnostics) {
    const bool known = phase.kind == PhaseKind::decode ? phase.context > 0 : phase.sequence > 0;
    known ? void(read_workload(root, phase, diagnostics)) : check_workload(root, diagnostics);
}

PhaseConfig default_phase(const Node& root) {
    PhaseConfig phase;
    phase.batch = 1;
    phase.sequence = 128;
    const Node* positions = root.at("positions");
    std::string problem;
    if (const auto limit = positions == nullptr ? std::nullopt : as_integer(*positions, problem);
        limit && *limit > 0)
        phase.sequence = std::min<std::uint64_t>(phase.sequence, *limit);
    return phase;
}

Workload load_workload(const std::string& path, const PhaseConfig& phase) {
    constexpr std::string_view kinds[] = {"workload", "trace"};
    const Node root = load_layers(path, kinds);
    Diagnostics diagnostics;
    auto workload = read_workload(root, phase, diagnostics);
    diagnostics.throw_if_any();
    return workload;
}

}  // namespace octet
