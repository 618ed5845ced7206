// Formats in memory by what a tensor is used for.
//
// A machine decodes and encodes its storage format and, beside it, at most `max_formats` - 1 others. Commands
// call them by slot: 0 is pe.storage, the others follow in the order of the uses that name them first.
#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace octet {

enum class FormatUse : std::uint8_t {
    forward,         // what the forward pass computes with, and all that has no use of its own
    kv_cache,        // keys and values that are kept for later tokens
    dgrad,           // gradients of activations
    wgrad,           // gradients of weights
    update,          // weights that are trained
    moment,          // what momentum and AdamW keep of gradients; if it has no format, that of `update`
    second_moment,   // what AdamW keeps of their squares; likewise
    wgrad_operands,  // what products of weight gradients take, if that is more than other products take
    quantized,       // both operands of the narrow part of a product that is split (sim/workload/split.h)
    weights,         // weights that nothing but products reads; if it has no format, that of `forward`
    count
};
constexpr std::size_t format_use_count = static_cast<std::size_t>(FormatUse::count);
std::string_view name(FormatUse use);

constexpr std::size_t max_formats = 4;

// By use a name of models/formats/registry.h; empty: the storage format.
struct TensorFormats {
    std::array<std::string, format_use_count> of;
    std::string& operator[](FormatUse use) { return of[static_cast<std::size_t>(use)]; }
    const std::string& operator[](FormatUse use) const { return of[static_cast<std::size_t>(use)]; }
    bool operator==(const TensorFormats&) const = default;
};

// Whether a use has a format of its own or, of states, that of `update`.
bool has_format(const TensorFormats& formats, FormatUse use);
// By slot, whether nothing but states of the optimizer lies in it: the vector unit alone reads and writes it.
std::array<bool, max_formats> slots_of_states(const std::string& storage, const TensorFormats& formats);
// The formats of a machine by slot. More than `max_formats` are a fault of the configuration.
std::vector<std::string> stored_formats(const std::string& storage, const TensorFormats& formats);
// The slot of each use.
std::array<std::uint8_t, format_use_count> format_slots(const std::string& storage,
                                                        const TensorFormats& formats);
// By slot, whether nothing but weights of products lies in it: it is decoded where weights enter the array,
// all scales included, and never encoded.
std::array<bool, max_formats> slots_of_weights(const std::string& storage, const TensorFormats& formats);

// The slot whose values have multipliers of their own beside those of `operand`, for products of two of them;
// 0: there is none.
std::uint8_t quantized_slot(const std::string& storage, const std::string& operand,
                            const TensorFormats& formats);
// The slot of formats.quantized if its scales are factors of whole sums (FormatInfo::line_element); 0: there
// is none.
std::uint8_t line_slot(const std::string& storage, const TensorFormats& formats);

}  // namespace octet
