#include "sim/workload/footprint.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <vector>

#include "models/formats/registry.h"
#include "models/types.h"

namespace octet {
namespace {

bool trained(const Tensor& tensor) {
    return tensor.precise && is_of_update(tensor.use);
}

class Count {
  public:
    Count(const Graph& graph, const KeptBits& bits)
        : graph_(graph),
          bits_(bits),
          last_read_(graph.tensors.size()),
          made_(graph.tensors.size()),
          of_weights_(graph.tensors.size()),
          clipped_(graph.tensors.size()) {}

    Footprint run() {
        const std::size_t backward = lives();
        std::vector<std::int64_t> change(graph_.operations.size() + 2);  // of the working memory
        for (TensorId id = 0; id < graph_.tensors.size(); ++id) {
            const std::optional<MemoryClass> kind = class_of(id, backward);
            if (!kind) continue;
            if (*kind != MemoryClass::working) {
                footprint_.bytes[static_cast<std::size_t>(*kind)] += bytes(id);
                continue;
            }
            change[made_[id]] += static_cast<std::int64_t>(bytes(id));
            change[std::max(made_[id], last_read_[id]) + 1] -= static_cast<std::int64_t>(bytes(id));
        }
        std::int64_t now = 0, most = 0;
        for (const std::int64_t step : change) most = std::max(most, now += step);
        footprint_.bytes[static_cast<std::size_t>(MemoryClass::working)] = static_cast<std::uint64_t>(most);
        return footprint_;
    }

  private:
    // Notes when tensors are made and read; returns the first operation of the backward pass.
    std::size_t lives() {
        std::size_t backward = graph_.operations.size();
        for (TensorId id = 0; id < graph_.tensors.size(); ++id)
            of_weights_[id] = graph_.tensors[id].role == TensorRole::weight;
        for (std::size_t i = 0; i < graph_.operations.size(); ++i) {
            const Operation& o = graph_.operations[i];
            bool gradient = graph_.tensors[o.output].use == FormatUse::dgrad, weights = true;
            for (const TensorId input : o.inputs) {
                last_read_[input] = i;
                gradient = gradient || graph_.tensors[input].use == FormatUse::dgrad;
                weights = weights && of_weights_[input];
            }
            made_[o.output] = i;
            clipped_[o.output] = o.kind == OperationKind::rescale;
            of_weights_[o.output] = weights && o.kind != OperationKind::embedding;
            if (gradient) backward = std::min(backward, i);
        }
        return backward;
    }

    // None: takes the place of another.
    std::optional<MemoryClass> class_of(TensorId id, std::size_t backward) const {
        const Tensor& tensor = graph_.tensors[id];
        if (tensor.role == TensorRole::weight)
            return trained(tensor) ? MemoryClass::trained_weights : MemoryClass::weights;
        if (trained(tensor))
            return tensor.role != TensorRole::input ? std::nullopt
                   : tensor.paged                   ? std::optional(MemoryClass::paged_states)
                                                    : std::optional(MemoryClass::optimizer_states);
        if (clipped_[id]) return std::nullopt;
        if (tensor.use == FormatUse::wgrad) return MemoryClass::weight_gradients;
        if (of_weights_[id]) return MemoryClass::weight_copies;
        const bool kept = tensor.role != TensorRole::input && tensor.use != FormatUse::dgrad &&
                          made_[id] < backward && last_read_[id] >= backward;
        return kept ? MemoryClass::activations : MemoryClass::working;
    }

    std::uint64_t bytes(TensorId id) const {
        const Tensor& tensor = graph_.tensors[id];
        const double of_use = tensor.precise && !is_of_update(tensor.use)
                                  ? bits_.wide
                                  : bits_.of.at(static_cast<std::size_t>(tensor.use));
        return static_cast<std::uint64_t>(
            std::ceil(static_cast<double>(tensor.elements()) * (of_use > 0 ? of_use : bits_.wide) / 8));
    }

    const Graph& graph_;
    const KeptBits& bits_;
    std::vector<std::size_t> last_read_, made_;
    std::vector<bool> of_weights_, clipped_;
    Footprint footprint_;
};

}  // namespace

std::string_view name(MemoryClass kind) {
    constexpr std::array<std::string_view, memory_class_count> names{
        "weights",      "trained_weights",  "weight_copies", "optimizer_states",
        "paged_states", "weight_gradients", "activations",   "working"};
    return names[static_cast<std::size_t>(kind)];
}

bool trains(const Graph& graph) {
    return std::ranges::any_of(graph.tensors, [](const Tensor& tensor) {
        return tensor.role == TensorRole::weight && trained(tensor);
    });
}

std::uint64_t Footprint::total() const {
    return std::accumulate(bytes.begin(), bytes.end(), std::uint64_t{0});
}

Footprint footprint(const Graph& graph, const KeptBits& bits) {
    return Count(graph, bits).run();
}

Footprint footprint(const Graph& graph, unsigned bits, unsigned wide_bits) {
    KeptBits kept;
    for (std::size_t use = 0; use < format_use_count; ++use)
        kept.of[use] = is_of_update(static_cast<FormatUse>(use)) ? wide_bits : bits;
    kept.wide = wide_bits;
    return footprint(graph, kept);
}

KeptBits kept_bits(const AcceleratorConfig& machine) {
    const auto names = stored_formats(machine.pe.storage, machine.formats);
    const auto slots = format_slots(machine.pe.storage, machine.formats);
    KeptBits kept;
    kept.wide = find_format(machine.vector.format)->bits;
    for (std::size_t use = 0; use < format_use_count; ++use) {
        const auto in = static_cast<FormatUse>(use);
        if (is_of_update(in) && !has_format(machine.formats, in)) continue;
        const FormatInfo& format = *find_format(names.at(slots.at(use)));
        kept.of[use] = format.bits;
        if (format.block_length > 0)
            kept.of[use] += static_cast<double>(format.scale_bits) / format.block_length;
    }
    return kept;
}

nlohmann::ordered_json memory_json(const Footprint& footprint) {
    nlohmann::ordered_json json;
    for (std::size_t i = 0; i < memory_class_count; ++i)
        json[std::string(name(static_cast<MemoryClass>(i)))] = footprint.bytes[i];
    json["total"] = footprint.total();
    return json;
}

}  // namespace octet
