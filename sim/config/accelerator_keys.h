// The keys of `kind: accelerator`: names, ranges and meaning, in the order of the reference file.
#pragma once
#include "models/accelerator/config.h"
#include "models/arithmetic/fixed_point.h"
#include "models/formats/registry.h"
#include "sim/config/describe.h"
#include "sim/config/dram_keys.h"

namespace octet {

inline constexpr auto dataflow_names = std::to_array<Named<Dataflow>>({
    {"weight_stationary", Dataflow::weight_stationary},
    {"output_stationary", Dataflow::output_stationary},
    {"input_stationary", Dataflow::input_stationary},
});
inline constexpr auto rounding_names = std::to_array<Named<Rounding>>({
    {"nearest_even", Rounding::nearest_even},
    {"truncate", Rounding::truncate},
    {"stochastic", Rounding::stochastic},
});
inline constexpr auto integer_overflow_names = std::to_array<Named<IntegerOverflow>>({
    {"saturate", IntegerOverflow::saturate},
    {"wrap", IntegerOverflow::wrap},
});
inline constexpr auto codec_placement_names = std::to_array<Named<CodecPlacement>>({
    {"edge", CodecPlacement::edge},
    {"per_pe", CodecPlacement::per_pe},
    {"sram_port", CodecPlacement::sram_port},
});
inline constexpr auto softmax_unit_names = std::to_array<Named<SoftmaxUnitKind>>({
    {"exact", SoftmaxUnitKind::exact},
    {"posit_approximate", SoftmaxUnitKind::posit_approximate},
    {"ibert", SoftmaxUnitKind::ibert},
});
inline constexpr auto vector_function_units = std::to_array<Named<VectorFunctionUnit>>({
    {"exact", VectorFunctionUnit::exact},
    {"ibert", VectorFunctionUnit::ibert},
});
inline constexpr auto approximation_names = std::to_array<Named<Approximation>>({
    {"exact", Approximation::exact},
    {"approximate", Approximation::approximate},
});
inline constexpr auto fusion_names = std::to_array<Named<FusionLevel>>({
    {"none", FusionLevel::none},
    {"scaling", FusionLevel::scaling},
    {"activation", FusionLevel::activation},
    {"layernorm", FusionLevel::layernorm},
    {"residual", FusionLevel::residual},
});
inline constexpr auto matvec_names = std::to_array<Named<Matvec>>({
    {"array", Matvec::array},
    {"vector", Matvec::vector},
});
inline constexpr auto row_tiles_names = std::to_array<Named<RowTiles>>({
    {"best", RowTiles::best},
    {"largest", RowTiles::largest},
});

inline constexpr auto accumulator_formats =
    std::to_array<std::string_view>({"bf16", "fp16", "dlfloat16", "fp32", "fixed", "int24", "int32"});
inline constexpr auto accumulation_buffer_formats =
    std::to_array<std::string_view>({"bf16", "fp16", "dlfloat16", "fp32", "int24", "int32"});
inline constexpr auto vector_formats = std::to_array<std::string_view>({"bf16", "fp16", "dlfloat16", "fp32"});
Words format_names();  // of the registry
Words preset_names();

// Puts the preset's columns where `auto` and unwritten keys stand.
void take_preset(AcceleratorConfig& c, const Preset& preset);

// What `auto` means for the accumulation buffer: the preset's column, or, if that cannot hold the sums of
// `accumulator`, their own format (fp32 of exact ones).
std::string_view automatic_buffer(const Preset& preset, std::string_view accumulator);

// Conditions between keys.
struct KeyProblem {
    std::string_view key;
    std::string message;
};
std::vector<KeyProblem> problems_between(const AcceleratorConfig& c);
// What the formats by use contradict.
std::vector<KeyProblem> problems_of_formats(const AcceleratorConfig& c);
std::vector<KeyProblem> problems_of_host(const AcceleratorConfig& c);

template <class V>
void describe(V& v, ArrayConfig& c) {
    v.integer("rows", c.rows, {1, 4096}, "PEs along the reduction dimension", required);
    v.integer("cols", c.cols, {1, 4096}, "PEs along the output columns", required);
    v.choice("dataflow", c.dataflow, dataflow_names, "what stays in the PEs");
    v.integer("pe_latency", c.pe_latency, {1, 64}, "cycles of one multiply-accumulate");
    v.boolean("double_buffered_weights", c.double_buffered_weights, "a shadow weight in every PE");
    v.boolean("overlap_passes", c.overlap_passes, "a pass starts while the one before it drains");
}

template <class V>
void describe(V& v, PeConfig& c) {
    // `preset` is read by the accelerator's description, before this one.
    v.word("storage", c.storage, format_names(), "format in memory");
    v.word("operand", c.operand, format_names(), "format that enters the multiplier");
    v.word("accumulator", c.accumulator, accumulator_formats,
           "format that is added up in the array; fixed: in fixed point");
    v.group("fixed", "sums of `accumulator: fixed`", [&](auto& f) {
        f.integer_or_word("bits", c.fixed_bits, {2, most_fixed_bits}, "exact", 0,
                          "of the register; exact: no sum is cut off or saturates");
        f.integer_or_word("fraction", c.fixed_fraction, {0, 320}, "auto", -1,
                          "bits behind the point; auto: down to the lowest place of any product");
    });
    v.choice("rounding", c.rounding, rounding_names, "rounding of the accumulator");
    v.choice("overflow", c.overflow, integer_overflow_names, "of integer sums, in the array and its buffer");
}

template <class V>
void describe(V& v, TensorFormats& c) {
    const auto of = [&](FormatUse use, std::string_view doc) {
        v.word(name(use), c[use], format_names(), doc);
    };
    of(FormatUse::forward, "activations and parameters of the forward pass");
    of(FormatUse::kv_cache, "keys and values that are kept for later tokens");
    of(FormatUse::dgrad, "gradients of activations");
    of(FormatUse::wgrad, "gradients of weights");
    of(FormatUse::update, "weights that are trained");
    of(FormatUse::moment, "what momentum and AdamW keep of gradients; none: as `update`");
    of(FormatUse::second_moment, "what AdamW keeps of their squares; none: as `update`");
    of(FormatUse::wgrad_operands, "operands of weight gradients, with phase.wide_wgrad");
    of(FormatUse::quantized,
       "the narrow part of products that phase.outliers splits; has multipliers of its own");
    of(FormatUse::weights,
       "weights that products alone read; scales of blocks are taken as they enter the array");
}

template <class V>
void describe(V& v, CodecConfig& c) {
    v.choice("placement", c.placement, codec_placement_names, "where decoders and encoders sit");
    v.integer("latency", c.latency, {0, 64}, "cycles of one conversion");
}

template <class V>
void describe(V& v, BufferConfig& c) {
    const Bounds depth{1, 1 << 28};
    v.group("input", "input buffer, R storage values a vector", [&](auto& b) {
        b.integer_or_word("depth", c.input_depth, depth, "unlimited", unlimited_depth, "vectors");
        b.boolean("double", c.input_double, "two halves: one fills while the other is read");
    });
    v.group("weight", "weight buffer, C storage values a vector", [&](auto& b) {
        b.integer_or_word("depth", c.weight_depth, depth, "unlimited", unlimited_depth, "vectors");
        b.boolean("double", c.weight_double, "two halves: one fills while the other is read");
    });
    v.group("accumulation", "accumulation buffer, C accumulator values a vector", [&](auto& b) {
        b.integer_or_word("depth", c.accumulation_depth, depth, "unlimited", unlimited_depth, "vectors");
        b.boolean("double", c.accumulation_double, "two halves: one fills while the other is read");
        b.word_or_auto("format", c.accumulation_format, accumulation_buffer_formats,
                       "format of the sums it holds");
    });
}

template <class V>
void describe(V& v, VectorConfig& c) {
    v.integer("lanes", c.lanes, {1, 4096}, "values a cycle");
    v.word_or_auto("format", c.format, vector_formats, "format the lanes compute in");
    v.choice("gelu", c.gelu, vector_function_units,
             "function unit of GELU: by its exact value, or in integers");
    v.choice("layernorm", c.layernorm, vector_function_units,
             "that of LayerNorm: in the format of the lanes, or in integers");
    v.integer("initiation_interval", c.initiation_interval, {1, 1024}, "cycles from one vector to the next");
    v.integer("latency", c.latency, {1, 4096}, "cycles from a vector's entry to its result");
    v.integer("reduce_latency", c.reduce_latency, {0, 4096},
              "cycles more until the result of a row is there");
    v.integer("port_beats", c.port_beats, {1, 64}, "cycles a vector takes through a memory port");
    v.integer("writeback_fifo", c.writeback_fifo, {1, 4096}, "words; 1 passes a word every second cycle");
    v.integer("drain_depth", c.drain_depth, {0, 1 << 20}, "vectors of elastic storage before the write port");
    v.boolean("residual_port", c.residual_port, "whether the epilogue of a product can add a residual");
    v.boolean("row_at_a_time", c.row_at_a_time, "each row finishes all its passes before the next");
}

template <class V>
void describe(V& v, SoftmaxConfig& c) {
    v.choice_or_auto("unit", c.unit, softmax_unit_names, "which softmax unit is built");
    v.choice("exp", c.exp, approximation_names, "exponential of the posit_approximate unit");
    v.choice("reciprocal", c.reciprocal, approximation_names, "reciprocal of the posit_approximate unit");
    v.number("theta", c.theta, {-64, 0}, "below it the approximate exponential is 0");
}

template <class V>
void describe(V& v, DmaConfig& c) {
    v.integer("burst_bytes", c.burst_bytes, {8, 4096}, "bytes of one burst, a power of two");
    v.integer("outstanding", c.outstanding, {1, 4096}, "bursts in flight, each direction");
    v.check("burst_bytes", (c.burst_bytes & (c.burst_bytes - 1)) == 0, "expected a power of two");
}

template <class V>
void describe(V& v, SramConfig& c) {
    v.integer("capacity_kib", c.capacity_kib, {1, 1 << 24}, "capacity, 1 KiB = 1024 bytes");
    v.integer("banks", c.banks, {1, 1024}, "banks that can be accessed in one cycle");
    v.integer("width_bits", c.width_bits, {8, 8192}, "bits of one word, a multiple of 8");
    v.integer("ports", c.ports, {1, 16}, "read-or-write ports of each bank");
    v.integer("latency", c.latency, {1, 1024}, "cycles from the grant of a read to its data");
    v.check("width_bits", c.width_bits % 8 == 0, "expected a multiple of 8");
}

template <class V>
void describe(V& v, ControllerConfig& c) {
    v.boolean("overlap_operations", c.overlap_operations,
              "whether an operation can start before the one before it has written all its results");
}

template <class V>
void describe(V& v, AcceleratorConfig& c) {
    v.text("name", c.name, "shown in results");
    v.number("clock_mhz", c.clock_mhz, {0.001, 100000}, "core clock");
    v.section("controller", c.controller, "dispatches commands");
    v.section("array", c.array, "systolic array", required);
    v.group(
        "pe", "what a processing element computes in",
        [&](auto& pe) {
            pe.word("preset", c.pe.preset, preset_names(), "resets the other pe keys and every auto",
                    required);
            if constexpr (V::reads)
                if (const Preset* preset = find_preset(c.pe.preset)) take_preset(c, *preset);
            describe(pe, c.pe);
            if constexpr (V::reads)
                if (const Preset* preset = find_preset(c.pe.preset))
                    c.buffers.accumulation_format = automatic_buffer(*preset, c.pe.accumulator);
        },
        required);
    v.section("codec", c.codec, "decoders and encoders");
    v.section("buffers", c.buffers, "the array's buffers");
    v.section("vector", c.vector, "vector unit");
    v.section("softmax", c.softmax, "softmax unit");
    v.choice("fusion", c.fusion, fusion_names, "what stays in the accumulator format; levels are cumulative");
    v.choice("matvec", c.matvec, matvec_names, "which unit multiplies a matrix by one vector");
    v.choice("row_tiles", c.row_tiles, row_tiles_names,
             "how the rows of a product are cut: as the estimate says, or as few times as buffers allow");
    v.section("dma", c.dma, "moves bytes between DRAM and SRAM");
    v.section("sram", c.sram, "global buffer");
    v.variant("dram", c.dram, dram_kinds, "a file of kind dram, or an ideal memory", required);
    v.section("host", c.host, "link to the host's memory");
    v.section("formats", c.formats, "formats in memory by use, instead of pe.storage");
    if constexpr (V::reads)
        for (const auto& problems : {problems_between(c), problems_of_formats(c), problems_of_host(c)})
            for (const KeyProblem& problem : problems) v.check(problem.key, false, problem.message);
}

}  // namespace octet
