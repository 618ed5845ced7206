#include "sim/run/activity_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace octet {
namespace {

const std::array<std::string, action_count>& keys() {
    static const auto list = [] {
        std::array<std::string, action_count> made;
        for (std::size_t i = 0; i < action_count; ++i) {
            const auto action = static_cast<Action>(i);
            const bool padding =
                action == Action::dram_read_padding_bits || action == Action::dram_write_padding_bits;
            const std::size_t slot = format_slot(action);
            made[i] = fmt::format("{}.{}{}", info(action).component, info(action).action,
                                  padding                           ? "_padding"
                                  : action == Action::mac_quantized ? "_quantized"
                                  : slot == 0                       ? ""
                                                                    : fmt::format("_{}", slot));
        }
        return made;
    }();
    return list;
}

}  // namespace

std::string action_key(Action action) {
    return keys()[static_cast<std::size_t>(action)];
}

nlohmann::ordered_json activity_json(const Activity& activity) {
    auto object = nlohmann::ordered_json::object();
    for (std::size_t i = 0; i < action_count; ++i)
        if (const std::uint64_t n = activity[static_cast<Action>(i)]; n > 0) object[keys()[i]] = n;
    return object;
}

Activity read_activity(const Node& node, const std::string& key, Diagnostics& errors) {
    Activity activity;
    if (!node.is_map()) {
        errors.add(node.location, key, fmt::format("expected a mapping, got {}", describe_value(node)));
        return activity;
    }
    for (const Entry& entry : node.entries) {
        const auto it = std::ranges::find(keys(), entry.key);
        if (it == keys().end()) {
            const std::vector<std::string_view> names(keys().begin(), keys().end());
            errors.add(entry.key_location, key + "." + printable(entry.key),
                       "is no action" + did_you_mean(entry.key, names));
            continue;
        }
        const std::string& text = entry.value.text;
        std::uint64_t count = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
        if (!entry.value.is_scalar() || entry.value.quoted || error != std::errc{} ||
            end != text.data() + text.size())
            errors.add(entry.value.location, key + "." + entry.key,
                       fmt::format("expected a count, got {}", describe_value(entry.value)));
        else
            activity.count(static_cast<Action>(it - keys().begin()), count);
    }
    return activity;
}

}  // namespace octet
