// A transformer in a few numbers: kind `workload`. Keys and meaning are those of docs/workloads.md.
#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sim/config/phase.h"
#include "sim/workload/graph.h"

namespace octet {

enum class NormPlace : std::uint8_t { post, pre };
// What runs after the last layer: on the first token of each sample the pooler, or it and a classifier; on
// every token a language model's product with the vocabulary, or that after BERT's transform (mlm).
enum class Head : std::uint8_t { none, pooler, classifier, lm, mlm };
// What attention works on in a layer with a bottleneck: query and key on a bottleneck of their own and value
// on the hidden state (MobileBERT); all three on the layer's bottleneck; all three on the hidden state.
enum class BottleneckAttention : std::uint8_t { shared_query_key, input, hidden };

constexpr std::uint64_t max_layers = 10'000, max_size = 1 << 24;  // of a description and a phase
constexpr std::uint64_t max_tokens = 10'000;                      // of decode

struct TransformerDescription {
    std::string name;
    std::uint64_t layers = 0, hidden = 0, heads = 0;
    std::uint64_t kv_heads = 0;     // 0: as many as heads
    std::uint64_t head_values = 0;  // of a head; 0: hidden (or the bottleneck) / heads
    std::uint64_t ffn = 0;
    std::uint64_t ffn_count = 1;                     // feed-forward networks of a layer, one after the other
    bool gated = false;                              // down(activation(gate(x)) * up(x))
    OperationKind activation = OperationKind::gelu;  // an activation function
    OperationKind norm = OperationKind::layernorm;   // layernorm, rmsnorm or nonorm
    NormPlace norm_place = NormPlace::post;
    double epsilon = 1e-12;
    std::uint64_t vocabulary = 0, positions = 0;
    std::uint64_t position_offset = 0;  // rows of the table of positions before that of the first token
    std::uint64_t token_types = 0;      // 0: no such table
    std::uint64_t patches = 0;          // values of a patch: patches, an input, take the place of words
    bool causal = false;                // a token sees itself and those before
    std::uint64_t window = 0;           // so many of them at most; 0: all
    bool padding_mask = true;           // scores get a mask of the sample, an input
    bool attention_scale = true;        // scores are divided by the root of a head's values
    bool rotary = false;                // queries and keys are turned by their positions
    Rotation rotation{};
    bool embedding_norm = true;
    std::uint64_t embedding_size = 0;  // values of a word; 0: hidden
    bool trigram = false;              // a token takes the words after and before it too
    std::uint64_t bottleneck = 0;      // values of a token inside a layer; 0: hidden
    BottleneckAttention bottleneck_attention = BottleneckAttention::shared_query_key;
    bool bias = true;                        // in all dense layers but the head `lm`
    std::vector<std::string> bias_except{};  // dense layers for which the contrary holds
    bool pooler =
        false;  // the model has one: its parameters count and lie in DRAM, whether `head` runs it or not
    Head head = Head::none;
    std::uint64_t labels = 2;  // of a classifier
    // A decoder behind the encoder: layers of causal attention, attention to the encoder's states and a
    // feed-forward network, of the same sizes.
    std::uint64_t decoder_layers = 0;     // 0: none
    std::uint64_t decoder_positions = 0;  // rows of its table of positions; 0: no table
    std::uint64_t decoder_prompt = 1;     // prefill: tokens that it begins with
    std::uint64_t decoder_source = 512;   // decode: tokens of the encoder that it attends to
    std::uint64_t relative_buckets = 0;   // rows of the table behind a bias of scores by distance; 0: none
    std::uint64_t frames = 0;             // values of a frame: two convolutions take the place of words
    bool head_scale = false;              // the head's input is divided by the root of hidden
    bool tied = false;                    // a head over the vocabulary uses the word table

    std::uint64_t layer_size() const { return bottleneck == 0 ? hidden : bottleneck; }
    std::uint64_t head_size() const { return head_values == 0 ? layer_size() / heads : head_values; }
    bool has_bias(std::string_view layer) const;
    bool has_decoder() const { return decoder_layers != 0; }
    bool has_vocabulary_head() const { return head == Head::lm || head == Head::mlm; }
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

// Tokens of a sample that a step of training puts through a decoder behind the encoder.
std::uint64_t decoder_tokens(const TransformerDescription& description, const PhaseConfig& phase);

// The names that `bias_except` takes.
constexpr auto biased_layers =
    std::to_array<std::string_view>({"query", "key", "value", "output", "gate", "up", "down"});

// encode: the graph of one pass over phase.batch samples of phase.sequence tokens. prefill: the same; keys
// and values are outputs, and a head over the vocabulary runs on the last token of each sample. decode:
// phase.tokens passes over one token of each sample, each with one key more; the caches are inputs in which
// its key and value are, and these are outputs too. The final hidden state (and what the head makes of it)
// has role output. Of a model with a decoder encode runs the encoder alone, prefill both, decode the decoder,
// with keys and values of the encoder's states from caches too. A pooler that `head` does not run leaves
// weights that no operation reads. Throws std::invalid_argument with the first fault of the description for
// this phase. finetune_lora and train: one step, as docs/training.md tells; of a model with a decoder both.
Graph expand(const TransformerDescription& description, const PhaseConfig& phase);

}  // namespace octet
