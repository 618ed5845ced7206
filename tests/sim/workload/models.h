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

}  // namespace octet
