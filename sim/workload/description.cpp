#include "sim/workload/description.h"

#include <cmath>
#include <utility>

#include <fmt/format.h>

namespace octet {
std::vector<DescriptionFault> faults(const TransformerDescription& d) {
    std::vector<DescriptionFault> found;
    const auto require = [&](bool good, const char* key, std::string message) {
        if (!good) found.push_back({key, std::move(message)});
    };
    const auto range = [&](std::uint64_t value, const char* key, std::uint64_t low, std::uint64_t high) {
        require(value >= low && value <= high, key, fmt::format("must lie in {} to {}", low, high));
    };
    range(d.layers, "layers", 1, max_layers);
    range(d.hidden, "hidden", 1, max_size);
    range(d.heads, "heads", 1, max_size);
    range(d.kv_heads, "kv_heads", 0, max_size);
    range(d.ffn, "ffn", 1, max_size);
    range(d.ffn_count, "ffn_count", 1, max_layers);
    range(d.embedding_size, "embedding.size", 0, max_size);
    range(d.bottleneck, "bottleneck.size", 0, max_size);
    range(d.labels, "labels", 1, max_size);
    range(d.vocabulary, "vocabulary", 1, max_size);
    range(d.positions, "positions", 0, max_size);
    range(d.token_types, "token_types", 0, max_size);
    // Tables of an embedding come in one order: word, position, token type.
    require(d.token_types == 0 || d.positions != 0, "token_types", "need a table of positions");
    if (d.heads != 0) {
        require(d.layer_size() % d.heads == 0, "heads",
                fmt::format("{} heads do not divide a {} of {}", d.heads,
                            d.bottleneck == 0 ? "hidden size" : "bottleneck", d.layer_size()));
        require(d.heads % d.key_value_heads() == 0, "kv_heads",
                fmt::format("{} key and value heads do not divide {} heads", d.kv_heads, d.heads));
    }
    require(is_activation(d.activation), "activation", "must be an activation function");
    require(is_norm(d.norm), "norm.kind", "must be a norm");
    require(d.bottleneck == 0 || d.norm_place == NormPlace::post, "norm.place",
            "must be post in layers with a bottleneck");
    require(std::isfinite(d.epsilon) && d.epsilon >= 0, "norm.epsilon", "must be finite and not negative");
    require(d.head != Head::pooler || d.pooler, "head", "the model has no pooler (pooler: false)");
    return found;
}

std::vector<DescriptionFault> faults(const TransformerDescription& description, const PhaseConfig& phase) {
    auto found = faults(description);
    if (phase.kind != PhaseKind::encode) found.push_back({"phase.kind", "this model has phase encode alone"});
    if (phase.batch < 1 || phase.batch > max_size)
        found.push_back({"phase.batch", fmt::format("must lie in 1 to {}", max_size)});
    if (phase.sequence < 1 || phase.sequence > max_size)
        found.push_back({"phase.sequence", fmt::format("must lie in 1 to {}", max_size)});
    else if (description.positions != 0 && phase.sequence > description.positions)
        found.push_back({"positions", fmt::format("a sequence of {} is longer than the {} positions",
                                                  phase.sequence, description.positions)});
    return found;
}

}  // namespace octet
