// Values that went through DMA, SRAM, buffers, array and vector unit, command by command, against plain loops
// over whole tensors.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <iterator>
#include <random>
#include <sstream>

#include "models/accelerator/run.h"
#include "sim/config/accelerator_keys.h"
#include "sim/run/value_run.h"
#include "sim/workload/description.h"
#include "tests/values/reference_runs.h"

namespace octet::test {
namespace {

TransformerDescription small_transformer() {
    TransformerDescription d;
    d.name = "small";
    d.layers = 2;
    d.hidden = 48;
    d.heads = 3;
    d.ffn = 80;
    d.vocabulary = 50;
    d.positions = 32;
    d.token_types = 2;
    d.pooler = true;
    d.head = Head::pooler;
    return d;
}

// Grouped queries of turned heads, a gate, a window; the head over the vocabulary uses the word table.
TransformerDescription small_decoder() {
    TransformerDescription d = small_transformer();
    d.heads = 4;
    d.kv_heads = 2;
    d.positions = d.token_types = 0;
    d.norm = OperationKind::rmsnorm;
    d.norm_place = NormPlace::pre;
    d.activation = OperationKind::silu;
    d.embedding_norm = d.pooler = d.bias = d.padding_mask = false;
    d.gated = d.causal = d.rotary = d.tied = true;
    d.window = 7;
    d.rotation.factor = 4;
    d.rotation.original_positions = 20;
    d.head = Head::lm;
    return d;
}

PhaseConfig encode(std::uint64_t batch, std::uint64_t sequence) {
    PhaseConfig phase;
    phase.batch = batch;
    phase.sequence = sequence;
    return phase;
}

constexpr std::array<const char*, 5> fusion_words{"none", "scaling", "activation", "layernorm", "residual"};

using Variant = std::tuple<std::string, int>;
class layer_values_equal_reference : public testing::TestWithParam<Variant> {};

TEST_P(layer_values_equal_reference, ForEveryOperationOfTwoLayers) {
    const auto& [preset, fusion] = GetParam();
    AcceleratorConfig machine = machine_of(preset);
    machine.fusion = static_cast<FusionLevel>(fusion);
    expect_values_of_reference(make_case(expand(small_transformer(), encode(2, 19)), machine, 7));
}

std::vector<std::string> preset_list() {
    std::vector<std::string> list;
    for (const Preset& preset : presets()) list.emplace_back(preset.name);
    return list;
}

INSTANTIATE_TEST_SUITE_P(Values, layer_values_equal_reference,
                         testing::Combine(testing::ValuesIn(preset_list()), testing::Range(0, 5)),
                         [](const auto& variant) {
                             return std::get<0>(variant.param) + "_" +
                                    fusion_words.at(static_cast<std::size_t>(std::get<1>(variant.param)));
                         });

TEST(Presets, AllHaveLayersInTheListOfTests) {
    std::istringstream words(OCTET_TESTED_PRESETS);
    EXPECT_THAT((std::vector<std::string>{std::istream_iterator<std::string>(words), {}}),
                testing::UnorderedElementsAreArray(preset_list()));
}

PhaseConfig prefill(std::uint64_t batch, std::uint64_t sequence) {
    PhaseConfig phase = encode(batch, sequence);
    phase.kind = PhaseKind::prefill;
    return phase;
}
PhaseConfig decode(std::uint64_t batch, std::uint64_t context, std::uint64_t tokens) {
    PhaseConfig phase;
    phase.kind = PhaseKind::decode;
    phase.batch = batch;
    phase.context = context;
    phase.tokens = tokens;
    return phase;
}

class Decoder : public testing::TestWithParam<std::tuple<std::string, int, int>> {};

TEST_P(Decoder, ComputesTheValuesOfTheReferenceInEveryPhase) {
    const auto& [preset, fusion, variant] = GetParam();
    AcceleratorConfig machine = machine_of(preset);
    machine.fusion = static_cast<FusionLevel>(fusion);
    TransformerDescription d = small_decoder();
    const PhaseConfig phases[] = {encode(2, 19), prefill(2, 13), decode(2, 11, 3)};
    if (variant == 1) d.head_values = 64;  // halves of whole blocks
    expect_values_of_reference(make_case(expand(d, phases[(fusion + variant) % 3]), machine, 7));
}
INSTANTIATE_TEST_SUITE_P(Values, Decoder,
                         testing::Combine(testing::Values("posit8_1", "int8", "int8_zp", "mxfp8_e4m3",
                                                          "mxfp4_e2m1", "fp32"),
                                          testing::Range(0, 5), testing::Range(0, 2)),
                         [](const auto& c) {
                             return fmt::format(
                                 "{}_{}_{}", std::get<0>(c.param),
                                 fusion_words.at(static_cast<std::size_t>(std::get<1>(c.param))),
                                 std::get<2>(c.param) == 0 ? "short_heads" : "long_heads");
                         });

// A class token before patches, tanh- and sigmoid-GELU, a masked head.
TEST(Patches, ComputeTheValuesOfTheReference) {
    TransformerDescription d = small_transformer();
    d.vocabulary = d.token_types = 0;
    d.patches = 20;
    d.positions = 9;
    d.norm_place = NormPlace::pre;
    d.activation = OperationKind::gelu_sigmoid;
    d.pooler = d.embedding_norm = d.padding_mask = false;
    d.head = Head::none;
    expect_values_of_reference(make_case(expand(d, encode(2, 9)), machine_of("posit8_1"), 3));
}

class MaskedHead : public testing::TestWithParam<std::string> {};

TEST_P(MaskedHead, ComputesTheValuesOfTheReference) {
    TransformerDescription d = small_transformer();
    d.pooler = false;
    d.activation = OperationKind::hgelu;
    d.position_offset = 3;
    d.head = Head::mlm;
    d.tied = true;
    d.bias_except = {"key"};
    expect_values_of_reference(make_case(expand(d, encode(2, 9)), machine_of(GetParam()), 3));
}
INSTANTIATE_TEST_SUITE_P(Values, MaskedHead, testing::Values("posit8_1", "int4", "mxfp6_e3m2"));

// Encoder and decoder: a bias of scores by distance or frames, states attended to, caches of both kinds.
class EncoderDecoder : public testing::TestWithParam<std::tuple<std::string, PhaseKind, bool>> {};

TEST_P(EncoderDecoder, ComputesTheValuesOfTheReference) {
    const auto& [preset, kind, frames] = GetParam();
    TransformerDescription d = small_transformer();
    d.token_types = 0;
    d.pooler = d.embedding_norm = false;
    d.norm_place = NormPlace::pre;
    d.head = Head::lm;
    d.tied = d.head_scale = true;
    d.decoder_layers = 2;
    d.decoder_prompt = 3;
    d.decoder_source = 11;
    d.positions = frames ? 20 : 0;
    d.decoder_positions = frames ? 9 : 0;
    d.frames = frames ? 7 : 0;
    d.relative_buckets = frames ? 0 : 8;
    const PhaseConfig phase = kind == PhaseKind::encode    ? encode(2, 9)
                              : kind == PhaseKind::prefill ? prefill(2, 9)
                                                           : decode(2, 5, 2);
    expect_values_of_reference(make_case(expand(d, phase), machine_of(preset), 3));
}
INSTANTIATE_TEST_SUITE_P(Values, EncoderDecoder,
                         testing::Combine(testing::Values("posit8_1_ftz", "int8", "mxfp8_e4m3"),
                                          testing::Values(PhaseKind::encode, PhaseKind::prefill,
                                                          PhaseKind::decode),
                                          testing::Bool()),
                         [](const auto& variant) {
                             const auto kind = static_cast<std::size_t>(std::get<1>(variant.param));
                             return fmt::format("{}_{}_{}", std::get<0>(variant.param),
                                                std::vector{"encode", "prefill", "decode"}[kind],
                                                std::get<2>(variant.param) ? "frames" : "words");
                         });

class register_values_equal_reference : public testing::TestWithParam<std::string> {};

TEST_P(register_values_equal_reference, ForEveryOperationOfTwoLayers) {
    AcceleratorConfig machine = machine_of(GetParam());
    machine.array.rows = 8;
    machine.array.cols = 12;
    expect_values_of_reference(make_case(expand(small_transformer(), encode(2, 19)), machine, 7),
                               Fidelity::registers);
}
INSTANTIATE_TEST_SUITE_P(Values, register_values_equal_reference, testing::ValuesIn(preset_list()),
                         [](const auto& variant) { return variant.param; });

// The chain of the array ends with each block.
class ArrayOfTwoBlocks : public testing::TestWithParam<std::tuple<std::string, Fidelity>> {};

TEST_P(ArrayOfTwoBlocks, SumsEachForItself) {
    const auto& [preset, fidelity] = GetParam();
    AcceleratorConfig machine = machine_of(preset);
    machine.array.rows = 64;
    expect_values_of_reference(make_case(expand(small_transformer(), encode(1, 19)), machine, 7), fidelity);
}
INSTANTIATE_TEST_SUITE_P(Values, ArrayOfTwoBlocks,
                         testing::Combine(testing::Values("mxfp8_e4m3", "mxint8"),
                                          testing::Values(Fidelity::pass, Fidelity::registers)),
                         [](const auto& variant) {
                             const bool pass = std::get<1>(variant.param) == Fidelity::pass;
                             return std::get<0>(variant.param) + (pass ? "_pass" : "_register");
                         });

class SoftmaxVariant : public testing::TestWithParam<int> {};

TEST_P(SoftmaxVariant, OfTheUnitEqualsTheReference) {
    AcceleratorConfig machine = machine_of(GetParam() == 5 ? "fp32" : "posit8_1");
    machine.softmax.unit = GetParam() >= 4 ? SoftmaxUnitKind::ibert : SoftmaxUnitKind::posit_approximate;
    machine.softmax.exp = (GetParam() & 1) != 0 ? Approximation::exact : Approximation::approximate;
    machine.softmax.reciprocal = (GetParam() & 2) != 0 ? Approximation::exact : Approximation::approximate;
    machine.softmax.theta = -3;
    expect_values_of_reference(make_case(expand(small_transformer(), encode(1, 23)), machine, 11));
}
INSTANTIATE_TEST_SUITE_P(Values, SoftmaxVariant, testing::Range(0, 6));

TEST(IntegerPipeline, HasTheValuesOfTheReferenceInEveryFunctionUnit) {
    AcceleratorConfig machine = machine_of("int8");
    machine.pe.accumulator = "int32";
    machine.softmax.unit = SoftmaxUnitKind::ibert;
    machine.vector.gelu = machine.vector.layernorm = VectorFunctionUnit::ibert;
    expect_values_of_reference(make_case(expand(small_transformer(), encode(2, 23)), machine, 11));
}

// Layers between bottlenecks, words of another size taken three at a time.
TransformerDescription narrow_transformer() {
    TransformerDescription d = small_transformer();
    d.heads = 2;
    d.bottleneck = 16;
    d.ffn = 40;
    d.ffn_count = 2;
    d.norm = OperationKind::nonorm;
    d.activation = OperationKind::relu;
    d.embedding_size = 12;
    d.trigram = true;
    d.pooler = false;
    d.head = Head::classifier;
    d.labels = 3;
    return d;
}

class NarrowTransformer : public testing::TestWithParam<int> {};

TEST_P(NarrowTransformer, HasTheValuesOfTheReferenceWithAndWithoutAPortForTheResidual) {
    AcceleratorConfig machine = machine_of(GetParam() % 2 == 0 ? "int8" : "posit8_1");
    machine.fusion = static_cast<FusionLevel>(GetParam() / 2 % 5);
    machine.vector.residual_port = GetParam() < 10;
    expect_values_of_reference(make_case(expand(narrow_transformer(), encode(3, 11)), machine, 5));
}
INSTANTIATE_TEST_SUITE_P(Values, NarrowTransformer, testing::Range(0, 20));

unsigned given_seed() {
    const char* given = std::getenv("OCTET_SEED");
    return given != nullptr ? static_cast<unsigned>(std::strtoul(given, nullptr, 10))
                            : std::random_device{}();
}

bool in_blocks(const AcceleratorConfig& machine) {
    return find_format(machine.pe.storage)->block_length > 0;
}

// Formats that do not hold one another, sums of another kind, other functions than those of the preset.
void vary(AcceleratorConfig& machine, TransformerDescription& d, std::mt19937& random) {
    const auto one_of = [&](std::vector<std::string> words) { return words[random() % words.size()]; };
    const bool integers = is_integer(*find_accumulator(machine.pe.accumulator)), blocks = in_blocks(machine);
    if (random() % 3 == 0) machine.vector.format = one_of({"bf16", "fp16", "fp32", "dlfloat16"});
    if (random() % 3 == 0 && integers) {
        machine.buffers.accumulation_format = "int24";
        machine.pe.overflow = random() % 2 == 0 ? IntegerOverflow::wrap : IntegerOverflow::saturate;
    }
    if (random() % 3 == 0 && !integers)
        machine.buffers.accumulation_format = one_of({"bf16", "fp16", "fp32", "dlfloat16"});
    if (random() % 4 == 0 && !integers && !blocks)
        machine.pe.operand = one_of({"e4m3", "e5m2", "posit8_1", "e3m2"});
    if (random() % 3 == 0 && !integers) {
        machine.pe.accumulator = one_of({"fp32", "bf16", "fp16", "dlfloat16", "fixed"});
        if (machine.pe.accumulator != "fixed")
            machine.pe.rounding = Rounding::truncate;
        else if (random() % 2 == 0)
            machine.pe.fixed_bits = 12 + static_cast<int>(random() % 30),
            machine.pe.fixed_fraction = static_cast<int>(random() % 16);
    }
    if (random() % 4 == 0) machine.softmax.unit = SoftmaxUnitKind::ibert;
    for (VectorFunctionUnit* unit : {&machine.vector.gelu, &machine.vector.layernorm})
        if (random() % 4 == 0) *unit = VectorFunctionUnit::ibert;
    std::vector<std::string> narrow{"int8", "int8_zp", "int4"};  // what an integer multiplier holds of these
    std::erase_if(narrow, [&](const std::string& format) {
        return !holds(*find_format(machine.pe.operand), *find_format(format));
    });
    for (const FormatUse use : {FormatUse::forward, FormatUse::kv_cache})
        if (random() % 3 == 0 && !blocks)
            machine.formats[use] =
                integers ? one_of(narrow)
                         : one_of({"e5m2", "posit8_1", "int8", "int8_zp", "int4", "bf16", "posit16_1"});
    if (random() % 3 == 0 && !blocks)
        machine.formats[FormatUse::weights] =
            integers ? one_of({"int4", "int4_g128", "int4_g128_zp", "nf4", "mxint8"})
                     : one_of({"int4_g128", "int4_g128_zp", "nf4", "nf4_dq", "af4", "mxfp4_e2m1", "vsq8",
                               "int8", "int8_zp", "flint4", "e4m3"});
    d.epsilon = random() % 3 == 0 ? 0.3 : 1e-5;
    d.activation = static_cast<OperationKind>(static_cast<unsigned>(OperationKind::gelu) + random() % 8);
    if (d.bottleneck != 0 || d.trigram) return;
    d.causal = random() % 2 == 0;
    d.gated = random() % 3 == 0;
    d.window = d.causal && random() % 2 == 0 ? 1 + random() % 20 : 0;
    d.padding_mask = !d.causal || random() % 4 == 0;
    d.kv_heads = random() % 2 == 0 ? 1 : 0;
    d.rotary = d.head_size() % 2 == 0 && random() % 2 == 0;
    if (random() % 2 == 0) return;
    d.head = random() % 2 == 0 ? Head::lm : Head::mlm;
    d.tied = d.embedding_size == 0 && random() % 2 == 0;
}

PhaseConfig random_phase(const TransformerDescription& d, std::mt19937& random) {
    const std::uint64_t batch = 1 + random() % 3, tokens = 1 + random() % 40;
    // A pooler works on the first token, which decode has not.
    switch (d.causal ? random() % (d.head == Head::pooler ? 2 : 3) : 0) {
        case 0:
            return encode(batch, tokens);
        case 1:
            return prefill(batch, tokens);
        default:
            return decode(batch, tokens, 1 + random() % 3);
    }
}

std::string resolved(const AcceleratorConfig& m) {
    return fmt::format(
        "{} (forward {}, cache {}, weights {}, operand {}, sums {} rounding {} of {}.{} bits, buffer {}, "
        "vector {} gelu {} layernorm {}, softmax {})",
        m.pe.storage, m.formats[FormatUse::forward], m.formats[FormatUse::kv_cache],
        m.formats[FormatUse::weights], m.pe.operand, m.pe.accumulator, static_cast<int>(m.pe.rounding),
        m.pe.fixed_bits, m.pe.fixed_fraction, m.buffers.accumulation_format, m.vector.format,
        static_cast<int>(m.vector.gelu), static_cast<int>(m.vector.layernorm),
        static_cast<int>(m.softmax.unit));
}

// One machine a process: every index is a case of its own.
class RandomMachine : public testing::TestWithParam<int> {};

TEST_P(RandomMachine, ComputesTheValuesOfTheReferenceOnARandomTransformer) {
    const unsigned seed = given_seed() + static_cast<unsigned>(GetParam());
    SCOPED_TRACE(fmt::format("OCTET_SEED={}", seed - static_cast<unsigned>(GetParam())));
    std::mt19937 random(seed);
    const auto pick = [&](std::initializer_list<int> of) {
        return *(of.begin() + static_cast<std::ptrdiff_t>(random() % of.size()));
    };
    for (int attempt = 0; attempt < 100; ++attempt) {
        const bool narrow = random() % 4 == 0;
        TransformerDescription d = narrow ? narrow_transformer() : small_transformer();
        d.heads = static_cast<std::uint64_t>(pick({1, 2, 3, 5}));
        d.hidden = d.heads * static_cast<std::uint64_t>(pick({4, 7, 8, 16, 24, 40, 64}));
        d.ffn = static_cast<std::uint64_t>(pick({5, 33, 64, 150}));
        d.positions = 64;
        d.norm = random() % 2 == 0   ? OperationKind::layernorm
                 : random() % 2 == 0 ? OperationKind::rmsnorm
                                     : OperationKind::nonorm;
        d.norm_place = random() % 3 == 0 && !narrow ? NormPlace::pre : NormPlace::post;
        if (narrow) {
            d.bottleneck = d.heads * static_cast<std::uint64_t>(pick({3, 8, 16}));
            d.bottleneck_attention = static_cast<BottleneckAttention>(random() % 3);
            d.embedding_size = static_cast<std::uint64_t>(pick({0, 5, 16}));
            d.trigram = random() % 2 == 0;
        }
        const auto names = preset_list();
        AcceleratorConfig machine = machine_of(names[random() % names.size()]);
        machine.array.rows = pick({1, 2, 4, 5, 8, 16, 32, 64});
        machine.array.cols = pick({1, 3, 4, 8, 12, 16, 32, 64});
        machine.array.dataflow = static_cast<Dataflow>(pick({0, 0, 1, 2}));
        if (in_blocks(machine) && machine.array.dataflow == Dataflow::output_stationary)
            machine.array.dataflow = Dataflow::input_stationary;
        if (machine.array.dataflow ==
            Dataflow::output_stationary)  // commands for each fold: not for each value
            machine.array.rows = std::max(machine.array.rows, 4),
            machine.array.cols = std::max(machine.array.cols, 4);
        machine.vector.lanes = pick({1, 3, 4, 16});
        machine.buffers.input_depth = static_cast<std::uint64_t>(pick({3, 16, 100, 1024}));
        machine.buffers.weight_depth = static_cast<std::uint64_t>(pick({32, 64, 100, 1024}));
        machine.buffers.accumulation_depth = static_cast<std::uint64_t>(pick({3, 16, 100, 1024}));
        machine.buffers.input_double = random() % 4 != 0;
        machine.buffers.weight_double = random() % 4 != 0;
        machine.fusion = static_cast<FusionLevel>(random() % 5);
        machine.vector.residual_port = random() % 2 == 0;
        machine.sram.capacity_kib = static_cast<std::uint64_t>(pick({4, 8, 16, 64, 256}));
        machine.sram.width_bits = pick({32, 64, 128, 256});
        vary(machine, d, random);
        const PhaseConfig phase = random_phase(d, random);
        const Case c = make_case(expand(d, phase), machine, seed);
        try {
            value_config(machine, seed, c.graph.operations.size());
            Program all(c.graph, machine, 0, c.inputs.scales, c.inputs.tokens);
            for (Command command; all.next(command);) {
            }
        } catch (
            const std::invalid_argument& refusal) {  // a memory that is too small, blocks that do not fit
            const std::string why = refusal.what();
            const bool blocks = machine.array.rows == 5 && in_blocks(machine);
            ASSERT_TRUE(why.starts_with(blocks ? "array.rows" : "sram.capacity_kib") ||
                        why.starts_with("buffers.weight.depth") ||
                        (machine.array.dataflow != Dataflow::weight_stationary &&
                         (why.starts_with("buffers.input.depth") || why.starts_with("buffers.accumulation"))))
                << why;
            continue;
        }
        SCOPED_TRACE(fmt::format(
            "{} x {} array, dataflow {}, {} lanes, buffers {} {} {}, SRAM {} KiB of {} bits, {}, "
            "hidden {} in {} heads, "
            "ffn {}, fusion {}, phase {}, {} samples of {} or {}",
            machine.array.rows, machine.array.cols, static_cast<int>(machine.array.dataflow),
            machine.vector.lanes, machine.buffers.input_depth, machine.buffers.weight_depth,
            machine.buffers.accumulation_depth, machine.sram.capacity_kib, machine.sram.width_bits,
            resolved(machine), d.hidden, d.heads, d.ffn, static_cast<int>(machine.fusion),
            static_cast<int>(phase.kind), phase.batch, phase.sequence, phase.context));
        return expect_values_of_reference(c, random() % 2 == 0 ? Fidelity::pass : Fidelity::registers);
    }
    FAIL() << "no machine with enough SRAM in 100 attempts";
}
INSTANTIATE_TEST_SUITE_P(Values, RandomMachine, testing::Range(0, 24));

// Leaves out what one command waits for.
class Hasty : public CommandSource {
  public:
    Hasty(Program& program, std::uint64_t victim) : program_(program), victim_(victim) {}
    bool next(Command& command) override {
        if (!program_.next(command)) return false;
        if (index_++ == victim_) command.needs = {};
        return true;
    }
    const std::vector<VectorProgram>& programs() const override { return program_.programs(); }
    std::uint32_t operations() const override { return program_.operations(); }

  private:
    Program& program_;
    std::uint64_t victim_, index_ = 0;
};

class HastyCommand : public testing::TestWithParam<int> {};

TEST_P(HastyCommand, ComputesSomethingElse) {
    AcceleratorConfig machine = machine_of("bf16");
    TransformerDescription d = small_transformer();
    d.layers = 1;
    const Case c = make_case(expand(d, encode(1, 17)), machine, 3);
    // The n-th command of the vector unit.
    std::uint64_t victim = 0;
    {
        Program all(c.graph, machine, 0, {}, c.inputs.tokens);
        int vectors = 0;
        for (Command command; all.next(command); ++victim)
            if (command.engine == Engine::vector && command.body.index() == 4 && vectors++ == GetParam())
                break;
    }
    Program program(c.graph, machine, 0, {}, c.inputs.tokens);
    Hasty hasty(program, victim);
    MachineValues values(value_config(machine, 0, c.graph.operations.size()));
    write_sources(values, program, c.graph, c.inputs.sources, {});
    Collector seen(c.graph);
    values.observer = &seen;
    run_machine(machine, hasty, &values);
    EXPECT_NE(seen.results, plain_results(c.graph, machine, c.inputs)) << "command " << victim;
}
// The look-up, a softmax of each of the first heads.
INSTANTIATE_TEST_SUITE_P(Values, HastyCommand, testing::Values(0));

}  // namespace
}  // namespace octet::test
