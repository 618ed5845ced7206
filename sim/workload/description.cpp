#include "sim/workload/description.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

namespace octet {

bool TransformerDescription::has_bias(std::string_view layer) const {
    return bias != (std::ranges::find(bias_except, layer) != bias_except.end());
}

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
    range(d.head_values, "head_size", 0, max_size);
    range(d.vocabulary, "vocabulary", d.patches == 0 ? 1 : 0, max_size);
    range(d.positions, "positions", 0, max_size);
    range(d.position_offset, "position_offset", 0, max_size);
    range(d.patches, "embedding.patches", 0, max_size);
    range(d.window, "window", 0, max_size);
    range(d.token_types, "token_types", 0, max_size);
    // Tables of an embedding come in one order: word, position, token type.
    require(d.token_types == 0 || d.positions != 0, "token_types", "need a table of positions");
    if (d.heads != 0) {
        require(d.head_values != 0 || d.layer_size() % d.heads == 0, "heads",
                fmt::format("{} heads do not divide a {} of {}", d.heads,
                            d.bottleneck == 0 ? "hidden size" : "bottleneck", d.layer_size()));
        require(d.heads % d.key_value_heads() == 0, "kv_heads",
                fmt::format("{} key and value heads do not divide {} heads", d.kv_heads, d.heads));
    }
    require(is_activation(d.activation), "activation", "must be an activation function");
    for (const std::string& layer : d.bias_except)
        require(std::ranges::find(biased_layers, layer) != biased_layers.end(), "bias_except",
                fmt::format("no dense layer is called '{}'", layer));
    require(d.position_offset == 0 || d.positions > d.position_offset, "position_offset",
            fmt::format("leaves none of {} positions", d.positions));
    require(d.window == 0 || d.causal, "window", "needs causal: true");
    require(!d.rotary || d.heads == 0 || d.head_size() % 2 == 0, "rotary",
            fmt::format("heads of {} values have no halves", d.heads == 0 ? 0 : d.head_size()));
    const Rotation& r = d.rotation;
    for (const double x : {r.theta, r.factor, r.low_frequency, r.high_frequency})
        require(std::isfinite(x) && x > 0, "rope", "has a number that is not finite and positive");
    require(r.factor == 1 || r.high_frequency > r.low_frequency, "rope.high_frequency",
            "must be larger than low_frequency");
    if (d.patches != 0) {
        require(d.vocabulary == 0, "vocabulary", "must be 0 with patches");
        require(!d.trigram && d.embedding_size == 0, "embedding.patches", "takes no words");
        require(d.positions != 0, "positions", "are needed with patches");
        require(!d.causal, "causal", "is not possible with patches");
    }
    require(!d.tied || d.has_vocabulary_head(), "tied", "needs head: lm or mlm");
    require(!d.has_vocabulary_head() || d.patches == 0, "head", "patches have no vocabulary");
    require(!d.tied || (d.word_size() == d.hidden && !d.trigram), "tied", "needs words of the hidden size");
    require(is_norm(d.norm), "norm.kind", "must be a norm");
    require(d.bottleneck == 0 || d.norm_place == NormPlace::post, "norm.place",
            "must be post in layers with a bottleneck");
    require(std::isfinite(d.epsilon) && d.epsilon >= 0, "norm.epsilon", "must be finite and not negative");
    range(d.decoder_layers, "decoder.layers", 0, max_layers);
    range(d.decoder_positions, "decoder.positions", 0, max_size);
    range(d.decoder_prompt, "decoder.prompt", 1, max_size);
    range(d.decoder_source, "decoder.source", 1, max_size);
    range(d.relative_buckets, "relative_buckets", 0, max_size);
    range(d.frames, "embedding.frames", 0, max_size);
    if (d.has_decoder()) {
        const auto alone = [&](bool absent, const char* key) {
            require(absent, key, "is not possible with a decoder behind the encoder");
        };
        alone(!d.causal && d.window == 0, "causal");
        alone(!d.rotary, "rotary");
        alone(d.bottleneck == 0, "bottleneck.size");
        alone(d.patches == 0, "embedding.patches");
        alone(!d.trigram && d.embedding_size == 0, "embedding.size");
        alone(d.token_types == 0, "token_types");
        alone(d.ffn_count == 1, "ffn_count");
        alone(!d.pooler, "pooler");
        alone(d.head == Head::none || d.head == Head::lm, "head");
        require(d.decoder_positions == 0 || d.decoder_positions >= d.decoder_prompt, "decoder.prompt",
                fmt::format("of {} is longer than the {} positions", d.decoder_prompt, d.decoder_positions));
    }
    require(d.frames == 0 || d.has_decoder(), "embedding.frames", "needs a decoder");
    require(d.frames == 0 || d.positions != 0, "positions", "are needed with frames");
    require(d.relative_buckets == 0 || (d.positions == 0 && !d.rotary), "relative_buckets",
            "takes the place of positions");
    require(d.relative_buckets == 0 || d.has_decoder(), "relative_buckets", "needs a decoder");
    require(!d.head_scale || d.has_vocabulary_head(), "head_scale", "needs head: lm or mlm");
    require(d.head != Head::pooler || d.pooler, "head", "the model has no pooler (pooler: false)");
    return found;
}

std::uint64_t decoder_tokens(const TransformerDescription& description, const PhaseConfig& phase) {
    if (phase.decoder_sequence != 0) return phase.decoder_sequence;
    const std::uint64_t positions = description.decoder_positions;
    return positions == 0
               ? phase.sequence
               : std::min(phase.sequence, positions - std::min(positions, description.position_offset));
}

std::vector<DescriptionFault> faults(const TransformerDescription& description, const PhaseConfig& phase) {
    auto found = faults(description);
    const auto range = [&](std::uint64_t value, const char* key, std::uint64_t most) {
        if (value < 1 || value > most) found.push_back({key, fmt::format("must lie in 1 to {}", most)});
        return value >= 1 && value <= most;
    };
    const bool decode = phase.kind == PhaseKind::decode;
    if ((decode || phase.kind == PhaseKind::prefill) && !description.causal && !description.has_decoder())
        found.push_back({"phase.kind", "needs a model with causal: true"});
    if (decode && (description.head == Head::pooler || description.head == Head::classifier))
        found.push_back(
            {"head", fmt::format("{} works on the first token of a sample, which decode has not",
                                 description.head == Head::pooler ? "a pooler" : "a classifier")});
    if (phase.decoder_sequence != 0 && !description.has_decoder())
        found.push_back({"phase.decoder_sequence", "needs a decoder behind the encoder"});
    if (trains(phase) && description.has_decoder() && description.decoder_positions != 0) {
        const std::uint64_t tokens = decoder_tokens(description, phase),
                            there = description.decoder_positions -
                                    std::min(description.decoder_positions, description.position_offset);
        if (tokens == 0 || tokens > there)
            found.push_back({"phase.decoder_sequence", fmt::format("of {} is longer than the {} positions of "
                                                                   "the decoder",
                                                                   tokens, there)});
    }
    if (phase.kind == PhaseKind::finetune_lora) {
        if (phase.rank < 1 || phase.rank > max_size)
            found.push_back({"phase.rank", fmt::format("must lie in 1 to {}", max_size)});
        if (!std::isfinite(phase.alpha)) found.push_back({"phase.alpha", "must be finite"});
        if (phase.targets.empty()) found.push_back({"phase.targets", "name no layer"});
    }
    range(phase.batch, "phase.batch", max_size);
    std::uint64_t last = 0;  // positions that are used
    if (decode) {
        if (range(phase.context, "phase.context", max_size) &&
            range(phase.tokens, "phase.tokens", max_tokens))
            last = phase.context + phase.tokens - 1;
    } else if (range(phase.sequence, "phase.sequence", max_size)) {
        last = phase.sequence;
    }
    const std::uint64_t table =
        decode && description.has_decoder() ? description.decoder_positions : description.positions;
    const std::uint64_t there = table - std::min(table, description.position_offset);
    if (table != 0 && last > there)
        found.push_back(
            {"positions", fmt::format("a sequence of {} is longer than the {} positions", last, there)});
    if (description.patches != 0 && last == 1)
        found.push_back({"phase.sequence", "must hold a class token and a patch at least"});
    return found;
}

}  // namespace octet
