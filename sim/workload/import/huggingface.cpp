#include "sim/workload/import/huggingface.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "sim/workload/import/families.h"
#include "sim/workload/keys.h"

namespace octet {
namespace {

struct Family {
    std::string_view model_type;
    void (*read)(ConfigFields& fields, TransformerDescription& model);
    std::array<Head, 3> heads;  // that are modelled beside `none`
    bool encoder = false;       // with a decoder
};

constexpr Head no = Head::none;
constexpr auto families = std::to_array<Family>({
    {"bert", read_bert, {Head::pooler, Head::classifier, Head::mlm}},
    {"roberta", read_roberta, {Head::pooler, Head::classifier, Head::mlm}},
    {"xlm-roberta", read_roberta, {Head::pooler, Head::classifier, Head::mlm}},
    {"distilbert", read_distilbert, {Head::mlm, no, no}},
    {"mobilebert", read_mobilebert, {Head::classifier, no, no}},
    {"vit", read_vit, {Head::classifier, no, no}},
    {"gpt2", read_gpt2, {Head::lm, no, no}},
    {"llama", read_llama, {Head::lm, no, no}},
    {"mistral", read_mistral, {Head::lm, no, no}},
    {"t5", read_t5, {Head::lm, no, no}, true},
    {"whisper", read_whisper, {Head::lm, no, no}, true},
});

// Keys of every family that do not change what an inference computes: names, versions, ids, training, how
// text is generated, what code returns.
void pass_over(const Family& family, ConfigFields& fields) {
    fields.without_influence({"_name_or_path",
                              "model_type",
                              "architectures",
                              "transformers_version",
                              "torch_dtype",
                              "dtype",
                              "torchscript",
                              "use_bfloat16",
                              "attn_implementation",
                              "_attn_implementation",
                              "_attn_implementation_autoset",
                              "initializer_range",
                              "initializer_factor",
                              "use_cache",
                              "gradient_checkpointing",
                              "classifier_dropout",
                              "layerdrop",
                              "output_attentions",
                              "output_hidden_states",
                              "output_past",
                              "output_scores",
                              "return_dict",
                              "return_dict_in_generate",
                              "chunk_size_feed_forward",
                              "bos_token_id",
                              "eos_token_id",
                              "pad_token_id",
                              "sep_token_id",
                              "cls_token_id",
                              "mask_token_id",
                              "decoder_start_token_id",
                              "forced_bos_token_id",
                              "forced_eos_token_id",
                              "suppress_tokens",
                              "begin_suppress_tokens",
                              "label2id",
                              "_num_labels",
                              "problem_type",
                              "finetuning_task",
                              "task_specific_params",
                              "tokenizer_class",
                              "prefix",
                              "max_length",
                              "min_length",
                              "do_sample",
                              "early_stopping",
                              "num_beams",
                              "num_beam_groups",
                              "diversity_penalty",
                              "temperature",
                              "top_k",
                              "top_p",
                              "typical_p",
                              "repetition_penalty",
                              "length_penalty",
                              "no_repeat_ngram_size",
                              "encoder_no_repeat_ngram_size",
                              "bad_words_ids",
                              "num_return_sequences",
                              "remove_invalid_values",
                              "exponential_decay_length_penalty"});
    for (const char* key : {"is_decoder", "add_cross_attention", "tie_encoder_decoder"})
        fields.only(key, {"false"});
    fields.only("is_encoder_decoder", {family.encoder ? "true" : "false"});
    for (const char* key : {"pruned_heads", "cross_attention_hidden_size", "quantization_config", "auto_map"})
        fields.only(key, {});
}

// Classes of a classifier: as many as have a name.
void read_labels(ConfigFields& fields, TransformerDescription& model) {
    const Node* names = fields.find({"id2label"});
    if (names != nullptr && names->is_map() && !names->entries.empty()) model.labels = names->entries.size();
    fields.integer({"num_labels"}, model.labels, {1, 1 << 20});
}

void choose_head(const Family& family, std::string_view wanted, ConfigFields& fields,
                 HuggingFaceModel& model) {
    TransformerDescription& d = model.description;
    const Head usual = d.causal || d.has_decoder() ? Head::lm : Head::none;
    d.head = usual;
    for (const auto& [name, head] : head_names)
        if (name == wanted) d.head = head;
    std::vector<std::string_view> possible{"none"};
    for (const Head head : family.heads)
        if (head != Head::none) possible.push_back(name_in(head_names, head));
    if (std::ranges::find(possible, name_in(head_names, d.head)) == possible.end())
        return fields.error(
            "", fmt::format("the head {} of {} is not modelled, {} is", name_in(head_names, d.head),
                            family.model_type, any_of(possible)));
    if (!d.has_vocabulary_head()) d.tied = d.head_scale = false;
    // The masked models have none.
    if (d.head == Head::mlm) d.pooler = false;
    std::string made_for;
    const Node* architectures = fields.find({"architectures"});
    if (architectures != nullptr && architectures->is_list() && architectures->items.size() == 1)
        made_for = printable(architectures->items[0].text);
    if (wanted.empty())
        model.notes.push_back(
            fmt::format("head: {}{}; --head {} {} possible", name_in(head_names, d.head),
                        made_for.empty() ? "" : fmt::format(" (the file is of {})", made_for),
                        any_of(possible), possible.size() == 1 ? "is" : "are"));
}

}  // namespace

HuggingFaceModel read_huggingface(const Node& config, std::string_view name, std::string_view head,
                                  Diagnostics& diagnostics) {
    HuggingFaceModel model;
    if (!config.is_map()) {
        diagnostics.add(config.location, "", "expected an object of keys, as in a config.json");
        return model;
    }
    ConfigFields fields(config, diagnostics);
    if (!fields.text({"model_type"}, model.model_type)) {
        if (!fields.has({"model_type"})) fields.error("model_type", "missing");
        return model;
    }
    const auto family = std::ranges::find(families, model.model_type, &Family::model_type);
    if (family == families.end()) {
        std::vector<std::string_view> known;
        for (const Family& row : families) known.push_back(row.model_type);
        fields.error("model_type", fmt::format("{} is no family that can be imported; {} are",
                                               in_quotes(model.model_type), any_of(known)));
        return model;
    }
    const auto before = diagnostics.total();
    model.description.name = name;
    family->read(fields, model.description);
    read_labels(fields, model.description);
    pass_over(*family, fields);
    choose_head(*family, head, fields, model);
    fields.finish();
    if (diagnostics.total() != before) return model;
    for (const DescriptionFault& fault : faults(model.description))
        diagnostics.add(config.location, fault.key, fault.message);
    return model;
}

}  // namespace octet
