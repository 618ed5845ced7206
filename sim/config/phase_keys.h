// The keys of `phase`.
#pragma once
#include <array>

#include "sim/config/describe.h"
#include "sim/config/phase.h"

namespace octet {

inline constexpr auto phase_kind_names = std::to_array<Named<PhaseKind>>({
    {"encode", PhaseKind::encode},
    {"prefill", PhaseKind::prefill},
    {"decode", PhaseKind::decode},
    {"finetune_lora", PhaseKind::finetune_lora},
    {"train", PhaseKind::train},
});
inline constexpr auto lora_targets =
    std::to_array<std::string_view>({"query", "key", "value", "output", "ffn_in", "ffn_out", "all"});
inline constexpr auto optimizer_names = std::to_array<std::string_view>({"sgd", "momentum", "adamw"});
inline constexpr auto axpy_rounding_names =
    std::to_array<Named<AxpyRounding>>({{"each_step", AxpyRounding::each_step},
                                        {"nearest_even", AxpyRounding::nearest_even},
                                        {"stochastic", AxpyRounding::stochastic}});
template <class V>
void describe(V& v, GradientScaling& c) {
    v.number("qmax", c.qmax, {0, 1e30},
             "what the largest magnitude becomes; 0: 64 in posits, else the largest number of the format, at "
             "most 57344");
    v.integer("history", c.history, {1, 63}, "steps whose largest magnitudes count");
    v.path("amax", c.amax,
           "a table of tensor, magnitude, magnitude ... of the steps before, .csv; none: that of this step");
}

template <class V>
void describe(V& v, PhaseConfig& c) {
    const bool decode = c.kind == PhaseKind::decode, lora = c.kind == PhaseKind::finetune_lora;
    v.integer("batch", c.batch, {1, 1 << 16}, "samples at once");
    v.when(!decode, "kind encode, prefill, finetune_lora or train", [&] {
        v.integer("sequence", c.sequence, {1, 1 << 20}, "tokens of a sample", required);
    });
    v.when(decode, "kind decode", [&] {
        v.integer("context", c.context, {1, 1 << 20}, "keys the first token attends to, its own included",
                  required);
        v.integer("tokens", c.tokens, {1, 1 << 16}, "tokens made one after another");
    });
    v.when(!trains(c) && (V::reads || c.outliers > 0), "kind encode, prefill or decode", [&] {
        v.number(
            "outliers", c.outliers, {0, 0.5},
            "share of columns that products with weights take in pe.storage, the rest in formats.quantized");
    });
    v.when(lora, "kind finetune_lora", [&] {
        v.integer("rank", c.rank, {1, 4096}, "rank of the adapters");
        v.number("alpha", c.alpha, {0, 1e6}, "adapters are scaled by alpha / rank");
        v.words("targets", c.targets, lora_targets, "projections with adapters");
        v.boolean("merged", c.merged, "adapters are merged into the weights before the matmul");
    });
    v.when(c.kind == PhaseKind::train, "kind train", [&] {
        v.boolean("wide_wgrad", c.wide_wgrad,
                  "weight gradients are products of operands in formats.wgrad_operands, others of copies");
    });
    v.when(lora || c.kind == PhaseKind::train, "kind finetune_lora or train", [&] {
        v.integer(
            "decoder_sequence", c.decoder_sequence, {0, 1 << 20},
            "tokens of a sample in a decoder behind an encoder; 0: sequence, or its positions if fewer");
        v.word("optimizer", c.optimizer, optimizer_names, "how weights are updated");
        v.number("learning_rate", c.learning_rate, {0, 1e3}, "how far a step goes");
        v.number("clip_norm", c.clip_norm, {0, 1e4},
                 "how long all gradients together are at most; 0: they are not clipped");
        v.section("gradient_scaling", c.gradient_scaling, "scales of activation gradients");
        v.boolean("paged_states", c.paged_states, "states of the optimizer lie in the memory of the host");
        v.when(c.optimizer != "adamw", "optimizer sgd or momentum", [&] {
            v.choice("axpy_rounding", c.axpy_rounding, axpy_rounding_names,
                     "each product and sum to the vector format, or both once to the format they lie in");
        });
    });
}

}  // namespace octet
