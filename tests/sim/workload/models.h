// Descriptions that the tests of sim/workload share.
#pragma once
#include "sim/workload/description.h"

namespace octet {

inline TransformerDescription bert(std::uint64_t layers, std::uint64_t hidden, std::uint64_t heads) {
    TransformerDescription d;
    d.name = "bert";
    d.layers = layers;
    d.hidden = hidden;
    d.heads = heads;
    d.ffn = 4 * hidden;
    d.vocabulary = 30522;
    d.positions = 512;
    d.token_types = 2;
    d.pooler = true;
    return d;
}

inline TransformerDescription bert_base() {
    return bert(12, 768, 12);
}
inline TransformerDescription bert_large() {
    return bert(24, 1024, 16);
}
inline TransformerDescription mobilebert(std::uint64_t layers, std::uint64_t ffn_count) {
    TransformerDescription d;
    d.name = "mobilebert";
    d.layers = layers;
    d.hidden = d.ffn = 512;
    d.heads = 4;
    d.ffn_count = ffn_count;
    d.activation = OperationKind::relu;
    d.norm = OperationKind::nonorm;
    d.embedding_size = d.bottleneck = 128;
    d.trigram = true;
    d.vocabulary = 30522;
    d.positions = 512;
    d.token_types = 2;
    return d;
}
inline TransformerDescription distilbert() {
    auto d = bert(6, 768, 12);
    d.token_types = 0;
    d.pooler = false;
    return d;
}

inline TransformerDescription roberta(std::uint64_t layers, std::uint64_t hidden, std::uint64_t heads) {
    auto d = bert(layers, hidden, heads);
    d.vocabulary = 50265;
    d.positions = 514;
    d.position_offset = 2;
    d.token_types = 1;
    return d;
}
inline TransformerDescription gpt2(std::uint64_t layers, std::uint64_t hidden, std::uint64_t heads) {
    auto d = bert(layers, hidden, heads);
    d.name = "gpt2";
    d.vocabulary = 50257;
    d.positions = 1024;
    d.token_types = 0;
    d.activation = OperationKind::gelu_tanh;
    d.norm_place = NormPlace::pre;
    d.embedding_norm = d.pooler = d.padding_mask = false;
    d.causal = d.tied = true;
    d.head = Head::lm;
    return d;
}
inline TransformerDescription llama(std::uint64_t layers, std::uint64_t hidden, std::uint64_t heads,
                                    std::uint64_t kv_heads, std::uint64_t ffn, std::uint64_t vocabulary) {
    auto d = gpt2(layers, hidden, heads);
    d.name = "llama";
    d.kv_heads = kv_heads;
    d.ffn = ffn;
    d.vocabulary = vocabulary;
    d.positions = 0;
    d.activation = OperationKind::silu;
    d.norm = OperationKind::rmsnorm;
    d.gated = d.rotary = true;
    d.bias = d.tied = false;
    return d;
}
inline TransformerDescription t5(std::uint64_t layers, std::uint64_t hidden, std::uint64_t heads,
                                 std::uint64_t ffn, std::uint64_t vocabulary) {
    auto d = bert(layers, hidden, heads);
    d.name = "t5";
    d.ffn = ffn;
    d.vocabulary = vocabulary;
    d.positions = d.token_types = 0;
    d.relative_buckets = 32;
    d.activation = OperationKind::relu;
    d.norm = OperationKind::rmsnorm;
    d.norm_place = NormPlace::pre;
    d.embedding_norm = d.pooler = d.bias = d.attention_scale = false;
    d.decoder_layers = layers;
    d.head = Head::lm;
    d.head_scale = d.tied = true;
    return d;
}
inline TransformerDescription t5_base() {
    return t5(12, 768, 12, 3072, 32128);
}
inline TransformerDescription whisper(std::uint64_t layers, std::uint64_t hidden, std::uint64_t heads) {
    auto d = bert(layers, hidden, heads);
    d.name = "whisper";
    d.vocabulary = 51865;
    d.positions = d.decoder_source = 1500;
    d.token_types = 0;
    d.frames = 80;
    d.norm_place = NormPlace::pre;
    d.embedding_norm = d.pooler = d.padding_mask = false;
    d.bias_except = {"key"};
    d.decoder_layers = layers;
    d.decoder_positions = 448;
    d.decoder_prompt = 4;
    d.head = Head::lm;
    d.tied = true;
    return d;
}
inline TransformerDescription llama_2_7b() {
    return llama(32, 4096, 32, 32, 11008, 32000);
}

}  // namespace octet
