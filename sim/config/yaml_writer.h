// Struct to YAML, after the struct's description (describe.h): required keys, and those that differ from the
// defaults. A visitor for what descriptions of workloads hold.
#pragma once
#include <fmt/format.h>

#include <concepts>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "sim/config/describe.h"

namespace octet {

class YamlWriter {
  public:
    static constexpr bool reads = false;

    struct Line {
        std::string key, value;  // in flow style
        bool is_required = false;
        std::vector<Line> group;
    };
    std::vector<Line> lines;

    template <std::integral T>
    void integer(std::string_view key, const T& value, Bounds, std::string_view, Presence presence = {}) {
        put(key, fmt::format("{}", value), presence);
    }
    void number(std::string_view key, double value, Interval, std::string_view, Presence presence = {}) {
        put(key, fmt::format("{}", value), presence);
    }
    void boolean(std::string_view key, bool value, std::string_view, Presence presence = {}) {
        put(key, value ? "true" : "false", presence);
    }
    void text(std::string_view key, const std::string& value, std::string_view, Presence presence = {}) {
        put(key, nlohmann::json(value).dump(), presence);
    }
    template <class E, std::size_t N>
    void choice(std::string_view key, const E& value, const std::array<Named<E>, N>& table, std::string_view,
                Presence presence = {}) {
        put(key, std::string(name_in(table, value)), presence);
    }
    void words(std::string_view key, const std::vector<std::string>& values, Words, std::string_view,
               Presence presence = {}) {
        put(key, fmt::format("[{}]", fmt::join(values, ", ")), presence);
    }
    template <class F>
    void group(std::string_view key, std::string_view, F&& keys, Presence presence = {}) {
        YamlWriter inner;
        keys(inner);
        put(key, {}, presence);
        lines.back().group = std::move(inner.lines);
    }
    template <class F>
    void when(bool, std::string_view, F&& keys) {
        keys();  // a key that is not allowed holds its default, and so is left out
    }
    void check(std::string_view, bool, std::string_view) {}

  private:
    void put(std::string_view key, std::string value, Presence presence) {
        lines.push_back({std::string(key), std::move(value), presence == required, {}});
    }
};

// The keys of a group that differ, in braces; empty if none does.
inline std::string flow_mapping(const std::vector<YamlWriter::Line>& lines,
                                const std::vector<YamlWriter::Line>& defaults) {
    std::string text;
    for (std::size_t i = 0; i < lines.size(); ++i)
        if (lines[i].is_required || lines[i].value != defaults[i].value)
            text += fmt::format("{}{}: {}", text.empty() ? "" : ", ", lines[i].key, lines[i].value);
    return text.empty() ? text : '{' + text + '}';
}

// A line a key.
template <class T>
std::string write_yaml(T value) {
    YamlWriter writer, usual;
    T defaults;
    describe(writer, value);
    describe(usual, defaults);
    std::string text;
    for (std::size_t i = 0; i < writer.lines.size(); ++i) {
        const auto &line = writer.lines[i], &other = usual.lines[i];
        const std::string shown = line.group.empty() ? line.value : flow_mapping(line.group, other.group);
        if (line.is_required || shown != (line.group.empty() ? other.value : ""))
            text += fmt::format("{}: {}\n", line.key, shown);
    }
    return text;
}

}  // namespace octet
