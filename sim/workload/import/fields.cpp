#include "sim/workload/import/fields.h"

#include <fmt/format.h>

#include <algorithm>

#include "sim/config/scalars.h"

namespace octet {

const Node* ConfigFields::find(Spellings spellings) {
    const Entry* found = nullptr;
    for (const auto key : spellings) {
        known_.push_back(key);
        const Entry* entry = node_.find(key);
        if (entry == nullptr || entry->value.kind == Node::Kind::null) continue;
        if (found != nullptr && found->value.text != entry->value.text)
            error(key, fmt::format("differs from {}, which means the same", found->key));
        if (found == nullptr) found = entry;
    }
    return found == nullptr ? nullptr : &found->value;
}

std::string_view ConfigFields::written(Spellings spellings) const {
    for (const auto key : spellings)
        if (const Entry* entry = node_.find(key); entry != nullptr && entry->value.kind != Node::Kind::null)
            return key;
    return *spellings.begin();
}

const Node* ConfigFields::expect(Spellings spellings, Presence presence, std::string_view expected) {
    const Node* node = find(spellings);
    if (node == nullptr && presence == required)
        error(*spellings.begin(), fmt::format("missing, expected {}", expected));
    return node;
}

bool ConfigFields::integer(Spellings spellings, std::uint64_t& value, Bounds bounds, Presence presence) {
    const std::string expected = fmt::format("an integer from {} to {}", bounds.min, bounds.max);
    const Node* node = expect(spellings, presence, expected);
    if (node == nullptr) return false;
    std::string problem;
    const auto read = as_integer(*node, problem);
    if (read && *read >= bounds.min && *read <= bounds.max) {
        value = static_cast<std::uint64_t>(*read);
        return true;
    }
    error(written(spellings), fmt::format("expected {}, got {}", expected, describe_value(*node)));
    return false;
}

bool ConfigFields::number(Spellings spellings, double& value, Interval interval, Presence presence) {
    const std::string expected = fmt::format("a number from {} to {}", interval.min, interval.max);
    const Node* node = expect(spellings, presence, expected);
    if (node == nullptr) return false;
    std::string problem;
    const auto read = as_number(*node, problem);
    if (read && *read >= interval.min && *read <= interval.max) {
        value = *read;
        return true;
    }
    error(written(spellings), fmt::format("expected {}, got {}", expected, describe_value(*node)));
    return false;
}

bool ConfigFields::flag(Spellings spellings, bool& value) {
    const Node* node = find(spellings);
    if (node == nullptr) return false;
    std::string problem;
    const auto read = as_boolean(*node, problem);
    if (read)
        value = *read;
    else
        error(written(spellings), fmt::format("expected true or false, got {}", describe_value(*node)));
    return read.has_value();
}

bool ConfigFields::text(Spellings spellings, std::string& value) {
    const Node* node = find(spellings);
    if (node == nullptr) return false;
    if (!node->is_scalar() || !node->quoted) {
        error(written(spellings), fmt::format("expected a text, got {}", describe_value(*node)));
        return false;
    }
    value = node->text;
    return true;
}

void ConfigFields::only(std::string_view key, Spellings texts) {
    const Node* node = find({key});
    if (node == nullptr) return;
    const bool nothing =
        (node->is_map() && node->entries.empty()) || (node->is_list() && node->items.empty());
    if (nothing || (node->is_scalar() && std::ranges::find(texts, node->text) != texts.end())) return;
    const std::vector<std::string_view> names(texts.begin(), texts.end());
    error(key, names.empty()
                   ? "changes the computation in a way that is not modelled"
                   : fmt::format("changes the computation in a way that is not modelled; only {} is",
                                 any_of(names)));
}

void ConfigFields::without_influence(std::initializer_list<std::string_view> keys) {
    known_.insert(known_.end(), keys.begin(), keys.end());
}

void ConfigFields::unknown(Spellings spellings, std::string_view word, Words known) {
    error(written(spellings), fmt::format("{} is not modelled, expected {}", in_quotes(word), any_of(known)));
}

void ConfigFields::error(std::string_view key, std::string message) {
    const Entry* entry = node_.find(key);
    diagnostics_.add(entry == nullptr ? node_.location : entry->value.location, path(key),
                     std::move(message));
}

void ConfigFields::finish() {
    std::ranges::sort(known_);
    for (const Entry& entry : node_.entries)
        if (entry.value.kind != Node::Kind::null && !std::ranges::binary_search(known_, entry.key))
            diagnostics_.add(entry.key_location, path(printable(entry.key)),
                             fmt::format("unknown key{}; it may change what is computed (if it does not, "
                                         "remove it)",
                                         did_you_mean(entry.key, known_)));
}

}  // namespace octet
