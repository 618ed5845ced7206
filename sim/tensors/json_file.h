// JSON inside files of others: read without trust.
#pragma once
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace octet {

using Json = nlohmann::ordered_json;

// An object, at most four levels deep, in whose first two levels no key is there twice. Errors call the text
// `what` and count bytes from `offset`. Throws InputError that names `path`.
Json parse_json(std::string_view text, const std::string& path, std::string_view what,
                std::size_t offset = 0);

}  // namespace octet
