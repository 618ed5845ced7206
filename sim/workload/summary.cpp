#include "sim/workload/summary.h"

#include <string_view>

namespace octet {
namespace {

std::string_view layer_of(std::string_view name) {
    return name.substr(0, name.find('.'));
}

class Summary {
  public:
    Summary(const Graph& graph, unsigned bits) : graph_(graph), bits_(bits), counted_(graph.tensors.size()) {}

    WorkloadSummary run() {
        for (std::size_t i = 0; i < graph_.operations.size(); ++i) operation(i);
        idle_weights();
        for (const auto& layer : whole_.layers) {
            whole_.macs += layer.macs;
            whole_.parameters += layer.parameters;
        }
        for (const auto& tensor : graph_.tensors)
            (tensor.role == TensorRole::weight ? whole_.weight_bytes : whole_.activation_bytes) +=
                bytes(tensor.elements());
        return std::move(whole_);
    }

  private:
    std::uint64_t bytes(std::uint64_t values) const { return ceil_div<std::uint64_t>(values * bits_, 8); }

    LayerSummary& layer(std::string_view name, std::size_t first) {
        if (whole_.layers.empty() || whole_.layers.back().name != name) {
            whole_.layers.emplace_back();
            whole_.layers.back().name = name;
            whole_.layers.back().first = first;
        }
        return whole_.layers.back();
    }

    std::uint64_t first_read(TensorId id) {
        if (counted_[id]) return 0;
        counted_[id] = true;
        return graph_.tensors[id].elements();
    }

    void operation(std::size_t i) {
        const auto& operation = graph_.operations[i];
        OperationSummary row;
        row.operation = i;
        row.macs = operation.macs();
        for (const auto id : operation.inputs) {
            const auto& tensor = graph_.tensors[id];
            const bool some = operation.kind == OperationKind::embedding ||
                              operation.kind == OperationKind::position ||
                              operation.kind == OperationKind::copy;
            const auto read = bytes(some ? operation.elements() : tensor.elements());
            if (tensor.role == TensorRole::weight) {
                row.parameters += first_read(id);
                row.weight_bytes += read;
            } else {
                row.activation_bytes += read;
            }
        }
        row.activation_bytes += bytes(graph_.tensors[operation.output].elements());
        auto& group = layer(layer_of(operation.name), i);
        group += row;
        ++group.count;
        whole_.operations.push_back(row);
    }

    void idle_weights() {
        for (TensorId id = 0; id < graph_.tensors.size(); ++id) {
            const auto& tensor = graph_.tensors[id];
            if (tensor.role != TensorRole::weight || counted_[id]) continue;
            auto& group = layer(layer_of(tensor.name), graph_.operations.size());
            group.parameters += first_read(id);
        }
    }

    const Graph& graph_;
    unsigned bits_;
    std::vector<bool> counted_;  // weights whose parameters some operation has
    WorkloadSummary whole_;
};

}  // namespace

Amounts& Amounts::operator+=(const Amounts& more) {
    macs += more.macs;
    parameters += more.parameters;
    weight_bytes += more.weight_bytes;
    activation_bytes += more.activation_bytes;
    return *this;
}

WorkloadSummary summarize(const Graph& graph, unsigned bits) {
    return Summary(graph, bits).run();
}

}  // namespace octet
