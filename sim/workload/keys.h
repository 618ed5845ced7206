// The YAML keys of kind `workload` and of the tensors and operations of kind `trace`: descriptions in the
// sense of sim/config/describe.h.
#pragma once
#include <optional>

#include "sim/config/describe.h"
#include "sim/config/phase_keys.h"
#include "sim/workload/description.h"

namespace octet {

// Enumerators from `first` on, by their names.
template <std::size_t count, class E>
std::array<Named<E>, count> named_from(E first) {
    std::array<Named<E>, count> table;
    for (std::size_t i = 0; i < count; ++i) {
        table[i].value = static_cast<E>(static_cast<std::size_t>(first) + i);
        table[i].name = name(table[i].value);
    }
    return table;
}
inline const auto role_names = named_from<5>(TensorRole::input);
// `weights` follows from who reads a tensor.
inline const auto use_names = named_from<format_use_count - 1>(FormatUse::forward);
inline const auto kind_names = named_from<37>(OperationKind::embedding);
inline const auto fill_names = named_from<4>(TensorFill::given);
inline const auto activation_names = named_from<8>(OperationKind::gelu);
inline const auto norm_names = named_from<3>(OperationKind::layernorm);
inline constexpr std::array<Named<NormPlace>, 2> norm_place_names{
    {{"post", NormPlace::post}, {"pre", NormPlace::pre}}};
inline constexpr std::array<Named<Head>, 5> head_names{{{"none", Head::none},
                                                        {"pooler", Head::pooler},
                                                        {"classifier", Head::classifier},
                                                        {"lm", Head::lm},
                                                        {"mlm", Head::mlm}}};
inline constexpr std::array<Named<BottleneckAttention>, 3> bottleneck_attention_names{
    {{"shared_query_key", BottleneckAttention::shared_query_key},
     {"input", BottleneckAttention::input},
     {"hidden", BottleneckAttention::hidden}}};

inline constexpr std::array<Named<Frequencies>, 2> frequencies_names{
    {{"exact", Frequencies::exact}, {"bf16", Frequencies::bf16}}};

// Of an operation `rope` and of a description.
template <class V>
void describe_rotation(V& v, Rotation& r) {
    const Bounds size{1, max_size};
    v.number("theta", r.theta, {1, 1e12}, "base of the frequencies");
    v.number("factor", r.factor, {1, 1e6}, "how much longer long wavelengths become");
    v.number("low_frequency", r.low_frequency, {1e-3, 1e6},
             "original_positions over the shortest wavelength that is stretched fully");
    v.number("high_frequency", r.high_frequency, {1e-3, 1e6},
             "original_positions over the longest wavelength that stays");
    v.integer("original_positions", r.original_positions, size, "positions before the stretching");
    v.choice("frequencies", r.frequencies, frequencies_names, "as they are, or rounded to bf16");
    v.check("high_frequency", r.factor == 1 || r.high_frequency > r.low_frequency,
            "must be larger than low_frequency");
}

template <class V>
void describe(V& v, TransformerDescription& d) {
    const Bounds size{1, max_size}, size_or_none{0, max_size};
    v.text("name", d.name, "name of the model", required);
    v.integer("layers", d.layers, {1, max_layers}, "encoder layers", required);
    v.integer("hidden", d.hidden, size, "values of a token between layers", required);
    v.integer("heads", d.heads, size, "attention heads; they divide hidden", required);
    v.integer("kv_heads", d.kv_heads, size_or_none, "heads of keys and values; 0: as many as heads");
    v.integer("head_size", d.head_values, size_or_none, "values of a head; 0: hidden over heads");
    v.integer("ffn", d.ffn, size, "values of a token inside the feed-forward network", required);
    v.integer("ffn_count", d.ffn_count, {1, max_layers},
              "feed-forward networks of a layer, one after the other");
    v.boolean("gated", d.gated, "whether the network has a gate: down(activation(gate(x)) * up(x))");
    v.choice("activation", d.activation, activation_names, "activation function of the feed-forward network");
    v.group("norm", "normalisation", [&](auto& norm) {
        norm.choice("kind", d.norm, norm_names, "what a norm computes");
        norm.choice("place", d.norm_place, norm_place_names,
                    "after each residual addition or before each sublayer");
        norm.number("epsilon", d.epsilon, {0, 1}, "added to the variance");
    });
    v.integer("vocabulary", d.vocabulary, size_or_none, "rows of the word table; 0 with patches alone",
              required);
    v.integer("positions", d.positions, size_or_none,
              "rows of the position table, the longest sequence; 0: no table", required);
    v.integer("position_offset", d.position_offset, size_or_none,
              "rows of the position table before that of the first token");
    v.integer("token_types", d.token_types, size_or_none, "rows of the token type table; 0: no table");
    v.boolean("embedding_norm", d.embedding_norm, "whether a norm follows the embedding");
    v.group("embedding", "what the word table holds", [&](auto& embedding) {
        embedding.integer("size", d.embedding_size, size_or_none, "values of a word; 0: hidden");
        embedding.boolean("trigram", d.trigram, "whether each token takes the words after and before it too");
        embedding.integer("patches", d.patches, size_or_none,
                          "values of a patch: patches in place of words, behind a class token; 0: words");
        embedding.integer("frames", d.frames, size_or_none,
                          "values of a frame: two convolutions over frames in place of words; 0: words");
    });
    v.boolean("causal", d.causal, "whether a token sees itself and those before alone");
    v.integer("window", d.window, size_or_none, "tokens that a causal token sees at most; 0: no limit");
    v.boolean("padding_mask", d.padding_mask, "whether scores get a mask of the sample");
    v.boolean("attention_scale", d.attention_scale, "whether scores are divided by the root of head_size");
    v.boolean("rotary", d.rotary, "whether queries and keys are turned by their positions");
    v.when(d.rotary, "rotary: true", [&] {
        v.group("rope", "the angles of rotary positions", [&](auto& r) { describe_rotation(r, d.rotation); });
    });
    v.group("bottleneck", "layers that work in fewer values than hidden", [&](auto& bottleneck) {
        bottleneck.integer("size", d.bottleneck, size_or_none, "values of a token inside a layer; 0: hidden");
        bottleneck.choice("attention", d.bottleneck_attention, bottleneck_attention_names,
                          "what query, key and value are made of");
    });
    v.boolean("bias", d.bias, "whether dense layers have a bias");
    v.words("bias_except", d.bias_except, biased_layers, "dense layers for which the contrary holds");
    v.group("decoder", "a decoder behind the encoder", [&](auto& decoder) {
        decoder.integer("layers", d.decoder_layers, {0, max_layers}, "its layers; 0: there is none");
        decoder.integer("positions", d.decoder_positions, size_or_none,
                        "rows of its position table; 0: no table");
        decoder.integer("prompt", d.decoder_prompt, size, "prefill: tokens that it begins with");
        decoder.integer("source", d.decoder_source, size, "decode: tokens of the encoder that it attends to");
    });
    v.integer("relative_buckets", d.relative_buckets, size_or_none,
              "rows of the table behind a bias of scores by distance; 0: none");
    v.boolean("pooler", d.pooler, "whether the model has a pooler: its parameters, run or not");
    v.choice("head", d.head, head_names, "what runs after the last layer");
    v.boolean("head_scale", d.head_scale, "whether the head's input is divided by the root of hidden");
    v.boolean("tied", d.tied, "whether a head over the vocabulary uses the word table");
    v.integer("labels", d.labels, {1, 1 << 20}, "classes of the head `classifier`");
}

template <class V>
void describe(V& v, Tensor& t) {
    const Bounds size{1, std::int64_t{1} << 40};
    v.text("name", t.name, "name of the tensor", required);
    v.choice("role", t.role, role_names, "where its values come from");
    v.integer("batch", t.batch, size, "matrices");
    v.integer("rows", t.rows, size, "rows of a matrix", required);
    v.integer("cols", t.cols, size, "columns of a matrix", required);
    v.choice("use", t.use, use_names, "which of the formats by use it has");
    v.boolean("precise", t.precise, "whether it is kept in the vector format");
    v.boolean("scaled", t.scaled, "whether it is encoded with a scale of its own; use dgrad");
    v.boolean("paged", t.paged, "whether it lies in the memory of the host; an input or an output");
    v.when(t.role == TensorRole::input, "role input",
           [&] { v.choice("fill", t.fill, fill_names, "its values, if they follow from what it is"); });
}

// A tensor as a trace writes it.
struct TensorLine {
    Tensor tensor;
    std::optional<std::string> after;
};

template <class V>
void describe(V& v, TensorLine& t) {
    describe(v, t.tensor);
    v.when(t.tensor.role == TensorRole::input, "role input",
           [&] { v.text("after", t.after, "name of an output that is in DRAM before this input is read"); });
}

// An operation as a trace writes it: operands by name, shapes left out or repeated.
struct OperationLine {
    std::string name;
    OperationKind kind = OperationKind::matmul;
    std::vector<std::string> inputs;
    std::optional<std::string> bias, table;
    std::string output;
    std::optional<std::uint64_t> batch, m, n, k;
    bool transpose_a = false, transpose_b = false;
    std::uint64_t heads = 1, a_blocks = 0, b_blocks = 0, out_blocks = 0;
    bool trigram = false;
    double factor = Operation{}.factor, epsilon = Operation{}.epsilon;
    bool causal = false;
    CausalMask mask;
    Rotation rotation;
    std::uint64_t first = 0;
    std::vector<double> columns;
    Member of;
    bool inverse = false;
    OperationKind function = OperationKind::matmul;
    double decay = 1;
    AxpyRounding rounding = AxpyRounding::each_step;
};

template <class V>
void describe(V& v, OperationLine& o) {
    const Bounds size{1, std::int64_t{1} << 40}, size_or_none{0, std::int64_t{1} << 40};
    v.text("name", o.name, "name of the operation", required);
    v.choice("kind", o.kind, kind_names, "what it computes", required);
    v.texts("inputs", o.inputs, "names of the tensors it reads, in the order of its kind", required);
    v.text("output", o.output, "name of the tensor it writes", required);
    v.integer("batch", o.batch, size, "matrices; follows from the output");
    v.integer("heads", o.heads, size, "matrices of one sample");
    v.integer("m", o.m, size, "rows; follows from the output");
    v.integer("n", o.n, size, "columns; follows from the output");
    v.when(o.kind == OperationKind::matmul, "kind matmul", [&] {
        v.integer("k", o.k, size, "length of the sums; follows from the first input");
        v.text("bias", o.bias, "name of a tensor of 1 x n added to each row");
        v.boolean("transpose_a", o.transpose_a, "whether the first input is stored k x m");
        v.boolean("transpose_b", o.transpose_b, "whether the second input is stored n x k");
        v.integer("share", o.of.share, size, "matrices of an input of which each product takes one");
        v.integer("member", o.of.member, size_or_none, "which one, from 0 on");
        v.integer("b_blocks", o.b_blocks, size_or_none, "heads side by side in the second input");
    });
    v.when(o.kind == OperationKind::matmul || o.kind == OperationKind::rope, "kind matmul or rope", [&] {
        v.integer("a_blocks", o.a_blocks, size_or_none,
                  "heads side by side in the first input; 0: matrices of their own");
        v.integer("out_blocks", o.out_blocks, size_or_none, "heads side by side in the output");
    });
    v.when(o.kind == OperationKind::rope, "kind rope", [&] {
        v.group("rotation", "the angles of the table", [&](auto& r) { describe_rotation(r, o.rotation); });
        v.boolean("inverse", o.inverse, "whether heads are turned back");
    });
    v.when(takes_rows_from(o.kind), "a kind that takes rows from a first one on", [&] {
        v.integer("first", o.first, size_or_none,
                  "position of the first token; copy: first row of each part");
    });
    v.when(o.kind == OperationKind::copy, "kind copy", [&] {
        v.numbers("columns", o.columns, {0, 0x1p40},
                  "numbers of the columns that are taken, rising; none: all");
    });
    v.when(o.kind == OperationKind::softmax || o.kind == OperationKind::softmax_backward ||
               o.kind == OperationKind::distance_sums || o.kind == OperationKind::mask,
           "kind softmax, softmax_backward, mask or distance_sums",
           [&] { v.boolean("causal", o.causal, "whether row i sees the columns up to i + offset alone"); });
    v.when(o.kind == OperationKind::mask, "kind mask", [&] {
        v.text("table", o.table, "name of a weight of heads x buckets that the mask is made of, by distance");
    });
    v.when(o.causal, "causal: true", [&] {
        v.integer("offset", o.mask.offset, size_or_none, "columns before the first row's own");
        v.integer("window", o.mask.window, size_or_none, "columns that a row sees at most; 0: no limit");
    });
    v.when(o.kind == OperationKind::embedding || o.kind == OperationKind::table_gradient,
           "kind embedding or table_gradient", [&] {
               v.boolean("trigram", o.trigram,
                         "whether a row holds the words after, at and before its token");
           });
    v.when(has_function(o.kind), "the gradient of an activation, a norm or a table",
           [&] { v.choice("function", o.function, kind_names, "of which operation", required); });
    v.when(o.kind == OperationKind::table_gradient, "kind table_gradient",
           [&] { v.integer("tokens", o.k, size, "tokens of a sample", required); });
    v.when(o.kind == OperationKind::adam, "kind adam", [&] {
        v.number("decay", o.decay, {std::numeric_limits<double>::lowest()},
                 "what the weight is multiplied by");
    });
    v.when(o.kind == OperationKind::axpy, "kind axpy", [&] {
        v.choice("rounding", o.rounding, axpy_rounding_names,
                 "of product and sum each to the vector format, or of both once to that of the output");
    });
    v.when(has_factor(o.kind), "kind scale, an update or clip_factor", [&] {
        v.number("factor", o.factor, {std::numeric_limits<double>::lowest()},
                 "what each value is multiplied by");
    });
    v.when(has_epsilon(o.kind), "a norm, its gradient or kind adam", [&] {
        v.number("epsilon", o.epsilon, {0, 1}, "added to the variance");
    });
}

struct TraceDocument {
    std::string name;
    std::vector<TensorLine> tensors;
    std::vector<OperationLine> operations;
};

template <class V>
void describe(V& v, TraceDocument& t) {
    v.text("name", t.name, "name of the workload", required);
    v.records("tensors", t.tensors, "what operations read and write", required);
    v.records("operations", t.operations, "in an order that can be executed", required);
}

}  // namespace octet
