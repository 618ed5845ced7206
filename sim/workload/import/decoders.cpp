#include <optional>
#include <string>

#include "sim/workload/import/families.h"

namespace octet {
namespace {

// Scaled rotary positions: `rope_scaling` of older files, part of `rope_parameters` in newer ones.
void read_scaling(ConfigFields& fields, Rotation& rotation) {
    enum class Scaling : std::uint8_t { none, linear, llama3 };
    constexpr std::array<Named<Scaling>, 3> names{
        {{"default", Scaling::none}, {"linear", Scaling::linear}, {"llama3", Scaling::llama3}}};
    Scaling scaling = Scaling::none;
    if (!fields.has({"rope_type", "type"})) fields.error("rope_type", "missing: how positions are scaled");
    fields.choice({"rope_type", "type"}, scaling, names);
    const Presence presence = scaling == Scaling::none ? Presence::optional : required;
    double factor = 1;
    fields.number({"factor"}, factor, {1, 1e6}, presence);
    Rotation read = rotation;
    if (scaling == Scaling::llama3) {
        fields.number({"low_freq_factor"}, read.low_frequency, {1e-3, 1e6}, required);
        fields.number({"high_freq_factor"}, read.high_frequency, {1e-3, 1e6}, required);
        fields.integer({"original_max_position_embeddings"}, read.original_positions, {1, max_size},
                       required);
    } else {
        fields.without_influence({"original_max_position_embeddings"});
    }
    // No wavelength is below 2 pi, so with one original position all are stretched alike.
    if (scaling == Scaling::linear) read.original_positions = 1;
    read.factor = factor;
    if (scaling != Scaling::none && factor != 1) rotation = read;
}

void read_rotary(ConfigFields& fields, TransformerDescription& model) {
    model.rotary = true;
    const Interval thetas{1, 1e12};
    const bool written = fields.number({"rope_theta"}, model.rotation.theta, thetas);
    fields.only("partial_rotary_factor", {"1", "1.0"});
    const Node *older = fields.find({"rope_scaling"}), *newer = fields.find({"rope_parameters"});
    if (older != nullptr && newer != nullptr)
        return fields.error("rope_scaling", "stands beside rope_parameters, which means the same");
    const Node* node = older != nullptr ? older : newer;
    if (node == nullptr) return;
    const char* key = older != nullptr ? "rope_scaling" : "rope_parameters";
    if (!node->is_map()) return fields.error(key, "expected a mapping");
    ConfigFields inner(*node, fields.diagnostics(), fields.path(key) + ".");
    double theta = model.rotation.theta;
    if (newer != nullptr && inner.number({"rope_theta"}, theta, thetas)) {
        if (written && theta != model.rotation.theta)
            inner.error("rope_theta", "differs from rope_theta outside of rope_parameters");
        model.rotation.theta = theta;
    }
    inner.only("partial_rotary_factor", {"1", "1.0"});
    read_scaling(inner, model.rotation);
    inner.finish();
}

void read_rotary_decoder(ConfigFields& fields, TransformerDescription& model) {
    fields.integer({"hidden_size"}, model.hidden, {1, max_size}, required);
    fields.integer({"num_hidden_layers"}, model.layers, {1, max_layers}, required);
    fields.integer({"num_attention_heads"}, model.heads, {1, max_size}, required);
    fields.integer({"num_key_value_heads"}, model.kv_heads);
    fields.integer({"intermediate_size"}, model.ffn, {1, max_size}, required);
    fields.integer({"vocab_size"}, model.vocabulary, {1, max_size}, required);
    std::uint64_t head = 0;
    if (fields.integer({"head_dim"}, head) && (model.heads == 0 || head * model.heads != model.hidden))
        model.head_values = head;
    if (model.kv_heads == model.heads) model.kv_heads = 0;
    model.activation = OperationKind::silu;
    fields.choice({"hidden_act"}, model.activation, hidden_act_names);
    model.gated = true;
    model.norm = OperationKind::rmsnorm;
    model.norm_place = NormPlace::pre;
    model.epsilon = 1e-6;
    fields.number({"rms_norm_eps"}, model.epsilon, {0, 1});
    model.embedding_norm = model.padding_mask = model.bias = false;
    model.causal = true;
    read_rotary(fields, model);
    fields.flag({"tie_word_embeddings"}, model.tied);
    // The longest sequence that it was trained for: there is no table.
    fields.without_influence({"max_position_embeddings", "attention_dropout"});
}

}  // namespace

void read_gpt2(ConfigFields& fields, TransformerDescription& model) {
    fields.integer({"n_embd", "hidden_size"}, model.hidden, {1, max_size}, required);
    fields.integer({"n_layer", "num_hidden_layers"}, model.layers, {1, max_layers}, required);
    fields.integer({"n_head", "num_attention_heads"}, model.heads, {1, max_size}, required);
    fields.integer({"n_positions", "max_position_embeddings"}, model.positions, {1, max_size}, required);
    fields.integer({"vocab_size"}, model.vocabulary, {1, max_size}, required);
    model.ffn = 4 * model.hidden;
    fields.integer({"n_inner"}, model.ffn);
    model.activation = OperationKind::gelu_tanh;
    fields.choice({"activation_function"}, model.activation, hidden_act_names);
    model.norm_place = NormPlace::pre;
    model.epsilon = 1e-5;
    fields.number({"layer_norm_epsilon"}, model.epsilon, {0, 1});
    model.embedding_norm = model.padding_mask = false;
    model.causal = model.tied = true;
    fields.flag({"tie_word_embeddings"}, model.tied);
    fields.flag({"scale_attn_weights"}, model.attention_scale);
    fields.only("scale_attn_by_inverse_layer_idx", {"false"});
    // An order of the same steps for float16; n_ctx is n_positions of older files.
    fields.without_influence({"reorder_and_upcast_attn", "n_ctx", "attn_pdrop", "embd_pdrop", "resid_pdrop",
                              "summary_activation", "summary_first_dropout", "summary_proj_to_labels",
                              "summary_type", "summary_use_proj"});
}

void read_llama(ConfigFields& fields, TransformerDescription& model) {
    read_rotary_decoder(fields, model);
    bool network = false;
    fields.flag({"attention_bias"}, model.bias);
    fields.flag({"mlp_bias"}, network);
    if (network != model.bias) model.bias_except = {"gate", "up", "down"};
    fields.without_influence({"pretraining_tp"});  // products cut in parts and added up again
}

void read_mistral(ConfigFields& fields, TransformerDescription& model) {
    read_rotary_decoder(fields, model);
    if (!fields.has({"sliding_window"})) return;
    fields.integer({"sliding_window"}, model.window);
}

}  // namespace octet
