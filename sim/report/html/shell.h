// The frame of every page that Octet writes: one file, no network.
//
// The data stands in it as JSON in which no `<` occurs; titles are escaped; a content security policy allows
// no script and style but the page's own. The same input gives the same bytes.
#pragma once
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace octet {

struct PageParts {
    std::string_view title, headline;  // as text
    std::string_view style;
    std::string_view notice;                // below the page, as text
    nlohmann::ordered_json data;            // in the element #data
    std::vector<std::string_view> scripts;  // in this order, after the body
};
std::string html_page(const PageParts& parts);

// Text in HTML: & < > " ' escaped.
std::string escaped(std::string_view text);

}  // namespace octet
