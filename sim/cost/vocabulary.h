// The words and keys that cost rows may use.
#pragma once
#include <span>
#include <string_view>
#include <vector>

#include "sim/cost/table.h"

namespace octet {

struct CostKeyName {
    std::string_view name;
    std::string_view doc;
};

// Keys with numbers, in the order in which the values of a row with several axes run (the last one fastest).
std::span<const CostKeyName> number_keys();
// Keys with words, and the words that each may have (empty: any).
std::span<const CostKeyName> word_keys();
std::span<const std::string_view> words_of(std::string_view key);

std::span<const std::string_view> component_words();
std::span<const std::string_view> action_words();
// Whether rows of the component can have the action.
bool has_action(std::string_view component, std::string_view action);

}  // namespace octet
