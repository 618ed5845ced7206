#include "sim/sweep/design_space.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "sim/config/scalars.h"

namespace octet {
namespace {

using Json = nlohmann::ordered_json;

Json json_of(const Node& node) {
    if (node.is_map()) {
        Json object = Json::object();
        for (const Entry& entry : node.entries) object[entry.key] = json_of(entry.value);
        return object;
    }
    if (node.is_list()) {
        Json list = Json::array();
        for (const Node& item : node.items) list.push_back(json_of(item));
        return list;
    }
    std::string problem;
    if (const auto value = as_integer(node, problem)) return *value;
    if (const auto value = as_number(node, problem)) return *value;
    if (const auto value = as_boolean(node, problem)) return *value;
    return node.text;
}

AxisValue number_value(double x, const Location& where) {
    Node node;
    node.kind = Node::Kind::scalar;
    node.location = where;
    const bool whole = x == std::floor(x) && std::abs(x) < 1e15;
    node.text = whole ? fmt::format("{:.0f}", x) : fmt::format("{}", x);
    Json json = json_of(node);
    return {std::move(node), std::move(json)};
}

// Numbers of an axis; of a logarithmic one between whole ends whole ones, each once.
std::vector<double> spaced(const SweepAxis& axis) {
    std::vector<double> numbers;
    if (axis.spacing.size() != 3) return numbers;
    const double first = axis.spacing[0], last = axis.spacing[1];
    if (axis.kind == AxisKind::range) {
        const double step = axis.spacing[2];
        const auto steps = static_cast<std::uint64_t>(std::floor((last - first) / step + 1e-9));
        for (std::uint64_t i = 0; i <= steps; ++i) numbers.push_back(first + static_cast<double>(i) * step);
        return numbers;
    }
    const auto count = static_cast<std::uint64_t>(axis.spacing[2]);
    const bool whole = first == std::floor(first) && last == std::floor(last);
    for (std::uint64_t i = 0; i < count; ++i) {
        const double along = count == 1 ? 0 : static_cast<double>(i) / static_cast<double>(count - 1);
        double x = first * std::pow(last / first, along);
        if (i + 1 == count && count > 1) x = last;
        if (whole) x = std::round(x);
        if (numbers.empty() || x != numbers.back()) numbers.push_back(x);
    }
    return numbers;
}

std::vector<AxisValue> values_of(const SweepAxis& axis) {
    std::vector<AxisValue> values;
    for (const Node& node : axis.values) values.push_back({node, json_of(node)});
    for (const double x : spaced(axis)) values.push_back(number_value(x, axis.where));
    return values;
}

}  // namespace

std::string_view full_key(std::string_view axis) {
    if (axis == "format") return "pe.preset";
    if (axis == "sequence") return "phase.sequence";
    if (axis == "batch") return "phase.batch";
    return axis;
}

DesignSpace::DesignSpace(const SweepConfig& sweep, Diagnostics& diagnostics) {
    std::map<std::string, std::size_t> member_of;
    // Axes with values of their own first: each begins a dimension.
    for (const SweepAxis& axis : sweep.axes) {
        Member member{std::string(full_key(axis.key)), values_of(axis), 0};
        if (!member_of.emplace(axis.key, members_.size()).second ||
            std::ranges::find(keys_, member.key) != keys_.end())
            diagnostics.add(axis.where, "axes." + axis.key, "this key is varied by another axis too");
        keys_.push_back(member.key);
        if (axis.kind != AxisKind::same_as) {
            member.dimension = dimensions_.size();
            dimensions_.push_back({static_cast<std::uint32_t>(member.values.size())});
        }
        members_.push_back(std::move(member));
    }
    for (const SweepAxis& axis : sweep.axes) {
        if (axis.kind != AxisKind::same_as) continue;
        const auto other = std::ranges::find(sweep.axes, axis.same_as, &SweepAxis::key);
        if (other == sweep.axes.end()) continue;  // reported when it was read
        if (other->kind == AxisKind::same_as) {
            diagnostics.add(axis.where, "axes." + axis.key,
                            fmt::format("{} has no values of its own", in_quotes(axis.same_as)));
            continue;
        }
        Member& member = members_[member_of[axis.key]];
        const Member& source = members_[member_of[axis.same_as]];
        member.values = source.values;
        member.dimension = source.dimension;
    }
    for (const ZipGroup& group : sweep.zip) {
        const auto first = member_of.find(group.keys.front());
        if (first == member_of.end()) {
            diagnostics.add(group.where, "zip",
                            fmt::format("there is no axis {}", in_quotes(group.keys.front())));
            continue;
        }
        for (std::size_t i = 1; i < group.keys.size(); ++i) {
            const std::string& key = group.keys[i];
            const auto found = member_of.find(key);
            if (found == member_of.end()) {  // takes the values of the first
                Member member = members_[first->second];
                member.key = full_key(key);
                member_of.emplace(key, members_.size());
                keys_.push_back(member.key);
                members_.push_back(std::move(member));
                continue;
            }
            Member& member = members_[found->second];
            const Member& leader = members_[first->second];
            if (member.values.size() != leader.values.size())
                diagnostics.add(group.where, "zip",
                                fmt::format("{} has {} values and {} has {}: axes that move together have "
                                            "as many",
                                            in_quotes(group.keys.front()), leader.values.size(),
                                            in_quotes(key), member.values.size()));
            const std::size_t old = member.dimension;
            for (Member& other : members_)
                if (other.dimension == old) other.dimension = leader.dimension;
        }
    }
    // Dimensions that joined another one are gone.
    std::vector<Dimension> left;
    std::map<std::size_t, std::size_t> renamed;
    for (Member& member : members_) {
        const auto [place, is_new] = renamed.emplace(member.dimension, left.size());
        if (is_new && member.dimension < dimensions_.size()) left.push_back(dimensions_[member.dimension]);
        member.dimension = place->second;
    }
    dimensions_ = std::move(left);
}

std::uint64_t DesignSpace::points() const {
    std::uint64_t count = 1;
    for (const Dimension& dimension : dimensions_)
        if (__builtin_mul_overflow(count, dimension.size, &count) || count > std::uint64_t{1} << 63U)
            return std::uint64_t{1} << 63U;
    return count;
}

PointIndex DesignSpace::at(std::uint64_t number) const {
    PointIndex index(dimensions_.size());
    for (std::size_t d = dimensions_.size(); d-- > 0;) {
        index[d] = static_cast<std::uint32_t>(number % dimensions_[d].size);
        number /= dimensions_[d].size;
    }
    return index;
}

std::vector<PointValue> DesignSpace::values(const PointIndex& point) const {
    std::vector<PointValue> list;
    for (const Member& member : members_)
        list.push_back({&member.key, &member.values[point[member.dimension]]});
    return list;
}

}  // namespace octet
