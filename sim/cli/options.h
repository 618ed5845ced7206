// What options of several verbs have in common. CLI11 is slow to compile: only main.cpp includes this.
#pragma once
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cmath>
#include <string>
#include <string_view>
#include <vector>

#include "models/formats/registry.h"
#include "sim/cli/numbers.h"
#include "sim/cli/verbs.h"

namespace octet {

// Short forms of --set.
struct ShortOption {
    const char* option;
    std::string_view key;
    const char* type;
};
inline constexpr ShortOption short_options[] = {
    {"--values", "values", "none|exact"},
    {"--fidelity", "fidelity", "pass|register"},
    {"--costs", "costs", "YAML"},
    {"--fusion", "fusion", "none|scaling|activation|layernorm|residual"},
    {"--softmax", "softmax.unit", "auto|exact|posit_approximate|ibert"},
};

// `without`: keys whose short forms are not among them.
constexpr bool has_short_form(const ShortOption& row, Words without) {
    return std::ranges::find(without, row.key) == without.end();
}

// The texts are taken from the parse order below, not from here.
inline void add_settings(CLI::App& verb, bool of_machine = true, Words without = {}) {
    const auto add = [&](const char* option, const std::string& help, const char* type) {
        verb.add_option(
                option, [](const CLI::results_t&) { return true; }, help)
            ->take_all()
            ->type_size(1)
            ->allow_extra_args(false)
            ->type_name(type);
    };
    add("--set", "override a key, such as array.rows=8; of several the last wins", "KEY=VALUE");
    for (const auto& row : short_options)
        if ((of_machine || row.key == "costs") && has_short_form(row, without))
            add(row.option, fmt::format("short for --set {}=...", row.key), row.type);
}

// CLI11 lets a negative number wrap around and takes what is too large as the largest.
inline std::string digits_only(const std::string& text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool good = error == std::errc{} && end == text.data() + text.size();
    return good ? std::string{}
                : fmt::format("expected an integer from 0 to 2^64 - 1, got {}", in_quotes(text));
}

// --set and its short forms in the order in which they were written.
inline std::vector<Setting> settings_of(const CLI::App& verb, Words without = {}) {
    std::vector<Setting> settings;
    std::map<const CLI::Option*, std::size_t> taken;
    for (const CLI::Option* option : verb.parse_order()) {
        const std::string name = option->get_name();
        const auto is_it = [&](const ShortOption& row) {
            return name == row.option && has_short_form(row, without);
        };
        const auto* row = std::find_if(std::begin(short_options), std::end(short_options), is_it);
        if (name != "--set" && row == std::end(short_options)) continue;
        const std::string& value = option->results().at(taken[option]++);
        if (name == "--set")
            settings.push_back(parse_setting(value));
        else
            settings.push_back({std::string(row->key), value, fmt::format("{} {}", name, printable(value))});
    }
    return settings;
}

// These return the message if the text is not what they are named after.
inline std::string positive_number(const std::string& text) {
    const auto value = parse_number(text);
    if (!value || !(*value > 0) || std::isinf(*value)) return in_quotes(text) + " is no number above 0";
    // Multiples of it are to be numbers, and normal ones.
    return *value >= 1e-290 && *value <= 1e290 ? "" : in_quotes(text) + " is not between 1e-290 and 1e290";
}

inline std::string path_text(const std::string& text) {
    return text.empty() ? "an empty text is no path" : "";
}

// `type` FILE or DIR, as completion.h reads it.
inline CLI::Option* add_path(CLI::App& verb, const std::string& option, std::string& target,
                             const std::string& help, const char* type) {
    return verb.add_option(option, target, help)->check(path_text)->type_name(type);
}

inline CLI::Option* add_out_file(CLI::App& verb, std::string& target) {
    return add_path(verb, "--out", target, "write a file instead of stdout", "FILE");
}

inline CLI::Option* add_json(CLI::App& verb, bool& target, const char* what = "a JSON document") {
    return verb.add_flag("--json", target, fmt::format("print {} and nothing else", what));
}

inline void add_seed(CLI::App& verb, std::uint64_t& target, const char* help = "fixes all randomness") {
    verb.add_option("--seed", target, help)->check(digits_only)->type_name("N");
}

inline void add_jobs(CLI::App& verb, std::uint64_t& target) {
    verb.add_option("-j,--jobs", target, "simulations at a time (default: one a core)")
        ->check(CLI::Range(1, 1024))
        ->type_name("N");
}

inline void add_watch(CLI::App& verb, WatchOptions& options) {
    verb.add_flag("--explain", options.explain,
                  "say how the work was tiled, what bounds it, and why it took longer");
    add_path(verb, "--timeline", options.timeline, "trace events of the run, for Perfetto", "FILE");
    add_path(verb, "--vcd", options.vcd,
             "with --fidelity register: every register of the array, for wave viewers", "FILE");
}

// An option that takes one of some words.
template <class Value, class Target>
void add_choice(CLI::App& verb, const std::string& option, const std::string& help,
                const std::vector<std::pair<std::string_view, Value>>& words, Target& target) {
    std::vector<std::string_view> names;
    std::string type;
    for (const auto& [name, value] : words) {
        names.push_back(name);
        type += fmt::format("{}{}", type.empty() ? "" : "|", name);
    }
    const auto take = [=, &target](const std::string& text) {
        for (const auto& [name, value] : words)
            if (name == text) {
                target = value;
                return;
            }
        throw CLI::ValidationError(option,
                                   fmt::format("expected {}, got {}", any_of(names), in_quotes(text)));
    };
    verb.add_option_function<std::string>(option, take, help)->type_name(type);
}

inline std::string known_preset(const std::string& name) {
    if (find_preset(name) != nullptr) return {};
    std::vector<std::string_view> names;
    for (const Preset& preset : presets()) names.push_back(preset.name);
    return fmt::format("{} is no preset{}; there are {}", in_quotes(name), did_you_mean(name, names),
                       any_of(names));
}

inline std::string known_format(const std::string& name) {
    if (find_format(name) != nullptr) return {};
    std::vector<std::string_view> names;
    for (const FormatInfo& format : formats()) names.push_back(format.name);
    return fmt::format("{} is no format{}", in_quotes(name), did_you_mean(name, names));
}

}  // namespace octet
