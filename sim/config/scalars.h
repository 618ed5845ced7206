// Scalars to values. Strict: no octal, no hexadecimal, no NaN, no infinity, no yes/no; quoted text is never a
// number.
#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "sim/config/node.h"

namespace octet {

// On failure: nothing, and `problem` says why if there is more to say than the wrong type.
std::optional<std::int64_t> as_integer(const Node& node, std::string& problem);
std::optional<double> as_number(const Node& node, std::string& problem);  // integers too; finite
std::optional<bool> as_boolean(const Node& node, std::string& problem);
std::optional<std::string> as_text(const Node& node,
                                   std::string& problem);  // 1 to 4096 bytes, no control characters

}  // namespace octet
