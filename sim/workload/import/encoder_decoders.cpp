#include <fmt/format.h>

#include <string>

#include "sim/workload/import/families.h"

namespace octet {
namespace {

// Sizes that the encoder and the decoder have of their own in the file, and one of in a description.
void one_of_both(ConfigFields& fields, std::string_view encoder, std::string_view decoder,
                 std::uint64_t& value) {
    std::uint64_t other = 0;
    if (fields.integer({encoder}, value, {1, max_size}, required) &&
        fields.integer({decoder}, other, {1, max_size}, required) && other != value)
        fields.error(decoder, fmt::format("differs from {}, which is not modelled", encoder));
}

}  // namespace

void read_t5(ConfigFields& fields, TransformerDescription& model) {
    fields.integer({"d_model", "hidden_size"}, model.hidden, {1, max_size}, required);
    fields.integer({"num_layers", "num_hidden_layers"}, model.layers, {1, max_layers}, required);
    model.decoder_layers = model.layers;
    fields.integer({"num_decoder_layers"}, model.decoder_layers, {1, max_layers});
    fields.integer({"num_heads", "num_attention_heads"}, model.heads, {1, max_size}, required);
    std::uint64_t head = 0;
    if (fields.integer({"d_kv"}, head, {1, max_size}, required) && head * model.heads != model.hidden)
        model.head_values = head;
    fields.integer({"d_ff"}, model.ffn, {1, max_size}, required);
    fields.integer({"vocab_size"}, model.vocabulary, {1, max_size}, required);
    model.relative_buckets = 32;
    fields.integer({"relative_attention_num_buckets"}, model.relative_buckets);
    model.norm = OperationKind::rmsnorm;
    model.norm_place = NormPlace::pre;
    model.epsilon = 1e-6;
    fields.number({"layer_norm_epsilon"}, model.epsilon, {0, 1});
    model.embedding_norm = model.attention_scale = model.bias = false;
    model.tied = true;
    fields.flag({"tie_word_embeddings"}, model.tied);
    model.head_scale = model.tied;
    // `gated-gelu` is the one with tanh, as the code has it; the activation stands in the same text.
    std::string network = "relu";
    fields.text({"feed_forward_proj"}, network);
    model.gated = network.starts_with("gated-");
    std::string_view activation = network;
    if (model.gated) activation.remove_prefix(6);
    if (network == "gated-gelu") activation = "gelu_new";
    bool known = false;
    for (const auto& [name, kind] : hidden_act_names)
        if (name == activation) {
            model.activation = kind;
            known = true;
        }
    if (!known) fields.error("feed_forward_proj", in_quotes(network) + " is not modelled");
    // Up to which distances buckets are apart says which bias a score gets, not what that costs.
    fields.without_influence(
        {"relative_attention_max_distance", "dense_act_fn", "is_gated_act", "n_positions", "dropout_rate"});
}

// Frames through two convolutions; sinusoids or trained positions lie in a table.
void read_whisper(ConfigFields& fields, TransformerDescription& model) {
    fields.integer({"d_model", "hidden_size"}, model.hidden, {1, max_size}, required);
    fields.integer({"encoder_layers", "num_hidden_layers"}, model.layers, {1, max_layers}, required);
    fields.integer({"decoder_layers"}, model.decoder_layers, {1, max_layers}, required);
    one_of_both(fields, "encoder_attention_heads", "decoder_attention_heads", model.heads);
    one_of_both(fields, "encoder_ffn_dim", "decoder_ffn_dim", model.ffn);
    fields.integer({"vocab_size"}, model.vocabulary, {1, max_size}, required);
    model.frames = 80;
    fields.integer({"num_mel_bins"}, model.frames);
    if (fields.integer({"max_source_positions"}, model.positions, {1, max_size}, required))
        model.decoder_source = model.positions;  // sound is filled up to its full length
    fields.integer({"max_target_positions"}, model.decoder_positions, {1, max_size}, required);
    model.decoder_prompt = 4;  // start, language, task, no time stamps
    fields.choice({"activation_function"}, model.activation, hidden_act_names);
    fields.only("scale_embedding", {"false"});
    model.norm_place = NormPlace::pre;
    model.epsilon = 1e-5;
    model.bias_except = {"key"};
    model.embedding_norm = model.padding_mask = false;
    model.tied = true;
    fields.flag({"tie_word_embeddings"}, model.tied);
    // Of training, of classifiers of sounds, and of which words are made of the logits.
    fields.without_influence({"dropout",
                              "attention_dropout",
                              "activation_dropout",
                              "init_std",
                              "encoder_layerdrop",
                              "decoder_layerdrop",
                              "use_weighted_layer_sum",
                              "classifier_proj_size",
                              "apply_spec_augment",
                              "mask_time_prob",
                              "mask_time_length",
                              "mask_time_min_masks",
                              "mask_feature_prob",
                              "mask_feature_length",
                              "mask_feature_min_masks",
                              "median_filter_width",
                              "alignment_heads",
                              "forced_decoder_ids",
                              "max_length",
                              "lang_ids"});
}

}  // namespace octet
