#include "sim/tensors/json_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "sim/tensors/tensor_file.h"

namespace octet {

Json parse_json(std::string_view text, const std::string& path, std::string_view what, std::size_t offset) {
    constexpr int deepest = 4;
    const auto fail = [&](const std::string& why) {
        return file_error(path, fmt::format("{}{}", what, why));
    };
    // JSON keeps the last of two equal keys, so they are looked for on the way.
    std::vector<std::pair<std::string, std::string>> keys;  // of the first level, and within them
    std::string first;
    const auto watch = [&](int depth, Json::parse_event_t event, Json& value) {
        if (depth > deepest) throw fail(": nested too deep");
        if (event != Json::parse_event_t::key || depth > 2) return true;
        if (depth == 1) first = value.get<std::string>();
        keys.emplace_back(first, depth == 1 ? "" : value.get<std::string>());
        return true;
    };
    Json json;
    try {
        json = Json::parse(text, watch);
    } catch (const Json::parse_error& error) {
        throw fail(fmt::format(", byte {}: no valid JSON", offset + error.byte));
    } catch (const Json::out_of_range&) {
        throw fail(": a number beyond the range of a double");
    }
    if (!json.is_object()) throw fail(": no JSON object");
    std::sort(keys.begin(), keys.end());
    const auto twice = std::adjacent_find(keys.begin(), keys.end());
    if (twice != keys.end())
        throw fail(fmt::format(": {}{} is there twice", in_quotes(twice->first),
                               twice->second.empty() ? "" : ": " + in_quotes(twice->second)));
    return json;
}

}  // namespace octet
