// The names are those that the models of the Hugging Face library write, typed in here from their state
// dictionaries.
#include "sim/tensors/checkpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/sim/tensors/checkpoint_file.h"
#include "tests/sim/workload/models.h"

namespace octet {
namespace {

using test::Shapes;
using testing::HasSubstr;
using testing::Not;

class Checkpoint : public testing::Test {
  protected:
    // hidden 6, ffn 8, 2 heads, 1 layer, 11 words, 5 positions.
    static TransformerDescription small(TransformerDescription d) {
        d.layers = 1;
        d.hidden = 6;
        d.heads = 2;
        d.ffn = 8;
        d.vocabulary = d.vocabulary == 0 ? 0 : 11;
        if (d.positions != 0) d.positions = 5;
        d.position_offset = 0;
        if (d.token_types != 0) d.token_types = 2;
        return d;
    }
    static Graph graph_of(const TransformerDescription& d) {
        PhaseConfig phase;
        phase.sequence = 3;
        return expand(d, phase);
    }
    LoadedWeights load(const Graph& graph, const Shapes& shapes) {
        TensorStore store(folder.write("model.safetensors", test::safetensors(shapes)));
        return load_weights(graph, store);
    }
    std::string complaint(const Graph& graph, const Shapes& shapes) {
        try {
            load(graph, shapes);
        } catch (const InputError& error) {
            return error.what();
        }
        return "nothing";
    }
    // Row r, column c of a weight by the graph's name.
    static double at(const Graph& graph, const LoadedWeights& loaded, const std::string& name,
                     std::uint64_t r, std::uint64_t c) {
        for (TensorId id = 0; id < graph.tensors.size(); ++id)
            if (graph.tensors[id].name == name)
                return loaded.numbers.at(id).at(r * graph.tensors[id].cols + c);
        throw std::out_of_range(name);
    }
    // What lies at [r][c] of a matrix in the file.
    static double there(const Shapes& shapes, const std::string& name, std::uint64_t r, std::uint64_t c) {
        for (std::size_t t = 0; t < shapes.size(); ++t)
            if (shapes[t].first == name)
                return static_cast<double>(1000 * t + r * shapes[t].second.back() + c);
        throw std::out_of_range(name);
    }
    static void linear(Shapes& shapes, const std::string& name, std::uint64_t n, std::uint64_t k,
                       bool bias = true) {
        shapes.push_back({name + ".weight", {n, k}});
        if (bias) shapes.push_back({name + ".bias", {n}});
    }
    static void norm(Shapes& shapes, const std::string& name) {
        shapes.push_back({name + ".weight", {6}});
        shapes.push_back({name + ".bias", {6}});
    }
    static Shapes bert_names(const std::string& prefix) {
        Shapes s;
        s.push_back({prefix + "embeddings.word_embeddings.weight", {11, 6}});
        s.push_back({prefix + "embeddings.position_embeddings.weight", {5, 6}});
        s.push_back({prefix + "embeddings.token_type_embeddings.weight", {2, 6}});
        norm(s, prefix + "embeddings.LayerNorm");
        const std::string layer = prefix + "encoder.layer.0.";
        for (const char* which : {"query", "key", "value"})
            linear(s, layer + "attention.self." + which, 6, 6);
        linear(s, layer + "attention.output.dense", 6, 6);
        norm(s, layer + "attention.output.LayerNorm");
        linear(s, layer + "intermediate.dense", 8, 6);
        linear(s, layer + "output.dense", 6, 8);
        norm(s, layer + "output.LayerNorm");
        return s;
    }
    static Shapes llama_names() {
        Shapes s;
        s.push_back({"model.embed_tokens.weight", {11, 6}});
        const std::string layer = "model.layers.0.";
        s.push_back({layer + "input_layernorm.weight", {6}});
        linear(s, layer + "self_attn.q_proj", 6, 6, false);
        linear(s, layer + "self_attn.k_proj", 3, 6, false);
        linear(s, layer + "self_attn.v_proj", 3, 6, false);
        linear(s, layer + "self_attn.o_proj", 6, 6, false);
        s.push_back({layer + "post_attention_layernorm.weight", {6}});
        linear(s, layer + "mlp.gate_proj", 8, 6, false);
        linear(s, layer + "mlp.up_proj", 8, 6, false);
        linear(s, layer + "mlp.down_proj", 6, 8, false);
        s.push_back({"model.norm.weight", {6}});
        linear(s, "lm_head", 11, 6, false);
        return s;
    }
    static TransformerDescription small_llama() {
        auto d = small(llama(1, 6, 2, 1, 8, 11));
        d.kv_heads = 1;
        d.rotary = false;  // heads of three values
        return d;
    }
    static TransformerDescription small_bert(Head head) {
        auto d = small(bert(1, 6, 2));
        d.pooler = false;
        d.head = head;
        d.tied = head == Head::mlm;
        return d;
    }
    test::CheckpointFolder folder;
};

TEST_F(Checkpoint, OfBertIsTurnedAndItsHeadSharesTheTableOfWords) {
    Shapes shapes = bert_names("bert.");
    shapes.push_back({"cls.predictions.bias", {11}});
    linear(shapes, "cls.predictions.transform.dense", 6, 6);
    norm(shapes, "cls.predictions.transform.LayerNorm");
    const Graph graph = graph_of(small_bert(Head::mlm));
    const LoadedWeights loaded = load(graph, shapes);
    EXPECT_TRUE(loaded.unused.empty());
    EXPECT_EQ(at(graph, loaded, "layer0.ffn.up.weight", 2, 7),
              there(shapes, "bert.encoder.layer.0.intermediate.dense.weight", 7, 2));
    EXPECT_EQ(at(graph, loaded, "layer0.ffn.up.bias", 0, 7),
              there(shapes, "bert.encoder.layer.0.intermediate.dense.bias", 0, 7));
    EXPECT_EQ(at(graph, loaded, "layer0.attention.norm.beta", 0, 5),
              there(shapes, "bert.encoder.layer.0.attention.output.LayerNorm.bias", 0, 5));
    EXPECT_EQ(at(graph, loaded, "layer0.ffn.norm.gamma", 0, 1),
              there(shapes, "bert.encoder.layer.0.output.LayerNorm.weight", 0, 1));
    EXPECT_EQ(at(graph, loaded, "embeddings.position", 4, 2),
              there(shapes, "bert.embeddings.position_embeddings.weight", 4, 2));
    EXPECT_EQ(at(graph, loaded, "head.bias", 0, 10), there(shapes, "cls.predictions.bias", 0, 10));
    EXPECT_EQ(at(graph, loaded, "head.transform.weight", 1, 3),
              there(shapes, "cls.predictions.transform.dense.weight", 3, 1));
}

TEST_F(Checkpoint, OfAnEncoderAloneHasNoPrefixAndMayBringHeadsThatTheWorkloadHasNot) {
    Shapes shapes = bert_names("");
    linear(shapes, "pooler.dense", 6, 6);
    linear(shapes, "classifier", 2, 6);
    shapes.push_back({"embeddings.position_ids", {1, 5}});
    const Graph graph = graph_of(small_bert(Head::none));
    EXPECT_EQ(at(graph, load(graph, shapes), "embeddings.word", 3, 2),
              there(shapes, "embeddings.word_embeddings.weight", 3, 2));
    for (auto& [name, shape] : shapes) {  // as the oldest ones call them
        if (name.ends_with("LayerNorm.weight")) name.replace(name.size() - 6, 6, "gamma");
        if (name.ends_with("LayerNorm.bias")) name.replace(name.size() - 4, 4, "beta");
    }
    EXPECT_EQ(at(graph, load(graph, shapes), "embeddings.norm.gamma", 0, 2),
              there(shapes, "embeddings.LayerNorm.gamma", 0, 2));
    auto with_pooler = small_bert(Head::pooler);
    with_pooler.pooler = true;
    const Graph pooled = graph_of(with_pooler);
    EXPECT_EQ(at(pooled, load(pooled, shapes), "pooler.weight", 0, 5),
              there(shapes, "pooler.dense.weight", 5, 0));
}

TEST_F(Checkpoint, MayLackAPoolerThatNothingReads) {
    auto d = small_bert(Head::none);
    d.pooler = true;
    EXPECT_EQ(complaint(graph_of(d), bert_names("bert.")), "nothing");
    d.head = Head::pooler;
    EXPECT_THAT(
        complaint(graph_of(d), bert_names("bert.")),
        HasSubstr("2 of the workload's weights are not there: 'pooler.weight' (as 'bert.pooler.dense.weight' "
                  "or 'pooler.dense.weight')"));
}

TEST_F(Checkpoint, OfRobertaHasHeadsOfItsOwn) {
    Shapes shapes = bert_names("roberta.");
    linear(shapes, "lm_head.dense", 6, 6);
    norm(shapes, "lm_head.layer_norm");
    shapes.push_back({"lm_head.bias", {11}});
    const Graph graph = graph_of(small_bert(Head::mlm));
    EXPECT_EQ(at(graph, load(graph, shapes), "head.norm.beta", 0, 3),
              there(shapes, "lm_head.layer_norm.bias", 0, 3));
    Shapes classified = bert_names("roberta.");
    linear(classified, "classifier.dense", 6, 6);
    linear(classified, "classifier.out_proj", 2, 6);
    auto d = small_bert(Head::classifier);
    d.pooler = true;
    const Graph other = graph_of(d);
    const LoadedWeights loaded = load(other, classified);
    EXPECT_EQ(at(other, loaded, "pooler.weight", 2, 4), there(classified, "classifier.dense.weight", 4, 2));
    EXPECT_EQ(at(other, loaded, "classifier.weight", 2, 1),
              there(classified, "classifier.out_proj.weight", 1, 2));
}

TEST_F(Checkpoint, OfDistilbertIsFound) {
    Shapes s;
    s.push_back({"distilbert.embeddings.word_embeddings.weight", {11, 6}});
    s.push_back({"distilbert.embeddings.position_embeddings.weight", {5, 6}});
    norm(s, "distilbert.embeddings.LayerNorm");
    const std::string layer = "distilbert.transformer.layer.0.";
    for (const char* which : {"q_lin", "k_lin", "v_lin", "out_lin"})
        linear(s, layer + "attention." + which, 6, 6);
    norm(s, layer + "sa_layer_norm");
    linear(s, layer + "ffn.lin1", 8, 6);
    linear(s, layer + "ffn.lin2", 6, 8);
    norm(s, layer + "output_layer_norm");
    linear(s, "vocab_transform", 6, 6);
    norm(s, "vocab_layer_norm");
    linear(s, "vocab_projector", 11, 6);
    auto d = small_bert(Head::mlm);
    d.token_types = 0;
    d.tied = false;
    const Graph graph = graph_of(d);
    const LoadedWeights loaded = load(graph, s);
    EXPECT_EQ(at(graph, loaded, "layer0.ffn.down.weight", 7, 5), there(s, layer + "ffn.lin2.weight", 5, 7));
    EXPECT_EQ(at(graph, loaded, "head.weight", 3, 10), there(s, "vocab_projector.weight", 10, 3));
}

TEST_F(Checkpoint, OfGpt2LiesAsItIsAndItsThreeProjectionsSideBySide) {
    Shapes s;
    s.push_back({"transformer.wte.weight", {11, 6}});
    s.push_back({"transformer.wpe.weight", {5, 6}});
    const std::string layer = "transformer.h.0.";
    norm(s, layer + "ln_1");
    s.push_back({layer + "attn.c_attn.weight", {6, 18}});
    s.push_back({layer + "attn.c_attn.bias", {18}});
    s.push_back({layer + "attn.bias", {1, 1, 5, 5}});
    s.push_back({layer + "attn.c_proj.weight", {6, 6}});
    s.push_back({layer + "attn.c_proj.bias", {6}});
    norm(s, layer + "ln_2");
    s.push_back({layer + "mlp.c_fc.weight", {6, 8}});
    s.push_back({layer + "mlp.c_fc.bias", {8}});
    s.push_back({layer + "mlp.c_proj.weight", {8, 6}});
    s.push_back({layer + "mlp.c_proj.bias", {6}});
    norm(s, "transformer.ln_f");
    const Graph graph = graph_of(small(gpt2(1, 6, 2)));
    const LoadedWeights loaded = load(graph, s);
    const std::string fused = layer + "attn.c_attn.";
    EXPECT_EQ(at(graph, loaded, "layer0.attention.query.weight", 4, 5), there(s, fused + "weight", 4, 5));
    EXPECT_EQ(at(graph, loaded, "layer0.attention.key.weight", 4, 5), there(s, fused + "weight", 4, 11));
    EXPECT_EQ(at(graph, loaded, "layer0.attention.value.weight", 4, 5), there(s, fused + "weight", 4, 17));
    EXPECT_EQ(at(graph, loaded, "layer0.attention.value.bias", 0, 1), there(s, fused + "bias", 0, 13));
    EXPECT_EQ(at(graph, loaded, "layer0.ffn.down.weight", 7, 2), there(s, layer + "mlp.c_proj.weight", 7, 2));
    EXPECT_EQ(at(graph, loaded, "norm.gamma", 0, 2), there(s, "transformer.ln_f.weight", 0, 2));
    Shapes narrow = s;
    narrow[4].second = {6, 12};
    EXPECT_THAT(complaint(graph, narrow),
                HasSubstr("tensor 'transformer.h.0.attn.c_attn.weight' (the workload's "
                          "'layer0.attention.query.weight') is 6 x 12, expected 6 x 18, 3 "
                          "matrices side by side"));
}

TEST_F(Checkpoint, OfLlamaIsTurnedAndKeepsItsOwnHead) {
    const Shapes s = llama_names();
    const Graph graph = graph_of(small_llama());
    const LoadedWeights loaded = load(graph, s);
    EXPECT_EQ(at(graph, loaded, "layer0.attention.key.weight", 5, 2),
              there(s, "model.layers.0.self_attn.k_proj.weight", 2, 5));
    EXPECT_EQ(at(graph, loaded, "layer0.ffn.gate.weight", 1, 7),
              there(s, "model.layers.0.mlp.gate_proj.weight", 7, 1));
    EXPECT_EQ(at(graph, loaded, "layer0.ffn.up.weight", 1, 7),
              there(s, "model.layers.0.mlp.up_proj.weight", 7, 1));
    EXPECT_EQ(at(graph, loaded, "layer0.ffn.norm.gamma", 0, 1),
              there(s, "model.layers.0.post_attention_layernorm.weight", 0, 1));
    EXPECT_EQ(at(graph, loaded, "head.weight", 2, 10), there(s, "lm_head.weight", 10, 2));
}

TEST_F(Checkpoint, WhoseHeadIsThereASecondTimeHasToHoldTheTableOfWords) {
    auto d = small_llama();
    d.tied = true;
    const Graph graph = graph_of(d);
    EXPECT_THAT(
        complaint(graph, llama_names()),
        HasSubstr("tensor 'lm_head.weight' differs from 'model.embed_tokens.weight', but the workload's head "
                  "uses that table of words"));
    Shapes without = llama_names();
    without.pop_back();
    EXPECT_EQ(complaint(graph, without), "nothing");
}

TEST_F(Checkpoint, OfVitHasAProjectionOfPixels) {
    Shapes s;
    s.push_back({"vit.embeddings.cls_token", {1, 1, 6}});
    s.push_back({"vit.embeddings.position_embeddings", {1, 3, 6}});
    s.push_back({"vit.embeddings.patch_embeddings.projection.weight", {6, 3, 2, 2}});
    s.push_back({"vit.embeddings.patch_embeddings.projection.bias", {6}});
    const std::string layer = "vit.encoder.layer.0.";
    for (const char* which : {"query", "key", "value"})
        linear(s, layer + "attention.attention." + which, 6, 6);
    linear(s, layer + "attention.output.dense", 6, 6);
    linear(s, layer + "intermediate.dense", 8, 6);
    linear(s, layer + "output.dense", 6, 8);
    norm(s, layer + "layernorm_before");
    norm(s, layer + "layernorm_after");
    norm(s, "vit.layernorm");
    auto d = small_bert(Head::none);
    d.vocabulary = d.token_types = 0;
    d.positions = 3;
    d.patches = 12;
    d.embedding_norm = false;
    d.norm_place = NormPlace::pre;
    const Graph graph = graph_of(d);
    const LoadedWeights loaded = load(graph, s);
    const std::string projection = "vit.embeddings.patch_embeddings.projection.weight";
    EXPECT_EQ(at(graph, loaded, "embeddings.projection.weight", 7, 4),
              there(s, projection, 0, 0) + 4 * 12 + 7);
    EXPECT_EQ(at(graph, loaded, "embeddings.position", 2, 1),
              there(s, "vit.embeddings.position_embeddings", 2, 1));
    EXPECT_EQ(at(graph, loaded, "embeddings.class", 0, 3), there(s, "vit.embeddings.cls_token", 0, 3));
}

// An encoder-decoder's reading of the prompt: all of its weights are read.
Graph prefill_of(TransformerDescription d) {
    d.layers = d.decoder_layers = 1;
    d.hidden = 6;
    d.heads = 2;
    d.ffn = 8;
    d.vocabulary = 11;
    d.tied = true;
    d.head = Head::lm;
    d.norm_place = NormPlace::pre;
    d.embedding_norm = d.pooler = false;
    d.token_types = 0;
    PhaseConfig phase;
    phase.kind = PhaseKind::prefill;
    phase.sequence = 3;
    return expand(d, phase);
}

TEST_F(Checkpoint, OfT5HasBlocksWhoseLayersAreNumberedAndBiasesInTheFirst) {
    Shapes s;
    s.push_back({"shared.weight", {11, 6}});
    s.push_back({"encoder.embed_tokens.weight", {11, 6}});
    s.push_back({"decoder.embed_tokens.weight", {11, 6}});
    const auto attention = [&](const std::string& name) {
        for (const char* which : {"q", "k", "v", "o"}) linear(s, name + "." + which, 6, 6, false);
    };
    for (const std::string stack : {"encoder", "decoder"}) {
        const std::string block = stack + ".block.0.layer.";
        attention(block + "0.SelfAttention");
        s.push_back({block + "0.SelfAttention.relative_attention_bias.weight", {4, 2}});
        if (stack == "decoder") attention(block + "1.EncDecAttention");
        const std::string last = block + (stack == "decoder" ? "2" : "1");
        linear(s, last + ".DenseReluDense.wi", 8, 6, false);
        linear(s, last + ".DenseReluDense.wo", 6, 8, false);
        for (const char* which : {"0", "1", "2"})
            if (stack == "decoder" || which[0] != '2')
                s.push_back({block + which + ".layer_norm.weight", {6}});
        s.push_back({stack + ".final_layer_norm.weight", {6}});
    }
    TransformerDescription d;
    d.bias = d.attention_scale = false;
    d.activation = OperationKind::relu;
    d.norm = OperationKind::rmsnorm;
    d.relative_buckets = 4;
    d.head_scale = true;
    const Graph graph = prefill_of(d);
    const LoadedWeights loaded = load(graph, s);
    EXPECT_EQ(at(graph, loaded, "decoder.layer0.cross.key.weight", 4, 1),
              there(s, "decoder.block.0.layer.1.EncDecAttention.k.weight", 1, 4));
    EXPECT_EQ(at(graph, loaded, "decoder.layer0.ffn.down.weight", 7, 5),
              there(s, "decoder.block.0.layer.2.DenseReluDense.wo.weight", 5, 7));
    EXPECT_EQ(at(graph, loaded, "decoder.layer0.cross.norm.gamma", 0, 2),
              there(s, "decoder.block.0.layer.1.layer_norm.weight", 0, 2));
    EXPECT_EQ(at(graph, loaded, "layer0.ffn.norm.gamma", 0, 2),
              there(s, "encoder.block.0.layer.1.layer_norm.weight", 0, 2));
    EXPECT_EQ(at(graph, loaded, "relative_bias.weight", 1, 3),
              there(s, "encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight", 3, 1));
    std::erase_if(s, [](const auto& entry) { return entry.first.starts_with("decoder.block.0.layer.1.E"); });
    EXPECT_THAT(complaint(graph, s), HasSubstr("as 'decoder.block.0.layer.1.EncDecAttention.q.weight'"));
}

TEST_F(Checkpoint, OfWhisperHasConvolutionsChannelByChannelAndKeysWithoutABias) {
    Shapes s;
    s.push_back({"model.encoder.conv1.weight", {6, 4, 3}});
    s.push_back({"model.encoder.conv1.bias", {6}});
    s.push_back({"model.encoder.conv2.weight", {6, 6, 3}});
    s.push_back({"model.encoder.conv2.bias", {6}});
    s.push_back({"model.encoder.embed_positions.weight", {3, 6}});
    s.push_back({"model.decoder.embed_tokens.weight", {11, 6}});
    s.push_back({"model.decoder.embed_positions.weight", {5, 6}});
    for (const std::string stack : {"encoder", "decoder"}) {
        const std::string layer = "model." + stack + ".layers.0.";
        std::vector<std::string> kinds{"self_attn"};
        if (stack == "decoder") kinds.push_back("encoder_attn");
        for (const std::string& kind : kinds) {
            for (const char* which : {"q_proj", "k_proj", "v_proj", "out_proj"})
                linear(s, layer + kind + "." + which, 6, 6, which[0] != 'k');
            norm(s, layer + kind + "_layer_norm");
        }
        linear(s, layer + "fc1", 8, 6);
        linear(s, layer + "fc2", 6, 8);
        norm(s, layer + "final_layer_norm");
        norm(s, "model." + stack + ".layer_norm");
    }
    TransformerDescription d;
    d.norm = OperationKind::layernorm;
    d.frames = 4;
    d.positions = 3;
    d.decoder_positions = 5;
    d.bias_except = {"key"};
    d.padding_mask = false;
    const Graph graph = prefill_of(d);
    const LoadedWeights loaded = load(graph, s);
    EXPECT_EQ(at(graph, loaded, "embeddings.conv1.weight", 1 * 4 + 2, 5),
              there(s, "model.encoder.conv1.weight", 0, 0) + 5 * 12 + 2 * 3 + 1)
        << "frame 1 of channel 2";
    EXPECT_EQ(at(graph, loaded, "decoder.layer0.cross.value.weight", 4, 1),
              there(s, "model.decoder.layers.0.encoder_attn.v_proj.weight", 1, 4));
    EXPECT_EQ(at(graph, loaded, "layer0.ffn.norm.beta", 0, 2),
              there(s, "model.encoder.layers.0.final_layer_norm.bias", 0, 2));
    EXPECT_EQ(at(graph, loaded, "decoder.norm.gamma", 0, 5),
              there(s, "model.decoder.layer_norm.weight", 0, 5));
}

TEST_F(Checkpoint, OfMobilebertHasStackedFeedForwardNetworksWhoseLastIsNamedApart) {
    auto d = mobilebert(1, 3);
    d.hidden = d.ffn = 8;
    d.bottleneck = d.embedding_size = 4;
    d.heads = 2;
    d.vocabulary = 11;
    d.positions = 5;
    Shapes s;
    const std::string embeddings = "mobilebert.embeddings.", layer = "mobilebert.encoder.layer.0.";
    const auto nonorm = [&](const std::string& name, std::uint64_t n) {
        s.push_back({name + ".weight", {n}});
        s.push_back({name + ".bias", {n}});
    };
    s.push_back({embeddings + "word_embeddings.weight", {11, 4}});
    s.push_back({embeddings + "position_embeddings.weight", {5, 8}});
    s.push_back({embeddings + "token_type_embeddings.weight", {2, 8}});
    linear(s, embeddings + "embedding_transformation", 8, 12);
    nonorm(embeddings + "LayerNorm", 8);
    for (const char* which : {"query", "key"}) linear(s, layer + "attention.self." + which, 4, 4);
    linear(s, layer + "attention.self.value", 4, 8);
    linear(s, layer + "attention.output.dense", 4, 4);
    nonorm(layer + "attention.output.LayerNorm", 4);
    for (const std::string ffn : {"ffn.0.", "ffn.1.", ""}) {
        linear(s, layer + ffn + "intermediate.dense", 8, 4);
        linear(s, layer + ffn + "output.dense", 4, 8);
        nonorm(layer + ffn + "output.LayerNorm", 4);
    }
    linear(s, layer + "output.bottleneck.dense", 8, 4);
    nonorm(layer + "output.bottleneck.LayerNorm", 8);
    for (const char* which : {"input", "attention"}) {
        linear(s, layer + "bottleneck." + which + ".dense", 4, 8);
        nonorm(layer + "bottleneck." + which + ".LayerNorm", 4);
    }
    const Graph graph = graph_of(d);
    const LoadedWeights loaded = load(graph, s);
    EXPECT_EQ(at(graph, loaded, "layer0.ffn1.up.weight", 3, 7),
              there(s, layer + "ffn.1.intermediate.dense.weight", 7, 3));
    EXPECT_EQ(at(graph, loaded, "layer0.ffn2.down.weight", 7, 3),
              there(s, layer + "output.dense.weight", 3, 7));
    EXPECT_EQ(at(graph, loaded, "layer0.ffn2.norm.beta", 0, 3),
              there(s, layer + "output.LayerNorm.bias", 0, 3));
    d.ffn_count = 4;
    EXPECT_THAT(complaint(graph_of(d), s),
                HasSubstr("tensor 'mobilebert.encoder.layer.0.intermediate.dense.weight' would be both "
                          "'layer0.ffn2.up.weight' and 'layer0.ffn3.up.weight' of the workload"));
}

TEST_F(Checkpoint, OfAnotherSizeIsRefusedUnderBothNames) {
    const Graph graph = graph_of(small_llama());
    Shapes s = llama_names();
    s[3].second = {6, 6};
    EXPECT_THAT(
        complaint(graph, s),
        HasSubstr("model.safetensors: tensor 'model.layers.0.self_attn.k_proj.weight' (the workload's "
                  "'layer0.attention.key.weight') is 6 x 6, expected 3 x 6, of which the workload takes the "
                  "transpose"));
    s = llama_names();
    std::erase_if(s, [](const auto& t) { return t.first == "model.norm.weight"; });
    EXPECT_THAT(complaint(graph, s), HasSubstr("1 of the workload's weights are not there: 'norm.gamma' (as "
                                               "'model.norm.weight' or 'model.norm.gamma' or 'norm.weight'"));
    s = llama_names();
    s.push_back({"model.layers.1.input_layernorm.weight", {6}});
    EXPECT_THAT(
        complaint(graph, s),
        HasSubstr("1 tensors are no weights of the workload: 'model.layers.1.input_layernorm.weight'"));
    s.back() = {"model.layers.0.self_attn.rotary_emb.inv_freq", {3}};
    EXPECT_EQ(complaint(graph, s), "nothing");
}

TEST_F(Checkpoint, OfNoKnownFamilyIsLookedThroughUnderTheWorkloadsNames) {
    EXPECT_THAT(
        complaint(graph_of(small_llama()), {{"encoder.block.0.weight", {6}}}),
        testing::AllOf(HasSubstr("weights are not there: 'embeddings.word', "), Not(HasSubstr("(as"))));
}

class Shards : public Checkpoint {
  protected:
    void index(const std::string& map) {
        folder.write("model.safetensors.index.json",
                     "{\"metadata\": {\"total_size\": 1}, \"weight_map\": {" + map + "}}");
    }
    std::string complaint_of_folder() {
        try {
            TensorStore store(folder.path());
            load_weights(graph_of(small_llama()), store);
        } catch (const InputError& error) {
            return error.what();
        }
        return "nothing";
    }
    // The first five tensors in one file, the others in another; their index.
    std::string two_shards() {
        const Shapes all = llama_names();
        const Shapes first(all.begin(), all.begin() + 5), second(all.begin() + 5, all.end());
        folder.write("model-00001-of-00002.safetensors", test::safetensors(first));
        folder.write("model-00002-of-00002.safetensors", test::safetensors(second, 5));
        std::string map;
        for (std::size_t t = 0; t < all.size(); ++t)
            map += fmt::format("{}\"{}\": \"model-0000{}-of-00002.safetensors\"", t == 0 ? "" : ", ",
                               all[t].first, t < 5 ? 1 : 2);
        index(map);
        return map;
    }
};

TEST_F(Shards, AreFoundByTheirIndex) {
    two_shards();
    const Graph graph = graph_of(small_llama());
    TensorStore store(folder.path());
    EXPECT_THAT(store.path(), testing::EndsWith("model.safetensors.index.json"));
    const LoadedWeights loaded = load_weights(graph, store);
    const Shapes s = llama_names();
    EXPECT_EQ(at(graph, loaded, "embeddings.word", 10, 5), there(s, "model.embed_tokens.weight", 10, 5));
    EXPECT_EQ(at(graph, loaded, "head.weight", 2, 10), there(s, "lm_head.weight", 10, 2));
}

TEST_F(Shards, ThatAnIndexDoesNotDescribeAreRefused) {
    const std::string map = two_shards();
    index(map + ", \"model.more\": \"model-00001-of-00002.safetensors\"");
    EXPECT_THAT(complaint_of_folder(), HasSubstr("model-00001-of-00002.safetensors: tensor 'model.more', "
                                                 "which the index looks for here, is missing"));
    index(map.substr(0, map.rfind(',')));
    EXPECT_THAT(
        complaint_of_folder(),
        HasSubstr("model-00002-of-00002.safetensors: tensor 'lm_head.weight' is not here by the index"));
    std::string missing = map;
    missing.replace(missing.rfind("00002-of"), 5, "00003");
    index(missing);
    EXPECT_THAT(complaint_of_folder(), HasSubstr("model-00003-of-00002.safetensors: cannot be read"));
}

TEST_F(Shards, DoNotLieOutsideOfTheFolder) {
    for (const char* path : {"../model.safetensors", "/etc/model.safetensors", "a/b.safetensors", "..",
                             ".safetensors", "model.bin", ""}) {
        index(fmt::format("\"a\": \"{}\"", path));
        EXPECT_THAT(complaint_of_folder(),
                    HasSubstr("index.json: index: tensor 'a' is not in a file of this folder"))
            << path;
    }
    index("\"a\": \"b\\u0000.safetensors\"");
    EXPECT_THAT(complaint_of_folder(), HasSubstr("is not in a file of this folder"));
    index("\"a\": 3");
    EXPECT_THAT(complaint_of_folder(), HasSubstr("is not in a file of this folder: '3'"));
}

TEST_F(Shards, WithABrokenIndexAreRefused) {
    const std::vector<std::pair<std::string, std::string>> broken{
        {"", "no valid JSON"},
        {"{", "no valid JSON"},
        {"[]", "no JSON object"},
        {"{}", "weight_map, the file of every tensor, is missing"},
        {R"({"weight_map": []})", "weight_map, the file of every tensor, is missing"},
        {R"({"weight_map": {}})", "weight_map names no tensor"},
        {R"({"weight_map": {"a": "b.safetensors", "a": "c.safetensors"}})",
         "'weight_map': 'a' is there twice"},
        {R"({"weight_map": {"a": [[[[[1]]]]]}})", "nested too deep"},
    };
    for (const auto& [text, why] : broken) {
        folder.write("model.safetensors.index.json", text);
        EXPECT_THAT(complaint_of_folder(), HasSubstr(why)) << text;
    }
}

}  // namespace
}  // namespace octet
