#include "sim/cost/vocabulary.h"

#include <algorithm>
#include <array>

#include "models/activity.h"
#include "models/formats/registry.h"

namespace octet {
namespace {

constexpr auto numbers = std::to_array<CostKeyName>({
    {"clock_mhz", "core clock"},
    {"rows", "rows of the array"},
    {"cols", "columns of the array"},
    {"lanes", "lanes of the vector unit"},
    {"ports",
     "ports of a memory: of an SRAM bank as configured, 2 of the accumulation buffer, 1 of the others"},
    {"device_width", "data pins of a DRAM device"},
    {"capacity_bytes", "bytes of a buffer (one half of a double one) or of an SRAM bank"},
    {"width_bits", "bits of one access; energies of bit-counted actions are then for a whole access"},
    {"area_um2", "area of one instance, for leakage rows"},
});

constexpr auto worded = std::to_array<CostKeyName>({
    {"operand", "what enters the multiplier"},
    {"accumulator", "what is added up in the array"},
    {"storage", "what sits in memory"},
    {"format", "format of the vector unit; of the accumulation buffer for its adder"},
    {"placement", "where the decoders are"},
    {"method", "how the softmax unit computes the action"},
    {"softmax_exp", "how the softmax unit computes exponentials, for any row"},
    {"softmax_reciprocal", "how the softmax unit computes reciprocals, for any row"},
    {"standard", "DRAM part, or ideal"},
    {"unit", "unit of the result document, for controller cycles"},
    {"state", "what that unit does, for controller cycles; of a DRAM rank, for standby"},
});

constexpr auto placements = std::to_array<std::string_view>({"edge", "per_pe", "sram_port"});
constexpr auto methods = std::to_array<std::string_view>({"exact", "posit_approximate", "ibert"});
constexpr auto states = std::to_array<std::string_view>({"busy", "stall", "idle", "active", "precharged"});

// Rows that no action of the machine asks for by itself.
struct Extra {
    std::string_view component, action;
};
constexpr auto extras = std::to_array<Extra>({{"controller", "cycle"}, {"dram", "standby"}});

template <class Name>
std::vector<std::string_view> collect(Name name_of) {
    std::vector<std::string_view> words;
    const auto add = [&](std::string_view word) {
        if (std::ranges::find(words, word) == words.end()) words.push_back(word);
    };
    for (std::size_t i = 0; i < action_count; ++i) add(name_of(info(static_cast<Action>(i))));
    for (const Extra& extra : extras)
        add(name_of(ActionInfo{extra.component, extra.action, Component::control}));
    return words;
}

}  // namespace

std::span<const CostKeyName> number_keys() {
    return numbers;
}
std::span<const CostKeyName> word_keys() {
    return worded;
}

std::span<const std::string_view> words_of(std::string_view key) {
    static const std::vector<std::string_view> format_names = [] {
        std::vector<std::string_view> names;
        for (const FormatInfo& format : formats()) names.push_back(format.name);
        return names;
    }();
    static const std::vector<std::string_view> unit_names = [] {
        std::vector<std::string_view> names;
        for (std::size_t i = 0; i < unit_count; ++i) names.push_back(name(static_cast<Unit>(i)));
        return names;
    }();
    if (key == "placement") return placements;
    if (key == "method" || key == "softmax_exp" || key == "softmax_reciprocal") return methods;
    if (key == "state") return states;
    if (key == "unit") return unit_names;
    static const std::vector<std::string_view> sum_names = [] {
        std::vector<std::string_view> names = format_names;
        names.emplace_back("fixed");
        return names;
    }();
    if (key == "standard") return {};
    return key == "accumulator" ? sum_names : format_names;
}

std::span<const std::string_view> component_words() {
    static const auto words = collect([](const ActionInfo& action) { return action.component; });
    return words;
}

std::span<const std::string_view> action_words() {
    static const auto words = collect([](const ActionInfo& action) { return action.action; });
    return words;
}

bool has_action(std::string_view component, std::string_view action) {
    for (std::size_t i = 0; i < action_count; ++i) {
        const ActionInfo& known = info(static_cast<Action>(i));
        if (known.component == component && known.action == action) return true;
    }
    return std::ranges::any_of(
        extras, [&](const Extra& extra) { return extra.component == component && extra.action == action; });
}

}  // namespace octet
