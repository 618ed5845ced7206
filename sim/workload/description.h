// A transformer in a few numbers: kind `workload`. Keys and meaning are those of docs/workloads.md.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "sim/config/phase.h"
#include "sim/workload/graph.h"

namespace octet {

enum class NormPlace : std::uint8_t { post, pre };
enum class Head : std::uint8_t { none, pooler, classifier };  // what runs after the last layer
// What attention works on in a layer with a bottleneck: query and key on a bottleneck of their own and value
// on the hidden state (MobileBERT); all three on the layer's bottleneck; all three on the hidden state.
enum class BottleneckAttention : std::uint8_t { shared_query_key, input, hidden };

constexpr std::uint64_t max_layers = 10'000, max_size = 1 << 24;  // of a description and a phase

struct TransformerDescription {
    std::string name;
    std::uint64_t layers = 0, hidden = 0, heads = 0;
    std::uint64_t kv_heads = 0;  // 0: as many as heads
    std::uint64_t ffn = 0;
    std::uint64_t ffn_count = 1;                     // feed-forward networks of a layer, one after the other
    OperationKind activation = OperationKind::gelu;  // gelu, relu, silu, tanh or sigmoid
    OperationKind norm = OperationKind::layernorm;   // layernorm, rmsnorm or nonorm
    NormPlace norm_place = NormPlace::post;
    double epsilon = 1e-12;
    std::uint64_t vocabulary = 0, positions = 0;
    std::uint64_t token_types = 0;  // 0: no such table
    bool embedding_norm = true;
    std::uint64_t embedding_size = 0;  // values of a word; 0: hidden
    bool trigram = false;              // a token takes the words after and before it too
    std::uint64_t bottleneck = 0;      // values of a token inside a layer; 0: hidden
    BottleneckAttention bottleneck_attention = BottleneckAttention::shared_query_key;
    bool bias = true;  // in all dense layers
    bool pooler =
        false;  // the model has one: its parameters count and lie in DRAM, whether `head` runs it or not
    Head head = Head::none;
    std::uint64_t labels = 2;  // of a classifier

    std::uint64_t layer_size() const { return bottleneck == 0 ? hidden : bottleneck; }
    std::uint64_t head_size() const { return layer_size() / heads; }
    std::uint64_t word_size() const { return embedding_size == 0 ? hidden : embedding_size; }
    std::uint64_t key_value_heads() const { return kv_heads == 0 ? heads : kv_heads; }
    bool operator==(const TransformerDescription&) const = default;
};

// What contradicts itself or lies outside of what an expansion takes: the key at fault and why.
struct DescriptionFault {
    std::string key, message;
};
std::vector<DescriptionFault> faults(const TransformerDescription& description);
std::vector<DescriptionFault> faults(const TransformerDescription& description, const PhaseConfig& phase);

// The graph of one pass over phase.batch samples of phase.sequence tokens. The final hidden state (and what
// the head makes of it) has role output. A pooler that `head` does not run leaves weights that no operation
// reads. Throws std::invalid_argument with the first fault of the description for this phase.
Graph expand(const TransformerDescription& description, const PhaseConfig& phase);

}  // namespace octet
