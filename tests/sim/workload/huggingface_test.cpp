#include "sim/workload/import/huggingface.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "sim/config/json_reader.h"
#include "sim/config/yaml.h"
#include "sim/config/yaml_writer.h"
#include "sim/workload/keys.h"
#include "sim/workload/load.h"

namespace octet {
namespace {

using testing::HasSubstr;

const std::string folder = OCTET_SOURCE_DIR "/tests/sim/workload/huggingface/";

std::string text_of(const std::string& model) {
    std::ifstream file(folder + model + ".json");
    EXPECT_TRUE(file) << model;
    return {std::istreambuf_iterator<char>(file), {}};
}

// The text with something of it replaced.
std::string changed(std::string text, const std::string& from, const std::string& to) {
    const auto at = text.find(from);
    EXPECT_NE(at, text.npos) << from;
    return at == text.npos ? text : text.replace(at, from.size(), to);
}

HuggingFaceModel read(const std::string& text, const std::string& head = {}) {
    Diagnostics diagnostics;
    auto model = read_huggingface(parse_json(text, "c.json"), "m", head, diagnostics);
    EXPECT_EQ(diagnostics.text(), "");
    return model;
}

std::string errors(const std::string& text, const std::string& head = {}) {
    Diagnostics diagnostics;
    read_huggingface(parse_json(text, "c.json"), "m", head, diagnostics);
    return diagnostics.text();
}

std::string with(const std::string& model, const std::string& key, const std::string& value) {
    return changed(text_of(model), "{", "{\n\"" + key + "\": " + value + ",");
}

PhaseConfig phase_for(const TransformerDescription& model) {
    PhaseConfig phase{.batch = 2, .sequence = 24};
    if (model.causal || model.has_decoder()) phase = {.kind = PhaseKind::decode, .context = 24, .tokens = 2};
    return phase;
}

TEST(HuggingFace, APublishedConfigurationIsTheShippedWorkload) {
    std::size_t models = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        const std::string name = entry.path().stem();
        Diagnostics diagnostics;
        const std::string head = name == "kjv-bert" ? "mlm" : "";
        auto model = read_huggingface(read_json(entry.path()), name, head, diagnostics);
        if (name == "kjv-llama")  // trained with rounded frequencies, of which a configuration does not speak
            model.description.rotation.frequencies = Frequencies::bf16;
        ASSERT_EQ(diagnostics.text(), "") << name;
        const PhaseConfig phase = phase_for(model.description);
        const auto shipped = load_workload(OCTET_SOURCE_DIR "/workloads/" + name + ".yaml", phase);
        const Graph imported = expand(model.description, phase);
        EXPECT_TRUE(imported == shipped.graph) << name;
        Diagnostics written;
        const Node yaml = parse_yaml("kind: workload\n" + write_yaml(model.description), name);
        const auto again = read_workload(yaml, phase, written);
        EXPECT_EQ(written.text(), "") << name;
        EXPECT_TRUE(again.graph == imported) << name;
        ++models;
    }
    EXPECT_EQ(models, 21U);
}

TEST(HuggingFace, NetworksOfT5AreGatedOrNot) {
    const auto of = [](const std::string& network) {
        return read(with("t5-base", "feed_forward_proj", '"' + network + '"')).description;
    };
    EXPECT_FALSE(of("relu").gated);
    EXPECT_EQ(of("relu").activation, OperationKind::relu);
    EXPECT_TRUE(of("gated-gelu").gated);
    EXPECT_EQ(of("gated-gelu").activation, OperationKind::gelu_tanh);
    EXPECT_EQ(of("gated-silu").activation, OperationKind::silu);
    EXPECT_THAT(errors(with("t5-base", "feed_forward_proj", "\"gated-mish\"")),
                HasSubstr("feed_forward_proj: 'gated-mish' is not modelled"));
    const auto apart = read(with("t5-base", "tie_word_embeddings", "false")).description;
    EXPECT_FALSE(apart.tied || apart.head_scale);
    EXPECT_EQ(read(with("t5-base", "num_decoder_layers", "3")).description.decoder_layers, 3U);
    EXPECT_THAT(
        errors(changed(text_of("whisper-tiny"), "\"decoder_ffn_dim\": 1536", "\"decoder_ffn_dim\": 1")),
        HasSubstr("decoder_ffn_dim: differs from encoder_ffn_dim, which is not modelled"));
    EXPECT_THAT(errors(with("bert-base", "is_encoder_decoder", "true")), HasSubstr("is_encoder_decoder"));
}

TEST(HuggingFace, OlderAndNewerSpellingsAreTheSameModel) {
    const auto same = [](const std::string& a, const std::string& b) {
        EXPECT_TRUE(read(a).description == read(b).description) << a << b;
    };
    auto gpt2 = text_of("gpt2");
    for (const auto& [older, newer] : std::initializer_list<std::pair<const char*, const char*>>{
             {"n_embd", "hidden_size"},
             {"n_head", "num_attention_heads"},
             {"n_layer", "num_hidden_layers"},
             {"n_positions", "max_position_embeddings"}})
        gpt2 = changed(gpt2, '"' + std::string(older) + '"', '"' + std::string(newer) + '"');
    same(gpt2, text_of("gpt2"));
    auto distilbert = changed(text_of("distilbert"), "\"dim\"", "\"hidden_size\"");
    same(changed(distilbert, "\"n_layers\"", "\"num_hidden_layers\""), text_of("distilbert"));
    auto llama = changed(text_of("llama-3.2-1b"), "\"rope_scaling\": {",
                         "\"rope_parameters\": {\"rope_theta\": 500000.0,");
    same(changed(llama, "\"rope_theta\": 500000.0,\n", "\n"), text_of("llama-3.2-1b"));
    same(changed(text_of("llama-3.2-1b"), "rope_type", "type"), text_of("llama-3.2-1b"));
    same(changed(text_of("llama-2-7b"), "\"num_key_value_heads\": 32", "\"num_key_value_heads\": null"),
         text_of("llama-2-7b"));
    same(with("gpt2", "n_inner", "null"), text_of("gpt2"));
    same(with("llama-2-7b", "rope_parameters", R"({"rope_type": "default", "rope_theta": 10000})"),
         text_of("llama-2-7b"));
}

TEST(HuggingFace, EveryActivationHasItsKind) {
    const auto of = [](const std::string& name) {
        return read(changed(text_of("bert-base"), "\"gelu\"", '"' + name + '"')).description.activation;
    };
    EXPECT_EQ(of("gelu"), OperationKind::gelu);
    EXPECT_EQ(of("gelu_new"), OperationKind::gelu_tanh);
    EXPECT_EQ(of("gelu_pytorch_tanh"), OperationKind::gelu_tanh);
    EXPECT_EQ(of("quick_gelu"), OperationKind::gelu_sigmoid);
    EXPECT_EQ(of("relu"), OperationKind::relu);
    EXPECT_EQ(of("silu"), OperationKind::silu);
    EXPECT_EQ(of("swish"), OperationKind::silu);
    EXPECT_THAT(errors(changed(text_of("bert-base"), "\"gelu\"", "\"mish\"")),
                HasSubstr("c.json:5:17: hidden_act: 'mish' is not modelled, expected gelu, "));
}

TEST(HuggingFace, FieldsThatChangeTheComputationChangeTheModel) {
    const auto d = [](const std::string& model, const std::string& key, const std::string& value) {
        return read(with(model, key, value)).description;
    };
    EXPECT_EQ(read(changed(text_of("roberta-base"), "\"pad_token_id\": 1", "\"pad_token_id\": 5"))
                  .description.position_offset,
              6U);
    EXPECT_FALSE(d("gpt2", "scale_attn_weights", "false").attention_scale);
    EXPECT_EQ(d("gpt2", "n_inner", "100").ffn, 100U);
    EXPECT_EQ(read(changed(text_of("llama-2-7b"), "\"tie_word_embeddings\": false",
                           "\"tie_word_embeddings\": true"))
                  .description.tied,
              true);
    const auto biased = d("llama-2-7b", "attention_bias", "true");
    EXPECT_TRUE(biased.has_bias("query") && biased.has_bias("output") && !biased.has_bias("up"));
    const auto network = d("llama-2-7b", "mlp_bias", "true");
    EXPECT_TRUE(!network.has_bias("query") && network.has_bias("up") && network.has_bias("down"));
    EXPECT_EQ(d("llama-2-7b", "head_dim", "256").head_size(), 256U);
    EXPECT_EQ(read(changed(text_of("mistral-7b"), "\"sliding_window\": 4096", "\"sliding_window\": null"))
                  .description.window,
              0U);
    const auto unbiased = read(changed(text_of("vit-b16"), "\"qkv_bias\": true", "\"qkv_bias\": false"));
    EXPECT_FALSE(unbiased.description.has_bias("key"));
    EXPECT_TRUE(unbiased.description.has_bias("output"));
    const auto wide = read(changed(text_of("vit-b16"), "\"image_size\": 224", "\"image_size\": [384, 224]"));
    EXPECT_EQ(wide.description.positions, 24U * 14U + 1U);
    const auto mobile = [](const std::string& from, const std::string& to) {
        return read(changed(text_of("mobilebert"), from, to)).description;
    };
    EXPECT_EQ(mobile("\"use_bottleneck_attention\": false", "\"use_bottleneck_attention\": true")
                  .bottleneck_attention,
              BottleneckAttention::input);
    EXPECT_EQ(mobile("\"key_query_shared_bottleneck\": true", "\"key_query_shared_bottleneck\": false")
                  .bottleneck_attention,
              BottleneckAttention::hidden);
    EXPECT_TRUE(mobile("\"classifier_activation\": false", "\"classifier_activation\": true").pooler);
    EXPECT_EQ(mobile("\"no_norm\"", "\"layer_norm\"").norm, OperationKind::layernorm);
}

// theta^(-2j/n) / factor: all wavelengths are stretched.
TEST(HuggingFace, LinearScalingOfRotaryPositionsStretchesAllWavelengths) {
    const auto r = read(changed(text_of("llama-2-7b"), "\"rope_scaling\": null",
                                R"("rope_scaling": {"type": "linear", "factor": 4.0})"))
                       .description.rotation;
    EXPECT_EQ(r.factor, 4);
    // The shortest wavelength is 2 pi: original_positions over it is below low_frequency.
    EXPECT_LT(static_cast<double>(r.original_positions) / 6.28, r.low_frequency);
    const auto none = read(changed(text_of("llama-2-7b"), "\"rope_scaling\": null",
                                   R"("rope_scaling": {"type": "linear", "factor": 1.0})"));
    EXPECT_TRUE(none.description == read(text_of("llama-2-7b")).description);
}

TEST(HuggingFace, WhatIsNotModelledIsAnErrorThatNamesIt) {
    const auto scaled = [](const std::string& scaling) {
        return errors(
            changed(text_of("llama-2-7b"), "\"rope_scaling\": null", "\"rope_scaling\": " + scaling));
    };
    EXPECT_EQ(
        scaled(R"({"rope_type": "yarn", "factor": 4.0})"),
        "c.json:17:33: rope_scaling.rope_type: 'yarn' is not modelled, expected default, linear or llama3");
    EXPECT_THAT(scaled(R"({"rope_type": "dynamic", "factor": 4.0})"), HasSubstr("'dynamic' is not modelled"));
    EXPECT_THAT(scaled(R"({"factor": 4.0})"), HasSubstr("rope_scaling.rope_type: missing"));
    EXPECT_THAT(scaled(R"({"type": "linear"})"), HasSubstr("rope_scaling.factor: missing"));
    EXPECT_THAT(scaled(R"({"type": "linear", "factor": 2, "attention_factor": 3})"),
                HasSubstr("rope_scaling.attention_factor: unknown key"));
    EXPECT_THAT(scaled("[]"), HasSubstr("rope_scaling: expected a mapping"));
    EXPECT_THAT(errors(with("llama-2-7b", "partial_rotary_factor", "0.5")),
                HasSubstr("c.json:2:26: partial_rotary_factor: changes the computation in a way that is not "
                          "modelled; only 1 or 1.0 is"));
    for (const auto& [model, key, value] :
         std::initializer_list<std::tuple<const char*, const char*, const char*>>{
             {"gpt2", "scale_attn_by_inverse_layer_idx", "true"},
             {"gpt2", "add_cross_attention", "true"},
             {"bert-base", "is_decoder", "true"},
             {"bert-base", "pruned_heads", R"({"1": [2]})"},
             {"bert-base", "quantization_config", R"({"bits": 4})"},
             {"bert-base", "layer_norm_type", "\"rms\""},
             {"vit-b16", "use_mask_token", "true"},
             {"mistral-7b", "attention_sink", "4"}})
        EXPECT_THAT(errors(with(model, key, value)), HasSubstr("c.json:2:")) << key;
    EXPECT_THAT(errors(changed(text_of("bert-base"), "\"absolute\"", "\"relative_key\"")),
                HasSubstr("position_embedding_type: changes the computation"));
    EXPECT_THAT(
        errors(changed(text_of("mobilebert"), "\"true_hidden_size\": 128", "\"true_hidden_size\": 64")),
        HasSubstr("true_hidden_size: is 128 in a model with these sizes"));
}

TEST(HuggingFace, WrongConfigurationsAreRefusedWithTheirPlace) {
    EXPECT_EQ(errors("{}"), "c.json:1:1: model_type: missing");
    EXPECT_EQ(errors("[1]"), "c.json:1:1: expected an object of keys, as in a config.json");
    EXPECT_THAT(
        errors(R"({"model_type": "opt"})"),
        HasSubstr("c.json:1:16: model_type: 'opt' is no family that can be imported; bert, roberta, "));
    EXPECT_THAT(errors(R"({"model_type": 3})"), HasSubstr("model_type: expected a text, got"));
    const auto missing = errors(R"({"model_type": "bert"})");
    for (const char* key : {"hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size",
                            "vocab_size", "max_position_embeddings"})
        EXPECT_THAT(missing, HasSubstr(std::string(key) + ": missing, expected an integer"));
    EXPECT_THAT(errors(changed(text_of("bert-base"), "\"hidden_size\": 768", "\"hidden_size\": \"768\"")),
                HasSubstr("c.json:7:18: hidden_size: expected an integer from 1 to 16777216, got"));
    EXPECT_THAT(
        errors(changed(text_of("bert-base"), "\"num_attention_heads\": 12", "\"num_attention_heads\": 7")),
        HasSubstr("heads: 7 heads do not divide a hidden size of 768"));
    EXPECT_THAT(errors(with("gpt2", "hidden_size", "9")),
                HasSubstr("c.json:2:16: hidden_size: differs from n_embd, which means the same"));
    EXPECT_THAT(errors(with("bert-base", "hiden_size", "9")), HasSubstr("did you mean 'hidden_size'?"));
}

TEST(HuggingFace, AHeadRunsWhenAskedFor) {
    const auto masked = read(text_of("bert-base"), "mlm").description;
    EXPECT_TRUE(masked.head == Head::mlm && masked.tied && !masked.pooler);
    // BertForMaskedLM has 109,514,298 parameters: no pooler, a transform and a bias for each word.
    EXPECT_EQ(expand(masked, {.sequence = 8}).parameters(), 109'514'298U);
    const auto classifier =
        read(with("bert-base", "id2label", R"({"0": "a", "1": "b", "2": "c"})"), "classifier").description;
    EXPECT_EQ(classifier.labels, 3U);
    EXPECT_TRUE(classifier.pooler);
    EXPECT_EQ(read(text_of("gpt2"), "none").description.head, Head::none);
    EXPECT_EQ(read(text_of("gpt2")).notes.front(),
              "head: lm (the file is of GPT2LMHeadModel); --head none or lm are possible");
    EXPECT_THAT(errors(text_of("gpt2"), "mlm"),
                HasSubstr("the head mlm of gpt2 is not modelled, none or lm is"));
}

}  // namespace
}  // namespace octet
