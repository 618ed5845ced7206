#include "tests/system/random_model.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "sim/config/experiment_keys.h"

namespace octet::test {

TransformerDescription random_model(Choice& choice) {
    const auto one_in = [&](std::uint64_t n) { return choice.below(n) == 0; };
    const auto up_to = [&](std::uint64_t n) { return 1 + choice.below(n); };
    TransformerDescription d;
    d.name = "random";
    d.layers = up_to(2);
    d.heads = up_to(4);
    d.hidden = one_in(12) ? up_to(40) : d.heads * (one_in(3) ? up_to(12) : 2 * up_to(12));
    d.ffn = up_to(70);
    d.ffn_count = one_in(4) ? 2 : 1;
    d.gated = one_in(3);
    d.activation =
        static_cast<OperationKind>(static_cast<int>(OperationKind::gelu) + static_cast<int>(choice.below(8)));
    d.norm = static_cast<OperationKind>(static_cast<int>(OperationKind::layernorm) +
                                        static_cast<int>(choice.below(3)));
    d.norm_place = one_in(2) ? NormPlace::pre : NormPlace::post;
    d.epsilon = one_in(2) ? 1e-12 : 1e-5;
    d.vocabulary = up_to(60);
    d.positions = one_in(3) ? 0 : 20 + choice.below(40);
    d.token_types = d.positions != 0 && one_in(3) ? up_to(3) : 0;
    d.causal = one_in(2);
    d.padding_mask = one_in(2);
    d.attention_scale = !one_in(4);
    d.rotary = one_in(3);
    if (d.rotary && one_in(2)) d.rotation.factor = 8;
    d.embedding_norm = one_in(2);
    if (one_in(3)) d.kv_heads = up_to(d.heads);
    if (one_in(4)) d.head_values = 2 * up_to(10);
    if (one_in(4)) d.window = up_to(30);
    if (one_in(5)) d.embedding_size = up_to(30);
    d.trigram = one_in(6);
    if (one_in(6)) {
        d.bottleneck = d.heads * 2 * up_to(6);
        d.norm_place = one_in(4) ? NormPlace::pre : NormPlace::post;
        d.bottleneck_attention = static_cast<BottleneckAttention>(choice.below(3));
    }
    if (one_in(8)) {
        d.patches = up_to(50);
        d.vocabulary = one_in(6) ? 5 : 0;
        d.positions = 40;
        d.trigram = false;
        d.embedding_size = d.token_types = d.window = 0;
        d.causal = one_in(6);
    }
    if (one_in(5)) {
        d.decoder_layers = up_to(2);
        d.decoder_positions = one_in(2) ? 35 + up_to(20) : 0;
        d.decoder_prompt = up_to(6);
        d.decoder_source = up_to(30);
        if (!one_in(6)) {
            d.causal = d.rotary = d.trigram = false;
            d.bottleneck = d.embedding_size = d.patches = d.window = d.token_types = 0;
            d.vocabulary = up_to(60);
            d.ffn_count = 1;
        }
        if (one_in(3)) d.frames = up_to(6);
        if (one_in(3)) {
            d.relative_buckets = up_to(8);
            d.positions = 0;
            d.rotary = false;
        } else if (d.frames != 0) {
            d.positions = 40;
        }
    }
    d.bias = !one_in(3);
    for (const auto layer : biased_layers)
        if (one_in(12)) d.bias_except.emplace_back(layer);
    d.pooler = one_in(3);
    d.head = static_cast<Head>(choice.below(5));
    if (d.head == Head::pooler && !one_in(8)) d.pooler = true;
    if (d.has_decoder() && !one_in(6)) {
        d.pooler = false;
        d.head = one_in(2) ? Head::lm : Head::none;
    }
    d.head_scale = d.has_vocabulary_head() && one_in(3);
    d.labels = up_to(5);
    d.tied = d.has_vocabulary_head() && d.embedding_size == 0 && one_in(2);
    if (!d.rotary) d.rotation = {};
    return d;
}

PhaseConfig random_phase(Choice& choice) {
    PhaseConfig phase;
    phase.kind = static_cast<PhaseKind>(choice.below(phase_kind_names.size()));
    phase.batch = 1 + choice.below(3);
    if (phase.kind == PhaseKind::decode) {
        phase.context = 1 + choice.below(30);
        phase.tokens = 1 + choice.below(3);
    } else {
        phase.sequence = 1 + choice.below(choice.below(8) == 0 ? 70 : 20);
    }
    if (trains(phase)) phase.optimizer = choice.of({"sgd", "momentum", "adamw"});
    if (trains(phase) && choice.below(3) == 0) phase.decoder_sequence = 1 + choice.below(30);
    if (phase.kind == PhaseKind::finetune_lora) {
        phase.rank = 1 + choice.below(9);
        phase.alpha = 0.5 + static_cast<double>(choice.below(20));
        phase.merged = choice.below(2) == 0;
        phase.targets.clear();
        for (const auto& target : lora_targets)
            if (choice.below(3) == 0) phase.targets.emplace_back(target);
        if (phase.targets.empty()) phase.targets.emplace_back("query");
    }
    return phase;
}

std::string flow_text(const PhaseConfig& phase) {
    std::string text =
        fmt::format("{{kind: {}, batch: {}", name_in(phase_kind_names, phase.kind), phase.batch);
    if (phase.kind == PhaseKind::decode)
        text += fmt::format(", context: {}, tokens: {}", phase.context, phase.tokens);
    else
        text += fmt::format(", sequence: {}", phase.sequence);
    if (trains(phase)) text += fmt::format(", optimizer: {}", phase.optimizer);
    if (phase.decoder_sequence != 0) text += fmt::format(", decoder_sequence: {}", phase.decoder_sequence);
    if (phase.kind == PhaseKind::finetune_lora)
        text += fmt::format(", rank: {}, alpha: {}, merged: {}, targets: [{}]", phase.rank, phase.alpha,
                            phase.merged, fmt::join(phase.targets, ", "));
    return text + "}";
}

}  // namespace octet::test
