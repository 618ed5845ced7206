#include <cctype>
#include <string_view>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sim/workload/infer.h"
#include "sim/workload/trace.h"

namespace octet {
namespace {

// Names that YAML could take for something else, or end early, go into quotes.
std::string text(const std::string& name) {
    const auto plain = [](unsigned char c) { return std::isalnum(c) != 0 || c == '_' || c == '.'; };
    bool safe = !name.empty() && std::isalpha(static_cast<unsigned char>(name.front())) != 0;
    for (const char c : name) safe = safe && plain(static_cast<unsigned char>(c));
    for (const std::string_view word : {"null", "true", "false", "yes", "no", "on", "off", "y", "n"})
        safe = safe && !(name.size() == word.size() &&
                         std::equal(name.begin(), name.end(), word.begin(),
                                    [](unsigned char a, char b) { return std::tolower(a) == b; }));
    return safe ? name : nlohmann::json(name).dump();
}

class Writer {
  public:
    explicit Writer(const Graph& graph) : graph_(graph) {}

    std::string run() {
        put("kind: trace\nname: {}\ntensors:\n", text(graph_.name));
        for (const auto& tensor : graph_.tensors) write(tensor);
        put("operations:\n");
        for (const auto& operation : graph_.operations) write(operation);
        return std::move(out_);
    }

  private:
    template <class... Arguments>
    void put(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
        fmt::format_to(std::back_inserter(out_), format, std::forward<Arguments>(arguments)...);
    }

    template <class Value>
    void put_unless(const Value& usual, const char* key, const Value& value) {
        if (!(value == usual)) put(", {}: {}", key, value);
    }

    void write(const Tensor& tensor) {
        put("  - {{name: {}", text(tensor.name));
        put_unless(name(Tensor{}.role), "role", name(tensor.role));
        put_unless<std::uint64_t>(1, "batch", tensor.batch);
        put(", rows: {}, cols: {}", tensor.rows, tensor.cols);
        if (tensor.use != FormatUse::weights) put_unless(name(Tensor{}.use), "use", name(tensor.use));
        put_unless(false, "precise", tensor.precise);
        put_unless(false, "scaled", tensor.scaled);
        put_unless(false, "paged", tensor.paged);
        put_unless(name(Tensor{}.fill), "fill", name(tensor.fill));
        if (tensor.after != no_tensor) put(", after: {}", text(graph_.tensors[tensor.after].name));
        put("}}\n");
    }

    void write(const Operation& o) {
        const Operation usual;
        put("  - {{name: {}, kind: {}, inputs: [", text(o.name), name(o.kind));
        for (std::size_t i = 0; i + o.has_bias < o.inputs.size(); ++i)
            put("{}{}", i == 0 ? "" : ", ", text(graph_.tensors[o.inputs[i]].name));
        put("]");
        if (o.has_bias) put(", bias: {}", text(graph_.tensors[o.inputs.back()].name));
        if (o.table != no_tensor) put(", table: {}", text(graph_.tensors[o.table].name));
        put(", output: {}", text(graph_.tensors[o.output].name));
        put_unless(inferred_batch(graph_, o), "batch", o.batch);
        put_unless(usual.transpose_a, "transpose_a", o.transpose_a);
        put_unless(usual.transpose_b, "transpose_b", o.transpose_b);
        put_unless(usual.heads, "heads", o.heads);
        put_unless(usual.a_blocks, "a_blocks", o.a_blocks);
        put_unless(usual.b_blocks, "b_blocks", o.b_blocks);
        put_unless(usual.out_blocks, "out_blocks", o.out_blocks);
        put_unless(usual.trigram, "trigram", o.trigram);
        put_unless(usual.factor, "factor", o.factor);
        put_unless(usual.epsilon, "epsilon", o.epsilon);
        put_unless(usual.first, "first", o.first);
        if (!o.columns.empty()) put(", columns: [{}]", fmt::join(o.columns, ", "));
        put_unless(usual.of.share, "share", o.of.share);
        put_unless(usual.of.member, "member", o.of.member);
        put_unless(usual.inverse, "inverse", o.inverse);
        put_unless(name(usual.function), "function", name(o.function));
        put_unless(usual.decay, "decay", o.decay);
        if (o.rounding != usual.rounding)
            put(", rounding: {}", o.rounding == AxpyRounding::stochastic ? "stochastic" : "nearest_even");
        if (o.kind == OperationKind::table_gradient) put(", tokens: {}", o.k);
        if (o.causal) {
            put(", causal: true");
            put_unless<std::uint64_t>(0, "offset", o.causal->offset);
            put_unless<std::uint64_t>(0, "window", o.causal->window);
        }
        if (o.kind == OperationKind::rope) write(o.rotation);
        put("}}\n");
    }

    void write(const Rotation& r) {
        put(", rotation: {{theta: {}", r.theta);
        if (r.factor != 1)
            put(", factor: {}, low_frequency: {}, high_frequency: {}, original_positions: {}", r.factor,
                r.low_frequency, r.high_frequency, r.original_positions);
        if (r.frequencies == Frequencies::bf16) put(", frequencies: bf16");
        put("}}");
    }

    const Graph& graph_;
    std::string out_;
};

}  // namespace

std::string write_trace(const Graph& graph) {
    return Writer(graph).run();
}

}  // namespace octet
