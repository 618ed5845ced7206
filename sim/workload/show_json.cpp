#include <nlohmann/json.hpp>

#include "sim/workload/footprint.h"
#include "sim/workload/show.h"

namespace octet {
namespace {

nlohmann::ordered_json bytes(const Amounts& amounts) {
    return {{"weights", amounts.weight_bytes}, {"activations", amounts.activation_bytes}};
}

nlohmann::ordered_json row(const Graph& graph, const OperationSummary& summary) {
    const auto& o = graph.operations[summary.operation];
    nlohmann::ordered_json json{{"name", o.name},
                                {"kind", name(o.kind)},
                                {"macs", summary.macs},
                                {"parameters", summary.parameters},
                                {"bytes", bytes(summary)},
                                {"inputs", nlohmann::ordered_json::array()},
                                {"outputs", {graph.tensors[o.output].name}}};
    for (const auto id : o.inputs) json["inputs"].push_back(graph.tensors[id].name);
    if (o.kind == OperationKind::matmul)
        json.update({{"batch", o.batch}, {"m", o.m}, {"n", o.n}, {"k", o.k}});
    else
        json["elements"] = o.elements();
    return json;
}

}  // namespace

nlohmann::ordered_json show_json(const Graph& graph, unsigned bits) {
    const auto whole = summarize(graph, bits);
    nlohmann::ordered_json json{{"schema", 1},
                                {"octet", OCTET_VERSION},
                                {"name", graph.name},
                                {"bits", bits},
                                {"parameters", whole.parameters},
                                {"macs", whole.macs},
                                {"bytes", bytes(whole)},
                                {"layers", nlohmann::ordered_json::array()},
                                {"operations", nlohmann::ordered_json::array()}};
    if (trains(graph)) json["memory"] = memory_json(footprint(graph, bits, wide_bits_of(bits)));
    for (const auto& layer : whole.layers)
        json["layers"].push_back({{"name", layer.name},
                                  {"operations", layer.count},
                                  {"macs", layer.macs},
                                  {"parameters", layer.parameters},
                                  {"bytes", bytes(layer)}});
    for (const auto& operation : whole.operations) json["operations"].push_back(row(graph, operation));
    return json;
}

}  // namespace octet
