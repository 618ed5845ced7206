// The bytes of an input file, checked before any parser sees them.
#pragma once
#include <string>
#include <string_view>

#include "sim/config/diagnostics.h"

namespace octet {

constexpr std::size_t max_input_bytes = std::size_t{32} << 20;

// The content of a regular file of at most max_input_bytes. Never blocks: directories, pipes and devices are
// refused. Throws InputError naming `path` at 1:1.
std::string read_text_file(const std::string& path);

enum class Tabs : bool { refused, allowed };

// Refuses what no configuration needs and parsers disagree on: invalid UTF-8, NUL and other control
// characters, tabs (of YAML), a carriage return without a line feed. A UTF-8 byte order mark at the start is
// allowed; returns the text behind it. Throws InputError.
std::string_view checked_text(std::string_view text, std::string_view file, Tabs tabs = Tabs::refused);

}  // namespace octet
