// The phase of a model's life that is simulated: key `phase` of an experiment.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "models/formats/rounding.h"

namespace octet {

// Gradients of activations are divided by a scale before they are encoded: the largest magnitude of the steps
// before, over qmax.
struct GradientScaling {
    double qmax = 0;             // 0: 64 of posits, else the largest number of the format
    std::uint64_t history = 10;  // steps
    std::string amax;            // a table of magnitudes by tensor; empty: those of the step itself
};

enum class PhaseKind : std::uint8_t { encode, prefill, decode, finetune_lora, train };

struct PhaseConfig {
    PhaseKind kind = PhaseKind::encode;
    std::uint64_t batch = 1;
    std::uint64_t sequence = 0;          // all but decode
    std::uint64_t decoder_sequence = 0;  // finetune_lora, train: of a decoder behind an encoder; 0: as many
    std::uint64_t context = 0;           // decode: keys the first token attends to, its own included
    std::uint64_t tokens = 1;            // decode: tokens made
    std::uint64_t rank = 8;              // finetune_lora
    double alpha = 16;                   // finetune_lora
    std::vector<std::string> targets{"query", "value"};  // finetune_lora
    bool merged = false;                                 // finetune_lora
    std::string optimizer = "adamw";                     // finetune_lora, train
    double learning_rate = 1e-3;                         // finetune_lora, train
    double clip_norm = 0;                                // finetune_lora, train; 0: gradients are as they are
    AxpyRounding axpy_rounding = AxpyRounding::each_step;            // optimizers sgd and momentum
    std::optional<GradientScaling> gradient_scaling = std::nullopt;  // finetune_lora, train
    bool paged_states = false;                                       // finetune_lora, train
    bool wide_wgrad = false;                                         // train
    double outliers = 0;  // encode, prefill, decode: share of columns that products take in 16 bits; 0: none
};

constexpr bool trains(const PhaseConfig& phase) {
    return phase.kind == PhaseKind::finetune_lora || phase.kind == PhaseKind::train;
}

// Tokens that go through the model.
constexpr std::uint64_t made_tokens(const PhaseConfig& phase) {
    return phase.batch * (phase.kind == PhaseKind::decode ? phase.tokens : phase.sequence);
}

}  // namespace octet
