#include "tests/values/training_models.h"

#include <cstdlib>
#include <stdexcept>

namespace octet::test {
namespace {

TransformerDescription encoder() {
    TransformerDescription d;
    d.name = "small";
    d.layers = 2;
    d.hidden = 24;
    d.heads = 3;
    d.ffn = 40;
    d.epsilon = 1e-5;
    d.vocabulary = 30;
    d.positions = 16;
    d.token_types = 2;
    d.pooler = true;
    d.head = Head::classifier;
    d.labels = 5;
    return d;
}

}  // namespace

std::vector<std::string> training_model_names() {
    return {"encoder", "masked", "decoder", "narrow", "patches", "distances", "frames"};
}

TransformerDescription training_model(const std::string& name) {
    TransformerDescription d = encoder();
    if (name == "encoder") return d;
    if (name == "masked") {
        d.pooler = false;
        d.head = Head::mlm;
        d.tied = true;
        d.activation = OperationKind::gelu_tanh;
        d.position_offset = 2;
        d.bias_except = {"key"};
    } else if (name == "decoder") {
        d.hidden = 32;
        d.heads = 4;
        d.kv_heads = 2;
        d.positions = d.token_types = 0;
        d.norm = OperationKind::rmsnorm;
        d.norm_place = NormPlace::pre;
        d.activation = OperationKind::silu;
        d.embedding_norm = d.pooler = d.bias = d.padding_mask = false;
        d.gated = d.causal = d.rotary = true;
        d.window = 5;
        d.head = Head::lm;
    } else if (name == "narrow") {
        d.heads = 2;
        d.bottleneck = 16;
        d.ffn = 20;
        d.ffn_count = 2;
        d.norm = OperationKind::nonorm;
        d.activation = OperationKind::relu;
        d.embedding_size = 12;
        d.trigram = true;
        d.pooler = false;
        d.head = Head::none;
    } else if (name == "patches") {
        d.vocabulary = d.token_types = 0;
        d.patches = 10;
        d.positions = 7;
        d.norm_place = NormPlace::pre;
        d.activation = OperationKind::hgelu;
        d.pooler = d.embedding_norm = d.padding_mask = false;
    } else if (name == "distances") {  // as T5
        d.layers = 1;
        d.hidden = 32;
        d.heads = 4;
        d.kv_heads = 2;
        d.ffn = 20;
        d.positions = d.token_types = 0;
        d.norm = OperationKind::rmsnorm;
        d.norm_place = NormPlace::pre;
        d.activation = OperationKind::gelu_tanh;
        d.gated = d.tied = d.head_scale = true;
        d.embedding_norm = d.pooler = d.bias = d.attention_scale = false;
        d.decoder_layers = 2;
        d.relative_buckets = 6;
        d.head = Head::lm;
    } else if (name == "frames") {  // as Whisper
        d.layers = 2;
        d.token_types = 0;
        d.frames = 5;
        d.positions = 9;
        d.norm_place = NormPlace::pre;
        d.embedding_norm = d.pooler = d.padding_mask = false;
        d.bias_except = {"key"};
        d.decoder_layers = 1;
        d.decoder_positions = 6;
        d.head = Head::lm;
        d.tied = true;
    } else {
        throw std::logic_error(name);
    }
    return d;
}

PhaseConfig training_phase(PhaseKind kind) {
    PhaseConfig phase;
    phase.kind = kind;
    phase.batch = 2;
    phase.sequence = 7;
    return phase;
}

PhaseConfig lora_phase(std::vector<std::string> targets, bool merged) {
    PhaseConfig phase = training_phase(PhaseKind::finetune_lora);
    phase.targets = std::move(targets);
    phase.merged = merged;
    phase.rank = 4;
    phase.alpha = 6;
    return phase;
}

unsigned training_seed() {
    const char* given = std::getenv("OCTET_SEED");
    return given != nullptr ? static_cast<unsigned>(std::strtoul(given, nullptr, 10))
                            : std::random_device{}();
}

std::pair<TransformerDescription, PhaseConfig> random_training(std::mt19937& random) {
    const auto one_of = [&](std::initializer_list<std::uint64_t> of) {
        return *(of.begin() + static_cast<std::ptrdiff_t>(random() % of.size()));
    };
    const auto names = training_model_names();
    const std::string name = names[random() % names.size()];
    TransformerDescription d = training_model(name);
    d.layers = one_of({1, 2});
    if (name != "narrow") {
        d.heads = one_of({1, 2, 4});
        d.kv_heads = d.heads > 1 && random() % 2 == 0 ? d.heads / 2 : 0;
        d.hidden = d.heads * one_of({4, 6, 8, 16});
    } else {
        d.bottleneck_attention = static_cast<BottleneckAttention>(random() % 3);
        // Without norms proper a random model grows beyond all numbers.
        d.norm = random() % 2 == 0 ? OperationKind::layernorm : OperationKind::rmsnorm;
    }
    d.ffn = one_of({5, 16, 33});
    d.activation = static_cast<OperationKind>(static_cast<unsigned>(OperationKind::gelu) + random() % 8);
    d.gated = random() % 2 == 0;
    if (d.has_decoder()) {
        d.decoder_layers = one_of({1, 2});
        if (d.relative_buckets != 0) d.relative_buckets = one_of({1, 2, 5, 8, 16});
        d.embedding_norm = random() % 2 == 0;
        d.tied = random() % 2 == 0;
        if (random() % 4 == 0) d.head = Head::none, d.tied = d.head_scale = false;
    } else if (d.patches == 0) {
        d.causal = random() % 2 == 0;
        d.window = d.causal && random() % 2 == 0 ? 3 : 0;
        d.rotary = random() % 2 == 0;
    }
    d.bias = random() % 2 == 0;
    PhaseConfig phase = random() % 2 == 0
                            ? training_phase(PhaseKind::train)
                            : lora_phase({random() % 2 == 0 ? "all" : "value", "ffn_out"}, random() % 2 == 0);
    phase.batch = one_of({1, 2, 3});
    phase.sequence = d.patches != 0 ? one_of({2, 5, 7}) : one_of({1, 2, 5, 9});
    if (d.has_decoder()) phase.decoder_sequence = one_of({0, 1, 3, 6});
    phase.rank = one_of({1, 4, 9});
    return {d, phase};
}

void vary_machine(AcceleratorConfig& machine, std::mt19937& random) {
    const auto pick = [&](std::initializer_list<int> of) {
        return *(of.begin() + static_cast<std::ptrdiff_t>(random() % of.size()));
    };
    machine.array.dataflow = static_cast<Dataflow>(pick({0, 0, 1, 2}));
    machine.array.rows = pick({4, 5, 8, 16});
    machine.array.cols = pick({4, 8, 12, 16});
    machine.vector.lanes = pick({3, 4, 16});
    machine.buffers.input_depth = static_cast<std::uint64_t>(pick({16, 100, 1024}));
    machine.buffers.weight_depth = static_cast<std::uint64_t>(pick({32, 100, 1024}));
    machine.buffers.accumulation_depth = static_cast<std::uint64_t>(pick({16, 100, 1024}));
    machine.buffers.input_double = random() % 4 != 0;
    machine.buffers.weight_double = random() % 4 != 0;
    machine.fusion = static_cast<FusionLevel>(random() % 5);
    machine.vector.residual_port = random() % 2 == 0;
    machine.sram.capacity_kib = static_cast<std::uint64_t>(pick({16, 64, 256}));
    machine.matvec = random() % 3 == 0 ? Matvec::vector : Matvec::array;
}

}  // namespace octet::test
