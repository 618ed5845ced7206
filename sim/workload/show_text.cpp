#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "sim/workload/footprint.h"
#include "sim/workload/show.h"

namespace octet {
namespace {

std::string grouped(std::uint64_t value) {
    auto digits = std::to_string(value);
    for (auto i = static_cast<std::ptrdiff_t>(digits.size()) - 3; i > 0; i -= 3)
        digits.insert(static_cast<std::size_t>(i), ",");
    return digits;
}

std::string shape(const Operation& o) {
    const auto matrix = o.kind == OperationKind::matmul ? fmt::format("{} x {} x {}", o.m, o.n, o.k)
                                                        : fmt::format("{} x {}", o.m, o.n);
    return o.batch == 1 ? matrix : fmt::format("{} of {}", o.batch, matrix);
}

class Table {
  public:
    Table(const Graph& graph, unsigned bits) : graph_(graph), whole_(summarize(graph, bits)) {}

    std::string run(unsigned bits, const std::string& title) {
        std::string out = fmt::format("{}: {}\n\n", graph_.name, title);
        const auto total = [&](const char* what, std::uint64_t value, const std::string& unit) {
            out += fmt::format("{:12} {:>18}{}\n", what, grouped(value), unit);
        };
        total("MACs", whole_.macs, "");
        total("parameters", whole_.parameters, "");
        total("weights", whole_.weight_bytes, fmt::format(" bytes at {} bits", bits));
        total("activations", whole_.activation_bytes, " bytes, every tensor once");
        if (trains(graph_)) out += "\n" + memory(bits);
        collect();
        return out + "\n" + layout();
    }

  private:
    // What a step of training keeps.
    std::string memory(unsigned bits) const {
        const Footprint kept = footprint(graph_, bits, wide_bits_of(bits));
        std::string out =
            fmt::format("memory of a step, in bytes; what is updated at {} bits\n", wide_bits_of(bits));
        for (std::size_t i = 0; i < memory_class_count; ++i) {
            std::string what(name(static_cast<MemoryClass>(i)));
            std::replace(what.begin(), what.end(), '_', ' ');
            out += fmt::format("  {:16} {:>14}\n", what, grouped(kept.bytes[i]));
        }
        return out + fmt::format("  {:16} {:>14}\n", "total", grouped(kept.total()));
    }

    using Row = std::array<std::string, 7>;

    const Operation& operation(const OperationSummary& row) const { return graph_.operations[row.operation]; }

    // The name inside its layer.
    std::string suffix(const LayerSummary& layer, const OperationSummary& row) const {
        const auto& name = operation(row).name;
        return name.size() > layer.name.size() ? name.substr(layer.name.size() + 1) : name;
    }

    bool same(const LayerSummary& a, const LayerSummary& b) const {
        if (a.count != b.count || a.count == 0) return false;
        for (std::size_t i = 0; i < a.count; ++i) {
            const auto &x = whole_.operations[a.first + i], &y = whole_.operations[b.first + i];
            const auto &p = operation(x), &q = operation(y);
            if (static_cast<const Amounts&>(x) != y || p.kind != q.kind || shape(p) != shape(q) ||
                suffix(a, x) != suffix(b, y))
                return false;
        }
        return true;
    }

    void collect() {
        rows_.push_back({"operation", "kind", "shape (m x n x k)", "MACs", "parameters", "weight bytes",
                         "activation bytes"});
        for (auto first = whole_.layers.begin(); first != whole_.layers.end();) {
            const auto last = std::find_if(first + 1, whole_.layers.end(),
                                           [&](const auto& layer) { return !same(*first, layer); });
            add(*first, *(last - 1), static_cast<std::size_t>(last - first));
            first = last;
        }
    }

    // `times` equal layers from `first` to `last`: their sums, then their operations.
    void add(const LayerSummary& first, const LayerSummary& last, std::size_t times) {
        auto name =
            times == 1 ? first.name : fmt::format("{} to {}, each of {}", first.name, last.name, times);
        if (first.count == 0) name += " (not run)";
        const auto& lone = whole_.operations[std::min(first.first, whole_.operations.size() - 1)];
        if (times == 1 && first.count == 1 && operation(lone).name == first.name)
            return add(std::move(name), lone);
        add(std::move(name), "", "", first);
        for (std::size_t i = first.first; i < first.first + first.count; ++i)
            add("  " + suffix(first, whole_.operations[i]), whole_.operations[i]);
    }

    void add(std::string name, const OperationSummary& row) {
        const auto& o = operation(row);
        add(std::move(name), std::string(octet::name(o.kind)), shape(o), row);
    }

    void add(std::string name, std::string kind, std::string shape, const Amounts& amounts) {
        rows_.push_back({std::move(name), std::move(kind), std::move(shape), grouped(amounts.macs),
                         grouped(amounts.parameters), grouped(amounts.weight_bytes),
                         grouped(amounts.activation_bytes)});
    }

    std::string layout() const {
        std::array<std::size_t, 7> widths{};
        for (const auto& row : rows_)
            for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
        std::string out;
        for (const auto& row : rows_) {
            for (std::size_t i = 0; i < row.size(); ++i)
                out += i < 3 ? fmt::format("{:<{}}  ", row[i], widths[i])
                             : fmt::format("{:>{}}{}", row[i], widths[i], i + 1 < row.size() ? "  " : "\n");
        }
        return out;
    }

    const Graph& graph_;
    WorkloadSummary whole_;
    std::vector<Row> rows_;
};

}  // namespace

std::string show_text(const Graph& graph, unsigned bits, const std::string& title) {
    return Table(graph, bits).run(bits, title);
}

}  // namespace octet
