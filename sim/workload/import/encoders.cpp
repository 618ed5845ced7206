#include <fmt/format.h>

#include <string>

#include "sim/workload/import/families.h"

namespace octet {
namespace {

constexpr Interval epsilons{0, 1};

// What BERT and its descendants have in common.
void read_sizes(ConfigFields& fields, TransformerDescription& model) {
    fields.integer({"hidden_size"}, model.hidden, {1, max_size}, required);
    fields.integer({"num_hidden_layers"}, model.layers, {1, max_layers}, required);
    fields.integer({"num_attention_heads"}, model.heads, {1, max_size}, required);
    fields.integer({"intermediate_size"}, model.ffn, {1, max_size}, required);
    fields.choice({"hidden_act"}, model.activation, hidden_act_names);
    fields.number({"layer_norm_eps"}, model.epsilon, epsilons);
    fields.without_influence({"hidden_dropout_prob", "attention_probs_dropout_prob"});
}

void read_words(ConfigFields& fields, TransformerDescription& model) {
    fields.integer({"vocab_size"}, model.vocabulary, {1, max_size}, required);
    fields.integer({"max_position_embeddings"}, model.positions, {1, max_size}, required);
    model.token_types = 2;
    fields.integer({"type_vocab_size"}, model.token_types, {1, max_size});
    fields.only("position_embedding_type", {"absolute"});
    model.tied = true;
    fields.flag({"tie_word_embeddings"}, model.tied);
}

}  // namespace

void read_bert(ConfigFields& fields, TransformerDescription& model) {
    read_sizes(fields, model);
    read_words(fields, model);
    model.pooler = true;
    // Of some multilingual files: no code reads them.
    fields.without_influence({"directionality", "pooler_fc_size", "pooler_num_attention_heads",
                              "pooler_num_fc_layers", "pooler_size_per_head", "pooler_type"});
}

// Positions count from the one behind the padding token's id on.
void read_roberta(ConfigFields& fields, TransformerDescription& model) {
    read_bert(fields, model);
    std::uint64_t padding = 1;
    fields.integer({"pad_token_id"}, padding, {0, max_size - 1});
    model.position_offset = padding + 1;
}

void read_distilbert(ConfigFields& fields, TransformerDescription& model) {
    fields.integer({"dim", "hidden_size"}, model.hidden, {1, max_size}, required);
    fields.integer({"n_layers", "num_hidden_layers"}, model.layers, {1, max_layers}, required);
    fields.integer({"n_heads", "num_attention_heads"}, model.heads, {1, max_size}, required);
    fields.integer({"hidden_dim"}, model.ffn, {1, max_size}, required);
    fields.choice({"activation"}, model.activation, hidden_act_names);
    fields.integer({"vocab_size"}, model.vocabulary, {1, max_size}, required);
    fields.integer({"max_position_embeddings"}, model.positions, {1, max_size}, required);
    model.tied = true;
    fields.flag({"tie_word_embeddings"}, model.tied);
    // Sinusoids fill the table of positions once; it is read like a trained one.
    fields.without_influence({"sinusoidal_pos_embds", "dropout", "attention_dropout", "qa_dropout",
                              "seq_classif_dropout", "tie_weights_"});
}

void read_mobilebert(ConfigFields& fields, TransformerDescription& model) {
    read_sizes(fields, model);
    read_words(fields, model);
    model.embedding_size = 128;
    fields.integer({"embedding_size"}, model.embedding_size);
    model.trigram = true;
    fields.flag({"trigram_input"}, model.trigram);
    model.ffn_count = 4;
    fields.integer({"num_feedforward_networks"}, model.ffn_count, {1, max_layers});
    bool bottleneck = true, shared = true, own = false;
    fields.flag({"use_bottleneck"}, bottleneck);
    fields.flag({"key_query_shared_bottleneck"}, shared);
    fields.flag({"use_bottleneck_attention"}, own);
    std::uint64_t inside = 128;
    fields.integer({"intra_bottleneck_size"}, inside);
    if (bottleneck) {
        model.bottleneck = inside;
        model.bottleneck_attention = own      ? BottleneckAttention::input
                                     : shared ? BottleneckAttention::shared_query_key
                                              : BottleneckAttention::hidden;
    }
    std::uint64_t true_size = bottleneck ? inside : model.hidden;
    if (fields.integer({"true_hidden_size"}, true_size) && true_size != (bottleneck ? inside : model.hidden))
        fields.error("true_hidden_size",
                     fmt::format("is {} in a model with these sizes", bottleneck ? inside : model.hidden));
    constexpr std::array<Named<OperationKind>, 2> norms{
        {{"no_norm", OperationKind::nonorm}, {"layer_norm", OperationKind::layernorm}}};
    model.norm = OperationKind::nonorm;
    fields.choice({"normalization_type"}, model.norm, norms);
    fields.flag({"classifier_activation"}, model.pooler);
}

void read_vit(ConfigFields& fields, TransformerDescription& model) {
    read_sizes(fields, model);
    model.norm_place = NormPlace::pre;
    model.embedding_norm = model.padding_mask = false;
    std::uint64_t patch = 16, channels = 3, height = 224, width = 224;
    fields.integer({"patch_size"}, patch, {1, 4096});
    fields.integer({"num_channels"}, channels, {1, 256});
    const Node* image = fields.find({"image_size"});
    if (image != nullptr && image->is_list() && image->items.size() == 2) {
        Node sides;
        sides.kind = Node::Kind::map;
        sides.location = image->location;
        sides.entries = {{"height", image->location, image->items[0]},
                         {"width", image->location, image->items[1]}};
        ConfigFields both(sides, fields.diagnostics(), "image_size.");
        both.integer({"height"}, height, {1, 65536});
        both.integer({"width"}, width, {1, 65536});
    } else if (fields.integer({"image_size"}, height, {1, 65536})) {
        width = height;
    }
    if (height < patch || width < patch) fields.error("image_size", "is smaller than a patch");
    model.patches = channels * patch * patch;
    model.positions = (height / patch) * (width / patch) + 1;  // and the class token
    bool bias = true;
    fields.flag({"qkv_bias"}, bias);
    if (!bias) model.bias_except = {"query", "key", "value"};
    fields.without_influence({"encoder_stride", "pooler_output_size", "pooler_act"});
}

}  // namespace octet
