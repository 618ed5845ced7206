// The keys of `kind: experiment`.
#pragma once
#include "sim/config/accelerator_keys.h"
#include "sim/config/experiment.h"
#include "sim/config/phase_keys.h"

namespace octet {

inline constexpr auto values_names =
    std::to_array<Named<Values>>({{"none", Values::none}, {"exact", Values::exact}});
inline constexpr auto fidelity_names =
    std::to_array<Named<Fidelity>>({{"register", Fidelity::registers}, {"pass", Fidelity::pass}});
inline constexpr auto distribution_names =
    std::to_array<std::string_view>({"gaussian", "laplace", "uniform"});

template <class V>
void describe(V& v, SyntheticInputs& c) {
    v.word("distribution", c.distribution, distribution_names, "of the values");
    v.number("outlier_rate", c.outlier_rate, {0, 1}, "share of values that are outliers");
    v.number("outlier_scale", c.outlier_scale, {0, 1e6}, "an outlier is this many times as large");
}

inline constexpr auto clip_rule_names = std::to_array<Named<ClipRule>>({
    {"amax", ClipRule::amax},
    {"percentile", ClipRule::percentile},
    {"mse", ClipRule::mse},
    {"sawb", ClipRule::sawb},
    {"clip", ClipRule::clip},
});

template <class V>
void describe(V& v, CalibrationConfig& c) {
    v.choice("weights", c.weights, clip_rule_names, "which magnitude of a weight takes the largest code");
    v.choice("activations", c.activations, clip_rule_names, "the same of inputs and results");
    v.number("percentile", c.percentile, {1, 100}, "of magnitudes that do not saturate");
    v.number("clip", c.clip, {1e-30, 1e30}, "the magnitude of rule clip");
    v.path("file", c.file, "a table of tensor and magnitude, .csv: these are not calibrated");
}

template <class V>
void describe(V& v, InputsConfig& c) {
    v.section("synthetic", c.synthetic, "random values");
    v.path("weights", c.weights,
           "a checkpoint: a .safetensors file, its folder (shards too), or a folder of .npy files");
    v.path("tokens", c.tokens, "token ids, .npy");
    v.path("labels", c.labels, "what the logits should say, .npy: a class a row, -100 for none");
    v.path("activations", c.activations, "the first operation's input, .npy");
    v.section("calibration", c.calibration, "how scales of tensors are chosen, of formats that have some");
    v.number("smoothquant", c.smoothquant, {0, 1},
             "part of the spread of a norm's columns that moves into the weights behind it; 0: none");
}

// Without the files: accelerator, workload and costs are read from their own trees.
template <class V>
void describe(V& v, ExperimentConfig& c) {
    v.group(
        "phase", "what is simulated of the workload",
        [&](auto& phase) {
            phase.choice("kind", c.phase.kind, phase_kind_names, "encode, decode, train, ...", required);
            describe(phase, c.phase);
        },
        required);
    v.choice("values", c.values, values_names, "none: timing only; exact: numbers flow through every module");
    v.choice("fidelity", c.fidelity, fidelity_names,
             "register: every PE register, every clock; pass: a tile at a time");
    v.section("formats", c.accelerator.formats, "formats in memory by use, instead of pe.storage");
    v.section("inputs", c.inputs, "where values come from");
}

}  // namespace octet
