// Where a value was written.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace octet {

// `file` points into a table that lives as long as the process, so that a location is small and free to copy.
// line 0: the value came from the command line and `file` holds its text (`--set array.rows=8`).
struct Location {
    const std::string* file = nullptr;
    std::uint32_t line = 0, column = 0;  // from 1; columns count bytes
};

Location location_in(std::string_view file, std::uint32_t line = 0, std::uint32_t column = 0);

// `path:line:column`, or the text of `file` alone for line 0.
std::string to_string(const Location& location);

}  // namespace octet
