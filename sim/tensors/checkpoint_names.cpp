#include "sim/tensors/checkpoint_names.h"

#include <array>
#include <optional>

namespace octet {
namespace {

using enum NameKind;

constexpr auto bert_body = std::to_array<NameRow>({
    {table, "embeddings.word", "embeddings.word_embeddings"},
    {table, "embeddings.position", "embeddings.position_embeddings"},
    {table, "embeddings.token_type", "embeddings.token_type_embeddings"},
    {norm, "embeddings.norm", "embeddings.LayerNorm"},
    {linear, "layer#.attention.query", "encoder.layer.#.attention.self.query"},
    {linear, "layer#.attention.key", "encoder.layer.#.attention.self.key"},
    {linear, "layer#.attention.value", "encoder.layer.#.attention.self.value"},
    {linear, "layer#.attention.output", "encoder.layer.#.attention.output.dense"},
    {norm, "layer#.attention.norm", "encoder.layer.#.attention.output.LayerNorm"},
    {linear, "layer#.ffn.up", "encoder.layer.#.intermediate.dense"},
    {linear, "layer#.ffn.down", "encoder.layer.#.output.dense"},
    {norm, "layer#.ffn.norm", "encoder.layer.#.output.LayerNorm"},
    {linear, "pooler", "pooler.dense"},
});
constexpr auto bert_heads = std::to_array<NameRow>({
    {linear, "head.transform", "cls.predictions.transform.dense"},
    {norm, "head.norm", "cls.predictions.transform.LayerNorm"},
    {linear, "head", "cls.predictions.decoder"},
    {tensor, "head.bias", "cls.predictions.bias"},
    {linear, "classifier", "classifier"},
});
constexpr auto bert_ignored =
    std::to_array<std::string_view>({"*position_ids", "cls.*", "classifier.*", "qa_outputs.*", "*pooler.*"});

constexpr auto roberta_heads = std::to_array<NameRow>({
    {linear, "head.transform", "lm_head.dense"},
    {norm, "head.norm", "lm_head.layer_norm"},
    {linear, "head", "lm_head.decoder"},
    {tensor, "head.bias", "lm_head.bias"},
    {linear, "pooler", "classifier.dense"},
    {linear, "classifier", "classifier.out_proj"},
});
constexpr auto roberta_ignored = std::to_array<std::string_view>(
    {"*position_ids", "lm_head.*", "classifier.*", "qa_outputs.*", "*pooler.*"});

constexpr auto distilbert_body = std::to_array<NameRow>({
    {table, "embeddings.word", "embeddings.word_embeddings"},
    {table, "embeddings.position", "embeddings.position_embeddings"},
    {norm, "embeddings.norm", "embeddings.LayerNorm"},
    {linear, "layer#.attention.query", "transformer.layer.#.attention.q_lin"},
    {linear, "layer#.attention.key", "transformer.layer.#.attention.k_lin"},
    {linear, "layer#.attention.value", "transformer.layer.#.attention.v_lin"},
    {linear, "layer#.attention.output", "transformer.layer.#.attention.out_lin"},
    {norm, "layer#.attention.norm", "transformer.layer.#.sa_layer_norm"},
    {linear, "layer#.ffn.up", "transformer.layer.#.ffn.lin1"},
    {linear, "layer#.ffn.down", "transformer.layer.#.ffn.lin2"},
    {norm, "layer#.ffn.norm", "transformer.layer.#.output_layer_norm"},
});
constexpr auto distilbert_heads = std::to_array<NameRow>({
    {linear, "head.transform", "vocab_transform"},
    {norm, "head.norm", "vocab_layer_norm"},
    {linear, "head", "vocab_projector"},
});
constexpr auto distilbert_ignored = std::to_array<std::string_view>(
    {"*position_ids", "vocab_*", "pre_classifier.*", "classifier.*", "qa_outputs.*"});

constexpr auto mobilebert_body = std::to_array<NameRow>({
    {table, "embeddings.word", "embeddings.word_embeddings"},
    {table, "embeddings.position", "embeddings.position_embeddings"},
    {table, "embeddings.token_type", "embeddings.token_type_embeddings"},
    {linear, "embeddings.projection", "embeddings.embedding_transformation"},
    {norm, "embeddings.norm", "embeddings.LayerNorm"},
    {linear, "layer#.bottleneck.input", "encoder.layer.#.bottleneck.input.dense"},
    {norm, "layer#.bottleneck.input.norm", "encoder.layer.#.bottleneck.input.LayerNorm"},
    {linear, "layer#.bottleneck.attention", "encoder.layer.#.bottleneck.attention.dense"},
    {norm, "layer#.bottleneck.attention.norm", "encoder.layer.#.bottleneck.attention.LayerNorm"},
    {linear, "layer#.attention.query", "encoder.layer.#.attention.self.query"},
    {linear, "layer#.attention.key", "encoder.layer.#.attention.self.key"},
    {linear, "layer#.attention.value", "encoder.layer.#.attention.self.value"},
    {linear, "layer#.attention.output", "encoder.layer.#.attention.output.dense"},
    {norm, "layer#.attention.norm", "encoder.layer.#.attention.output.LayerNorm"},
    {linear, "layer#.ffn#.up", "encoder.layer.#.ffn.#.intermediate.dense"},
    {linear, "layer#.ffn#.up", "encoder.layer.#.intermediate.dense"},  // the last of them
    {linear, "layer#.ffn#.down", "encoder.layer.#.ffn.#.output.dense"},
    {linear, "layer#.ffn#.down", "encoder.layer.#.output.dense"},
    {norm, "layer#.ffn#.norm", "encoder.layer.#.ffn.#.output.LayerNorm"},
    {norm, "layer#.ffn#.norm", "encoder.layer.#.output.LayerNorm"},
    {linear, "layer#.bottleneck.output", "encoder.layer.#.output.bottleneck.dense"},
    {norm, "layer#.bottleneck.norm", "encoder.layer.#.output.bottleneck.LayerNorm"},
});
constexpr auto classifier_alone = std::to_array<NameRow>({{linear, "classifier", "classifier"}});

constexpr auto gpt2_body = std::to_array<NameRow>({
    {table, "embeddings.word", "wte"},
    {table, "embeddings.position", "wpe"},
    {norm, "layer#.attention.norm", "h.#.ln_1"},
    {conv1d, "layer#.attention.query", "h.#.attn.c_attn", 0, 3},
    {conv1d, "layer#.attention.key", "h.#.attn.c_attn", 1, 3},
    {conv1d, "layer#.attention.value", "h.#.attn.c_attn", 2, 3},
    {conv1d, "layer#.attention.output", "h.#.attn.c_proj"},
    {norm, "layer#.ffn.norm", "h.#.ln_2"},
    {conv1d, "layer#.ffn.up", "h.#.mlp.c_fc"},
    {conv1d, "layer#.ffn.down", "h.#.mlp.c_proj"},
    {norm, "norm", "ln_f"},
});
constexpr auto lm_head = std::to_array<NameRow>({{linear, "head", "lm_head"}});
constexpr auto gpt2_ignored =
    std::to_array<std::string_view>({"*.attn.bias", "*.attn.masked_bias", "lm_head.*"});

constexpr auto llama_body = std::to_array<NameRow>({
    {table, "embeddings.word", "embed_tokens"},
    {norm, "layer#.attention.norm", "layers.#.input_layernorm"},
    {linear, "layer#.attention.query", "layers.#.self_attn.q_proj"},
    {linear, "layer#.attention.key", "layers.#.self_attn.k_proj"},
    {linear, "layer#.attention.value", "layers.#.self_attn.v_proj"},
    {linear, "layer#.attention.output", "layers.#.self_attn.o_proj"},
    {norm, "layer#.ffn.norm", "layers.#.post_attention_layernorm"},
    {linear, "layer#.ffn.gate", "layers.#.mlp.gate_proj"},
    {linear, "layer#.ffn.up", "layers.#.mlp.up_proj"},
    {linear, "layer#.ffn.down", "layers.#.mlp.down_proj"},
    {norm, "norm", "norm"},
});
constexpr auto llama_ignored = std::to_array<std::string_view>({"*.rotary_emb.inv_freq", "lm_head.*"});

constexpr auto vit_body = std::to_array<NameRow>({
    {tensor, "embeddings.class", "embeddings.cls_token"},
    {tensor, "embeddings.position", "embeddings.position_embeddings"},
    {linear, "embeddings.projection", "embeddings.patch_embeddings.projection"},
    {norm, "layer#.attention.norm", "encoder.layer.#.layernorm_before"},
    {linear, "layer#.attention.query", "encoder.layer.#.attention.attention.query"},
    {linear, "layer#.attention.key", "encoder.layer.#.attention.attention.key"},
    {linear, "layer#.attention.value", "encoder.layer.#.attention.attention.value"},
    {linear, "layer#.attention.output", "encoder.layer.#.attention.output.dense"},
    {norm, "layer#.ffn.norm", "encoder.layer.#.layernorm_after"},
    {linear, "layer#.ffn.up", "encoder.layer.#.intermediate.dense"},
    {linear, "layer#.ffn.down", "encoder.layer.#.output.dense"},
    {norm, "norm", "layernorm"},
    {linear, "pooler", "pooler.dense"},
});
constexpr auto vit_ignored = std::to_array<std::string_view>({"*mask_token", "classifier.*", "*pooler.*"});

constexpr auto t5_body = std::to_array<NameRow>({
    {table, "embeddings.word", "shared"},
    {linear, "relative_bias", "encoder.block.0.layer.0.SelfAttention.relative_attention_bias"},
    {norm, "layer#.attention.norm", "encoder.block.#.layer.0.layer_norm"},
    {linear, "layer#.attention.query", "encoder.block.#.layer.0.SelfAttention.q"},
    {linear, "layer#.attention.key", "encoder.block.#.layer.0.SelfAttention.k"},
    {linear, "layer#.attention.value", "encoder.block.#.layer.0.SelfAttention.v"},
    {linear, "layer#.attention.output", "encoder.block.#.layer.0.SelfAttention.o"},
    {norm, "layer#.ffn.norm", "encoder.block.#.layer.1.layer_norm"},
    {linear, "layer#.ffn.gate", "encoder.block.#.layer.1.DenseReluDense.wi_0"},  // of version 1.1
    {linear, "layer#.ffn.up", "encoder.block.#.layer.1.DenseReluDense.wi_1"},
    {linear, "layer#.ffn.up", "encoder.block.#.layer.1.DenseReluDense.wi"},
    {linear, "layer#.ffn.down", "encoder.block.#.layer.1.DenseReluDense.wo"},
    {norm, "norm", "encoder.final_layer_norm"},
    {linear, "decoder.relative_bias", "decoder.block.0.layer.0.SelfAttention.relative_attention_bias"},
    {norm, "decoder.layer#.attention.norm", "decoder.block.#.layer.0.layer_norm"},
    {linear, "decoder.layer#.attention.query", "decoder.block.#.layer.0.SelfAttention.q"},
    {linear, "decoder.layer#.attention.key", "decoder.block.#.layer.0.SelfAttention.k"},
    {linear, "decoder.layer#.attention.value", "decoder.block.#.layer.0.SelfAttention.v"},
    {linear, "decoder.layer#.attention.output", "decoder.block.#.layer.0.SelfAttention.o"},
    {norm, "decoder.layer#.cross.norm", "decoder.block.#.layer.1.layer_norm"},
    {linear, "decoder.layer#.cross.query", "decoder.block.#.layer.1.EncDecAttention.q"},
    {linear, "decoder.layer#.cross.key", "decoder.block.#.layer.1.EncDecAttention.k"},
    {linear, "decoder.layer#.cross.value", "decoder.block.#.layer.1.EncDecAttention.v"},
    {linear, "decoder.layer#.cross.output", "decoder.block.#.layer.1.EncDecAttention.o"},
    {norm, "decoder.layer#.ffn.norm", "decoder.block.#.layer.2.layer_norm"},
    {linear, "decoder.layer#.ffn.gate", "decoder.block.#.layer.2.DenseReluDense.wi_0"},
    {linear, "decoder.layer#.ffn.up", "decoder.block.#.layer.2.DenseReluDense.wi_1"},
    {linear, "decoder.layer#.ffn.up", "decoder.block.#.layer.2.DenseReluDense.wi"},
    {linear, "decoder.layer#.ffn.down", "decoder.block.#.layer.2.DenseReluDense.wo"},
    {norm, "decoder.norm", "decoder.final_layer_norm"},
});
constexpr auto t5_ignored = std::to_array<std::string_view>(
    {"encoder.embed_tokens.weight", "decoder.embed_tokens.weight",
     "decoder.*.layer.1.EncDecAttention.relative_attention_bias.weight", "lm_head.*"});

constexpr auto whisper_body = std::to_array<NameRow>({
    {linear, "embeddings.conv1", "encoder.conv1"},
    {linear, "embeddings.conv2", "encoder.conv2"},
    {table, "embeddings.position", "encoder.embed_positions"},
    {norm, "layer#.attention.norm", "encoder.layers.#.self_attn_layer_norm"},
    {linear, "layer#.attention.query", "encoder.layers.#.self_attn.q_proj"},
    {linear, "layer#.attention.key", "encoder.layers.#.self_attn.k_proj"},
    {linear, "layer#.attention.value", "encoder.layers.#.self_attn.v_proj"},
    {linear, "layer#.attention.output", "encoder.layers.#.self_attn.out_proj"},
    {norm, "layer#.ffn.norm", "encoder.layers.#.final_layer_norm"},
    {linear, "layer#.ffn.up", "encoder.layers.#.fc1"},
    {linear, "layer#.ffn.down", "encoder.layers.#.fc2"},
    {norm, "norm", "encoder.layer_norm"},
    {table, "embeddings.word", "decoder.embed_tokens"},
    {table, "decoder.embeddings.position", "decoder.embed_positions"},
    {norm, "decoder.layer#.attention.norm", "decoder.layers.#.self_attn_layer_norm"},
    {linear, "decoder.layer#.attention.query", "decoder.layers.#.self_attn.q_proj"},
    {linear, "decoder.layer#.attention.key", "decoder.layers.#.self_attn.k_proj"},
    {linear, "decoder.layer#.attention.value", "decoder.layers.#.self_attn.v_proj"},
    {linear, "decoder.layer#.attention.output", "decoder.layers.#.self_attn.out_proj"},
    {norm, "decoder.layer#.cross.norm", "decoder.layers.#.encoder_attn_layer_norm"},
    {linear, "decoder.layer#.cross.query", "decoder.layers.#.encoder_attn.q_proj"},
    {linear, "decoder.layer#.cross.key", "decoder.layers.#.encoder_attn.k_proj"},
    {linear, "decoder.layer#.cross.value", "decoder.layers.#.encoder_attn.v_proj"},
    {linear, "decoder.layer#.cross.output", "decoder.layers.#.encoder_attn.out_proj"},
    {norm, "decoder.layer#.ffn.norm", "decoder.layers.#.final_layer_norm"},
    {linear, "decoder.layer#.ffn.up", "decoder.layers.#.fc1"},
    {linear, "decoder.layer#.ffn.down", "decoder.layers.#.fc2"},
    {norm, "decoder.norm", "decoder.layer_norm"},
});
constexpr auto whisper_heads = std::to_array<NameRow>({{linear, "head", "proj_out"}});
constexpr auto whisper_ignored = std::to_array<std::string_view>({"proj_out.*"});

constexpr auto all_families = std::to_array<Family>({
    {"BERT", "bert.", bert_body, bert_heads, bert_ignored, "cls.predictions.decoder.weight"},
    {"RoBERTa", "roberta.", bert_body, roberta_heads, roberta_ignored, "lm_head.decoder.weight"},
    {"DistilBERT", "distilbert.", distilbert_body, distilbert_heads, distilbert_ignored,
     "vocab_projector.weight"},
    {"MobileBERT", "mobilebert.", mobilebert_body, classifier_alone, bert_ignored, ""},
    {"GPT-2", "transformer.", gpt2_body, lm_head, gpt2_ignored, "lm_head.weight"},
    {"LLaMA", "model.", llama_body, lm_head, llama_ignored, "lm_head.weight"},
    {"ViT", "vit.", vit_body, classifier_alone, vit_ignored, ""},
    {"T5", "", t5_body, lm_head, t5_ignored, "lm_head.weight"},
    {"Whisper", "model.", whisper_body, whisper_heads, whisper_ignored, "proj_out.weight"},
});

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

// The numbers of a text that matches a pattern.
std::optional<std::vector<std::string_view>> numbers_in(std::string_view text, std::string_view pattern) {
    std::vector<std::string_view> numbers;
    std::size_t at = 0;
    for (const char c : pattern) {
        if (c != '#') {
            if (at == text.size() || text[at++] != c) return std::nullopt;
            continue;
        }
        const std::size_t first = at;
        while (at < text.size() && is_digit(text[at])) ++at;
        if (at == first) return std::nullopt;
        numbers.push_back(text.substr(first, at - first));
    }
    return at == text.size() ? std::optional(numbers) : std::nullopt;
}

std::string filled(std::string_view pattern, const std::vector<std::string_view>& numbers) {
    std::string text;
    auto number = numbers.begin();
    for (const char c : pattern)
        if (c == '#')
            text += *number++;
        else
            text += c;
    return text;
}

struct Ending {
    std::string_view ours;
    std::vector<std::string_view> theirs;
    bool transposed;
};

std::vector<Ending> endings(NameKind kind) {
    switch (kind) {
        case tensor:
            return {{"", {""}, false}};
        case table:
            return {{"", {".weight"}, false}};
        case norm:
            return {{".gamma", {".weight", ".gamma"}, false}, {".beta", {".bias", ".beta"}, false}};
        default:
            return {{".weight", {".weight"}, kind == linear}, {".bias", {".bias"}, false}};
    }
}

bool matches(std::string_view text, std::string_view pattern) {
    const std::size_t star = pattern.find('*');
    if (star == pattern.npos) return text == pattern;
    if (!text.starts_with(pattern.substr(0, star))) return false;
    for (std::size_t skipped = star; skipped <= text.size(); ++skipped)
        if (matches(text.substr(skipped), pattern.substr(star + 1))) return true;
    return false;
}

}  // namespace

std::span<const Family> families() {
    return all_families;
}

std::vector<Candidate> candidates(const Family& family, std::string_view weight) {
    std::vector<Candidate> found;
    const auto look = [&](std::span<const NameRow> rows, std::string_view prefix) {
        for (const NameRow& row : rows)
            for (const Ending& ending : endings(row.kind)) {
                if (!weight.ends_with(ending.ours)) continue;
                const auto numbers =
                    numbers_in(weight.substr(0, weight.size() - ending.ours.size()), row.ours);
                if (!numbers) continue;
                const std::string base = std::string(prefix) + filled(row.theirs, *numbers);
                for (const std::string_view theirs : ending.theirs)
                    found.push_back({base + std::string(theirs), ending.transposed, row.part, row.parts});
            }
    };
    look(family.body, family.prefix);
    look(family.heads, "");
    look(family.body, "");
    return found;
}

bool is_ignored(const Family& family, std::string_view name) {
    for (const std::string_view pattern : family.ignored)
        if (matches(name, pattern)) return true;
    return false;
}

}  // namespace octet
