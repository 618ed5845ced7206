#include "models/accelerator/tensor_formats.h"

#include <algorithm>

#include "models/formats/registry.h"

namespace octet {

namespace {

// What an optimizer keeps beside the weights.
bool is_state(FormatUse use) {
    return use == FormatUse::moment || use == FormatUse::second_moment;
}

}  // namespace

std::string_view name(FormatUse use) {
    constexpr std::array<std::string_view, format_use_count> names{
        "forward", "kv_cache",      "dgrad",          "wgrad",     "update",
        "moment",  "second_moment", "wgrad_operands", "quantized", "weights"};
    return names[static_cast<std::size_t>(use)];
}

std::vector<std::string> stored_formats(const std::string& storage, const TensorFormats& formats) {
    std::vector<std::string> list{storage};
    for (const std::string& format : formats.of)
        if (!format.empty() && std::ranges::find(list, format) == list.end()) list.push_back(format);
    return list;
}

std::array<std::uint8_t, format_use_count> format_slots(const std::string& storage,
                                                        const TensorFormats& formats) {
    const std::vector<std::string> list = stored_formats(storage, formats);
    std::array<std::uint8_t, format_use_count> slots{};
    for (std::size_t use = 0; use < format_use_count; ++use)
        if (!formats.of[use].empty())
            slots[use] = static_cast<std::uint8_t>(std::ranges::find(list, formats.of[use]) - list.begin());
    for (const FormatUse use : {FormatUse::moment, FormatUse::second_moment})
        if (formats[use].empty())
            slots[static_cast<std::size_t>(use)] = slots[static_cast<std::size_t>(FormatUse::update)];
    constexpr auto weights = static_cast<std::size_t>(FormatUse::weights);
    if (formats.of[weights].empty()) slots[weights] = slots[static_cast<std::size_t>(FormatUse::forward)];
    return slots;
}

bool has_format(const TensorFormats& formats, FormatUse use) {
    return !formats[use].empty() || (is_state(use) && !formats[FormatUse::update].empty());
}

std::array<bool, max_formats> slots_of_states(const std::string& storage, const TensorFormats& formats) {
    const auto slots = format_slots(storage, formats);
    std::array<bool, max_formats> alone{};
    for (std::size_t slot = 1; slot < max_formats; ++slot) {
        bool states = false, others = false;
        for (std::size_t use = 0; use < format_use_count; ++use)
            if (slots[use] == slot) (is_state(static_cast<FormatUse>(use)) ? states : others) = true;
        alone[slot] = states && !others;
    }
    return alone;
}

std::uint8_t quantized_slot(const std::string& storage, const std::string& operand,
                            const TensorFormats& formats) {
    const std::string& format = formats[FormatUse::quantized];
    if (format.empty() || format == operand) return 0;
    return format_slots(storage, formats)[static_cast<std::size_t>(FormatUse::quantized)];
}

std::uint8_t line_slot(const std::string& storage, const TensorFormats& formats) {
    const FormatInfo* format = find_format(formats[FormatUse::quantized]);
    if (format == nullptr || format->line_element.empty()) return 0;
    return format_slots(storage, formats)[static_cast<std::size_t>(FormatUse::quantized)];
}

std::array<bool, max_formats> slots_of_weights(const std::string& storage, const TensorFormats& formats) {
    const auto slots = format_slots(storage, formats);
    constexpr auto weights = static_cast<std::size_t>(FormatUse::weights);
    std::array<bool, max_formats> alone{};
    if (slots[weights] != 0 && std::ranges::count(slots, slots[weights]) == 1)
        alone.at(slots[weights]) = true;
    return alone;
}

}  // namespace octet
