#include "sim/config/reader.h"

#include <fmt/format.h>

#include <algorithm>

#include "sim/config/paths.h"
#include "sim/config/scalars.h"

namespace octet {
namespace {

std::string range_of(Bounds bounds, std::string_view word) {
    std::string text = bounds.max == Bounds{}.max
                           ? fmt::format("an integer of at least {}", bounds.min)
                           : fmt::format("an integer from {} to {}", bounds.min, bounds.max);
    if (!word.empty()) text += fmt::format(", or {}", word);
    return text;
}

std::string range_of(Interval interval) {
    constexpr double endless = std::numeric_limits<double>::max();
    if (interval.max == endless)
        return interval.min == -endless ? "a number" : fmt::format("a number of at least {}", interval.min);
    return fmt::format("a number from {} to {}", interval.min, interval.max);
}

std::string mismatch(std::string_view expected, const Node& node, const std::string& problem) {
    std::string text = fmt::format("expected {}, got {}", expected, describe_value(node));
    if (!problem.empty()) text += fmt::format(" ({})", problem);
    return text;
}

}  // namespace

Reader::Reader(const Node& node, Diagnostics& diagnostics, std::string_view key)
    : node_(node), diagnostics_(diagnostics), key_(key) {}
Reader::Reader(const Reader& parent, const Node& node, std::string_view key)
    : node_(node), diagnostics_(parent.diagnostics_), parent_(&parent), key_(key) {}
Reader::Reader(const Reader& parent, const Node& node, std::size_t index)
    : node_(node), diagnostics_(parent.diagnostics_), parent_(&parent), index_(index) {}

std::string Reader::key_path(std::string_view key) const {
    std::string path = parent_ == nullptr ? std::string{} : parent_->key_path();
    const auto append = [&](std::string_view part) {
        if (!part.empty() && !path.empty()) path += '.';
        path += part;
    };
    append(key_);
    if (index_ != no_index) path += fmt::format("[{}]", index_);
    append(key);
    return path;
}

bool Reader::wrong_kind(std::string_view expected) const {
    diagnostics_.add(node_.location, key_path(), mismatch(expected, node_, {}));
    return false;
}
bool Reader::is_map() const {
    return node_.is_map() || wrong_kind("a mapping");
}
bool Reader::is_list() const {
    return node_.is_list() || wrong_kind("a list");
}

void Reader::error(std::string_view key, std::string message) {
    const Node* node = node_.at(key);
    diagnostics_.add(node == nullptr ? node_.location : node->location, key_path(key), std::move(message));
}

const Node* Reader::find(std::string_view key, Presence presence, std::string_view expected) {
    const Entry* entry = node_.find(key);
    if (std::ranges::find(known_, key) == known_.end()) {
        known_.push_back(key);
        if (entry != nullptr) ++found_;
    }
    if (entry != nullptr && refused_.empty()) return entry->value.faulty ? nullptr : &entry->value;
    if (entry != nullptr)
        diagnostics_.add(entry->key_location, key_path(key), fmt::format("only with {}", refused_));
    if (entry == nullptr && refused_.empty() && presence == required)
        diagnostics_.add(node_.location, key_path(key), fmt::format("missing key, expected {}", expected));
    return nullptr;
}

void Reader::finish() {
    if (found_ == node_.entries.size()) return;
    for (const auto& entry : node_.entries) {
        if (std::ranges::find(known_, entry.key) != known_.end()) continue;
        std::string hint = did_you_mean(entry.key, known_);
        if (hint.empty() && known_.size() <= 30)
            hint = fmt::format("; known are {}", fmt::join(known_, ", "));
        diagnostics_.add(entry.key_location, key_path(printable(entry.key)), "unknown key" + hint);
    }
}

bool Reader::is_word(std::string_view key, std::string_view word) {
    const Node* node = find(key);
    return node != nullptr && node->is_scalar() && node->text == word;
}

std::optional<std::int64_t> Reader::read_integer(std::string_view key, Bounds bounds, std::string_view word,
                                                 Presence presence) {
    const Node* node = find(key, presence, range_of(bounds, word));
    if (node == nullptr) return {};
    std::string problem;
    const auto value = as_integer(*node, problem);
    if (value && *value >= bounds.min && *value <= bounds.max) return value;
    diagnostics_.add(node->location, key_path(key), mismatch(range_of(bounds, word), *node, problem));
    return {};
}

std::optional<double> Reader::read_number(std::string_view key, Interval interval, Presence presence) {
    const Node* node = find(key, presence, range_of(interval));
    if (node == nullptr) return {};
    std::string problem;
    const auto value = as_number(*node, problem);
    if (value && *value >= interval.min && *value <= interval.max) return value;
    diagnostics_.add(node->location, key_path(key), mismatch(range_of(interval), *node, problem));
    return {};
}

std::optional<std::size_t> Reader::read_word(std::string_view key, Words allowed, Presence presence) {
    const Node* node = find(key, presence, presence == required ? any_of(allowed) : "");
    if (node == nullptr) return {};
    if (node->is_scalar())
        if (const auto it = std::ranges::find(allowed, node->text); it != allowed.end())
            return static_cast<std::size_t>(it - allowed.begin());
    const std::string hint = node->is_scalar() ? did_you_mean(node->text, allowed) : "";
    diagnostics_.add(node->location, key_path(key), mismatch(any_of(allowed), *node, {}) + hint);
    return {};
}

void Reader::boolean(std::string_view key, bool& value, std::string_view, Presence presence) {
    const Node* node = find(key, presence, "true or false");
    if (node == nullptr) return;
    std::string problem;
    if (const auto read = as_boolean(*node, problem))
        value = *read;
    else
        diagnostics_.add(node->location, key_path(key), mismatch("true or false", *node, problem));
}

void Reader::text(std::string_view key, std::string& value, std::string_view, Presence presence) {
    const Node* node = find(key, presence, "a text");
    if (node == nullptr) return;
    std::string problem;
    if (auto read = as_text(*node, problem))
        value = std::move(*read);
    else
        diagnostics_.add(node->location, key_path(key), mismatch("a text", *node, problem));
}

void Reader::path(std::string_view key, std::string& value, std::string_view doc, Presence presence) {
    std::string written;
    text(key, written, doc, presence);
    if (!written.empty()) value = resolve_path(written, node_.find(key)->value.location);
}

void Reader::numbers(std::string_view key, std::vector<double>& values, Interval interval, std::string_view,
                     Presence presence) {
    const std::string expected = range_of(interval) + " or a list of such";
    const Node* node = find(key, presence, expected);
    if (node == nullptr) return;
    values.clear();
    const std::span<const Node> items =
        node->is_list() ? std::span<const Node>(node->items) : std::span(node, 1);
    for (const Node& item : items) {
        std::string problem;
        const auto value = as_number(item, problem);
        if (value && *value >= interval.min && *value <= interval.max)
            values.push_back(*value);
        else
            diagnostics_.add(item.location, key_path(key), mismatch(expected, item, problem));
    }
}

void Reader::texts(std::string_view key, std::vector<std::string>& values, std::string_view,
                   Presence presence) {
    const Node* node = find(key, presence, "a list of texts");
    if (node == nullptr) return;
    const Reader list(*this, *node, key);
    if (!list.is_list()) return;
    values.clear();
    for (std::size_t i = 0; i < node->items.size(); ++i) {
        std::string problem;
        if (auto read = as_text(node->items[i], problem))
            values.push_back(std::move(*read));
        else
            diagnostics_.add(node->items[i].location, fmt::format("{}[{}]", key_path(key), i),
                             mismatch("a text", node->items[i], problem));
    }
}

void Reader::words(std::string_view key, std::vector<std::string>& values, Words allowed,
                   std::string_view doc, Presence presence) {
    std::vector<std::string> read;
    texts(key, read, doc, presence);
    const Node* node = node_.find(key) == nullptr ? nullptr : &node_.find(key)->value;
    if (node == nullptr || !node->is_list() || read.size() != node->items.size()) return;
    for (std::size_t i = 0; i < read.size(); ++i)
        if (std::ranges::find(allowed, read[i]) == allowed.end())
            diagnostics_.add(node->items[i].location, fmt::format("{}[{}]", key_path(key), i),
                             mismatch(any_of(allowed), node->items[i], {}) + did_you_mean(read[i], allowed));
    values = std::move(read);
}

void Reader::one_or_more_words(std::string_view key, std::vector<std::string>& values, Words allowed,
                               std::string_view, Presence presence) {
    const auto expected = [&] { return any_of(allowed) + " or a list of such"; };
    const Node* node = find(key, presence, presence == required ? expected() : "");
    if (node == nullptr) return;
    values.clear();
    const std::span<const Node> items =
        node->is_list() ? std::span<const Node>(node->items) : std::span(node, 1);
    for (const Node& item : items) {
        if (item.is_scalar() && std::ranges::find(allowed, item.text) != allowed.end()) {
            values.push_back(item.text);
            continue;
        }
        const std::string hint = item.is_scalar() ? did_you_mean(item.text, allowed) : "";
        diagnostics_.add(item.location, key_path(key), mismatch(expected(), item, {}) + hint);
    }
}

}  // namespace octet
