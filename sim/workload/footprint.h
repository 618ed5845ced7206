// What a step of training, or any graph, keeps in memory, by what it is for.
#pragma once
#include <array>
#include <cstdint>
#include <string_view>

#include <nlohmann/json.hpp>

#include "models/accelerator/config.h"
#include "sim/workload/graph.h"

namespace octet {

// Of weight gradients, trained weights and states: without a format of their own they lie in the vector
// format.
constexpr bool is_of_update(FormatUse use) {
    return use == FormatUse::wgrad || use == FormatUse::update || use == FormatUse::moment ||
           use == FormatUse::second_moment;
}

enum class MemoryClass : std::uint8_t {
    weights,           // that are not trained
    trained_weights,   // adapters, or all
    weight_copies,     // of trained weights in the storage format, and merged weights
    optimizer_states,  // moments; `paged_states` if they lie with the host
    paged_states,
    weight_gradients,  // all of them: updates come last
    activations,       // made by the forward pass and read by the backward pass
    working,           // the most that everything else takes at once
    count
};
constexpr std::size_t memory_class_count = static_cast<std::size_t>(MemoryClass::count);
std::string_view name(MemoryClass kind);

struct Footprint {
    std::array<std::uint64_t, memory_class_count> bytes{};
    std::uint64_t operator[](MemoryClass kind) const { return bytes[static_cast<std::size_t>(kind)]; }
    std::uint64_t total() const;
};

// What the vector format of a machine that stores values of so many bits takes: 16, or more if they do.
constexpr unsigned wide_bits_of(unsigned bits) {
    return bits > 16 ? bits : 16;
}
bool trains(const Graph& graph);  // whether any weight is trained

// Bits of a value with its share of scales, by use; `wide`: of the vector format.
struct KeptBits {
    std::array<double, format_use_count> of{};
    double wide = 16;
};
// On a machine with these formats.
KeptBits kept_bits(const AcceleratorConfig& machine);
Footprint footprint(const Graph& graph, const KeptBits& bits);
nlohmann::ordered_json memory_json(const Footprint& footprint);  // by class, and `total`

// Values of `bits` bits, of `wide_bits` what lies in the vector format for the update's sake: trained
// weights, states and weight gradients. New weights and states take the places of the old ones.
Footprint footprint(const Graph& graph, unsigned bits, unsigned wide_bits);

}  // namespace octet
