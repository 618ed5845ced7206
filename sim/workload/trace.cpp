#include "sim/workload/trace.h"

#include <fmt/format.h>

#include <cmath>
#include <unordered_map>

#include "sim/config/reader.h"
#include "sim/workload/infer.h"
#include "sim/workload/keys.h"

namespace octet {
namespace {

class TraceReader {
  public:
    TraceReader(const Node& root, Diagnostics& diagnostics) : root_(root), diagnostics_(diagnostics) {}

    Graph run() {
        TraceDocument document;
        const auto before = diagnostics_.total();
        read(root_, document, diagnostics_, {"kind"});
        if (diagnostics_.total() != before) return {};
        graph_.name = std::move(document.name);
        graph_.tensors.reserve(document.tensors.size());  // ids_ points to their names
        for (auto& line : document.tensors) {
            graph_.tensors.push_back(std::move(line.tensor));
            ids_.emplace(graph_.tensors.back().name, static_cast<TensorId>(graph_.tensors.size() - 1));
        }
        for (std::size_t i = 0; i < document.tensors.size(); ++i) resolve(i, document.tensors[i].after);
        graph_.operations.reserve(document.operations.size());
        for (auto& line : document.operations) resolve(line);
        mark_weights(graph_);
        for (const auto& fault : faults(graph_)) report(fault);
        return std::move(graph_);
    }

  private:
    const Node& item(const char* list, std::size_t i) const { return root_.find(list)->value.items[i]; }

    void resolve(std::size_t tensor, const std::optional<std::string>& after) {
        if (!after) return;
        const auto found = ids_.find(*after);
        if (found == ids_.end())
            diagnostics_.add(item("tensors", tensor).find("after")->value.location,
                             fmt::format("tensors[{}].after", tensor),
                             fmt::format("unknown tensor '{}'", printable(*after)));
        else
            graph_.tensors[tensor].after = found->second;
    }

    void resolve(OperationLine& line) {
        const auto index = graph_.operations.size();
        const Node& node = item("operations", index);
        Operation o;
        o.name = std::move(line.name);
        o.kind = line.kind;
        bool known = true;
        const auto find = [&](const std::string& name, const Node& where) {
            const auto found = ids_.find(name);
            if (found != ids_.end()) return found->second;
            known = false;
            diagnostics_.add(where.location, path(index),
                             fmt::format("unknown tensor '{}'", printable(name)));
            return no_tensor;
        };
        for (std::size_t i = 0; i < line.inputs.size(); ++i)
            o.inputs.push_back(find(line.inputs[i], node.find("inputs")->value.items[i]));
        if (line.bias) o.inputs.push_back(find(*line.bias, node.find("bias")->value));
        o.has_bias = line.bias.has_value();
        if (line.table) o.table = find(*line.table, node.find("table")->value);
        o.output = find(line.output, node.find("output")->value);
        o.transpose_a = line.transpose_a;
        o.transpose_b = line.transpose_b;
        o.of = line.of;
        o.inverse = line.inverse;
        o.function = line.function;
        o.decay = line.decay;
        o.rounding = line.rounding;
        if (line.kind == OperationKind::table_gradient) o.k = line.k.value_or(0);
        o.heads = line.heads;
        o.a_blocks = line.a_blocks;
        o.b_blocks = line.b_blocks;
        o.out_blocks = line.out_blocks;
        o.trigram = line.trigram;
        o.factor = line.factor;
        o.epsilon = line.epsilon;
        if (line.causal) o.causal = line.mask;
        o.rotation = line.rotation;
        o.first = line.first;
        for (const double column : line.columns) {
            if (column != std::floor(column))
                diagnostics_.add(node.find("columns")->value.location, path(index) + ".columns",
                                 fmt::format("{} is no whole number", column));
            o.columns.push_back(static_cast<std::uint64_t>(column));
        }
        if (known) {
            o.batch = line.batch.value_or(inferred_batch(graph_, o));
            infer_shape(graph_, o);
            agree(node, "m", line.m, o.m);
            agree(node, "n", line.n, o.n);
            agree(node, "k", line.k, o.k);
        }
        known_.push_back(known);
        graph_.operations.push_back(std::move(o));
    }

    void agree(const Node& node, const char* key, std::optional<std::uint64_t> written,
               std::uint64_t inferred) {
        if (!written || *written == inferred) return;
        diagnostics_.add(node.find(key)->value.location, path(graph_.operations.size()) + "." + key,
                         fmt::format("the tensors give {}, not {}", inferred, *written));
    }

    static std::string path(std::size_t operation) { return fmt::format("operations[{}]", operation); }

    void report(const GraphFault& fault) {
        switch (fault.where) {
            case GraphFault::Where::graph:
                diagnostics_.add(root_.location, "operations", fault.message);
                return;
            case GraphFault::Where::tensor:
                diagnostics_.add(item("tensors", fault.index).location,
                                 fmt::format("tensors[{}]", fault.index),
                                 fmt::format("'{}' {}", graph_.tensors[fault.index].name, fault.message));
                return;
            case GraphFault::Where::operation:
                if (!known_[fault.index]) return;  // reported already
                diagnostics_.add(item("operations", fault.index).location, path(fault.index),
                                 fmt::format("'{}': {}", graph_.operations[fault.index].name, fault.message));
        }
    }

    const Node& root_;
    Diagnostics& diagnostics_;
    Graph graph_;
    std::unordered_map<std::string_view, TensorId> ids_;
    std::vector<bool> known_;  // of each operation: whether all its tensors are
};

}  // namespace

Graph read_trace(const Node& root, Diagnostics& diagnostics) {
    return TraceReader(root, diagnostics).run();
}

}  // namespace octet
