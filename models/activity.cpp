#include "models/activity.h"

namespace octet {
namespace {

constexpr std::array<std::string_view, unit_count> unit_names{"array", "vector", "softmax",    "codec", "sram",
                                                              "load",  "store",  "controller", "dram"};
constexpr std::array<std::string_view, component_count> component_names{
    "array", "codec", "vector", "softmax", "buffers", "sram", "dram", "control", "leakage"};
constexpr std::array<std::string_view, stall_cause_count> cause_names{
    "waiting_for_input", "waiting_for_weights", "vector_unit", "write_port", "bank_conflict",
    "array_result",      "dram",                "sram_port",   "dependency", "queue_full"};

using enum Component;
constexpr std::array<ActionInfo, action_count> actions{{
    {"mac", "mac", array},
    {"mac", "mac_zero_operand", array},
    {"mac", "mac", array},
    {"multiplier", "multiply", array},
    {"multiplier", "multiply_zero_operand", array},
    {"align_adder", "add", array},
    {"align_adder", "add_zero_operand", array},
    {"normaliser", "normalise", array},
    {"pe", "weight_load", array},
    {"pe", "weight_pass", array},
    {"pe", "pass", array},
    {"accumulator_adder", "add", array},
    {"sum_scaler", "scale", array},
    {"decoder", "decode", codec},
    {"encoder", "encode", codec},
    {"decoder", "decode", codec},
    {"encoder", "encode", codec},
    {"decoder", "decode", codec},
    {"encoder", "encode", codec},
    {"decoder", "decode", codec},
    {"encoder", "encode", codec},
    {"transposer", "transpose", codec},
    {"vector", "add", vector},
    {"vector", "multiply", vector},
    {"vector", "divide", vector},
    {"vector", "square", vector},
    {"vector", "exp", vector},
    {"vector", "relu", vector},
    {"vector", "polynomial", vector},
    {"vector", "reduce", vector},
    {"vector", "square_root", vector},
    {"vector", "reciprocal", vector},
    {"vector", "compare", vector},
    {"vector", "idle", vector},
    {"integer_gelu", "polynomial", vector},
    {"integer_root", "root", vector},
    {"integer_divider", "divide", vector},
    {"vector_scratch", "read", vector},
    {"vector_scratch", "write", vector},
    {"softmax", "exp", softmax},
    {"softmax", "reciprocal", softmax},
    {"input_buffer", "read", buffers},
    {"input_buffer", "write", buffers},
    {"weight_buffer", "read", buffers},
    {"weight_buffer", "write", buffers},
    {"accumulation_buffer", "read", buffers},
    {"accumulation_buffer", "write", buffers},
    {"sram", "read", sram},
    {"sram", "write", sram},
    {"dma", "byte", control},
    {"dram", "read", dram},
    {"dram", "write", dram},
    {"dram", "read", dram},
    {"dram", "write", dram},
    {"dram", "activate", dram},
    {"dram", "refresh", dram},
    {"host", "read", dram},
    {"host", "write", dram},
    {"controller", "command", control},
}};
static_assert(actions.back().action == "command", "one row an action, in the order of the enumeration");

}  // namespace

std::string_view name(Unit unit) { return unit_names[static_cast<std::size_t>(unit)]; }
std::string_view name(Component component) { return component_names[static_cast<std::size_t>(component)]; }
std::string_view name(StallCause cause) { return cause_names[static_cast<std::size_t>(cause)]; }
const ActionInfo& info(Action action) { return actions[static_cast<std::size_t>(action)]; }

std::span<const MacActions> mac_actions(bool fixed_point) {
    static constexpr std::array<MacActions, 1> fused{{{Action::mac, Action::mac_zero_operand}}};
    static constexpr std::array<MacActions, 2> parts{{{Action::multiply, Action::multiply_zero_operand},
                                                      {Action::align_add, Action::align_add_zero_operand}}};
    return fixed_point ? std::span<const MacActions>(parts) : fused;
}

Action decode_of(std::size_t slot) {
    constexpr std::array actions{Action::decode, Action::decode_1, Action::decode_2, Action::decode_3};
    return actions.at(slot);
}
Action encode_of(std::size_t slot) {
    constexpr std::array actions{Action::encode, Action::encode_1, Action::encode_2, Action::encode_3};
    return actions.at(slot);
}
std::size_t format_slot(Action action) {
    for (std::size_t slot = 1; slot < 4; ++slot)
        if (action == decode_of(slot) || action == encode_of(slot)) return slot;
    return 0;
}

}  // namespace octet
