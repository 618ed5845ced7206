#include "sim/report/consumers.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <string_view>

namespace octet {
namespace {

// A group whose tightest resource works this part of its time is called bound by it.
constexpr double bound_from = 0.5;

// The controller runs ahead until a queue is full, and the vector unit waits for a busy array: no reason for
// slowness.
constexpr std::array follow_from_others{StallCause::queue_full, StallCause::array_result};

struct Group {
    std::string name;
    std::size_t members = 0;
    double cycles = 0, ideal = 0;
    std::map<std::string, double> bounds;  // ideal cycles by resource
    StallCounts stalls{};
};

std::string bottleneck(const Group& group) {
    std::string resource;
    double most = 0;
    for (const auto& [name, cycles] : group.bounds)
        if (cycles > most) {
            most = cycles;
            resource = name;
        }
    const double busy = group.cycles > 0 ? std::min(1.0, group.ideal / group.cycles) : 0;
    std::string text;
    if (!resource.empty()) text = fmt::format("{} at {:.0f} % of its peak", resource, 100 * busy);
    StallCounts stalls = group.stalls;
    for (const StallCause harmless : follow_from_others) stalls[static_cast<std::size_t>(harmless)] = 0;
    const auto cause = std::ranges::max_element(stalls);
    if (*cause > 0 && busy < bound_from)
        text += fmt::format("{}stalled most by {}", text.empty() ? "" : ", ",
                            name(static_cast<StallCause>(cause - stalls.begin())));
    return text.empty() ? "nothing in particular" : text;
}

}  // namespace

std::string group_name(const std::string& name) {
    std::string_view rest = name;
    std::string stack;
    for (const std::string_view repeated : {"token", "layer"}) {
        if (repeated == "layer" && rest.starts_with("decoder.layer")) {
            stack = "decoder.";
            rest.remove_prefix(stack.size());
        }
        if (!rest.starts_with(repeated)) continue;
        const auto digits = rest.find_first_not_of("0123456789", repeated.size());
        if (digits == repeated.size() || digits == rest.npos || rest[digits] != '.') continue;
        rest.remove_prefix(digits + 1);
    }
    return stack + std::string(rest);
}

std::vector<Consumer> largest_consumers(const Result& result, std::size_t count) {
    std::vector<Group> groups;
    std::map<std::string, std::size_t> index;
    for (const OperationResult& operation : result.operations) {
        const std::string key = group_name(operation.name);
        const auto [place, is_new] = index.try_emplace(key, groups.size());
        if (is_new) groups.push_back({key, 0, 0, 0, {}, {}});
        Group& group = groups[place->second];
        ++group.members;
        group.cycles += operation.oldest_cycles;
        group.ideal += operation.ideal_cycles;
        if (!operation.bound_by.empty()) group.bounds[operation.bound_by] += operation.ideal_cycles;
        for (std::size_t i = 0; i < stall_cause_count; ++i) group.stalls[i] += operation.stalls[i];
    }
    std::ranges::stable_sort(groups, std::greater{}, &Group::cycles);
    if (groups.size() > count) groups.resize(count);
    std::vector<Consumer> consumers;
    for (const Group& group : groups)
        consumers.push_back(
            {group.members == 1 ? group.name : fmt::format("{} x {}", group.name, group.members),
             group.cycles, group.ideal, bottleneck(group)});
    return consumers;
}

}  // namespace octet
