// The strict YAML reader. One document; no duplicate keys, tags, anchors, aliases or merge keys; limited size
// and depth.
#pragma once
#include <string>
#include <string_view>

#include "sim/config/diagnostics.h"
#include "sim/config/node.h"

namespace octet {

constexpr std::size_t max_yaml_depth = 64;
constexpr std::size_t max_yaml_values = 3'000'000;

// The tree of a text, in time linear in its length. `file` is what locations name. Throws InputError with
// every error found.
Node parse_yaml(std::string_view text, std::string_view file);

// The value of `--set key=value`: a scalar, flow list or flow mapping. Every location is `where`.
Node parse_value(std::string_view text, const Location& where, const std::string& key);

// read_text_file and parse_yaml.
Node read_yaml(const std::string& path);

}  // namespace octet
