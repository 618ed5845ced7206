// The strict JSON reader: files that other programs write. One value; no duplicate keys, no comments, no NaN;
// limited size and depth.
#pragma once
#include <string>
#include <string_view>

#include "sim/config/diagnostics.h"
#include "sim/config/node.h"

namespace octet {

constexpr std::size_t max_json_depth = 64, max_json_values = 500'000;

// The tree of a text, in time linear in its length. Numbers and words keep their text; strings are quoted
// scalars. `file` is what locations name. Throws InputError.
Node parse_json(std::string_view text, std::string_view file);

// read_text_file and parse_json.
Node read_json(const std::string& path);

}  // namespace octet
