// The page of `octet report`: one file, no network, charts by Vega.
//
// The data stands in it as JSON in which no `<` occurs; titles are escaped; a content security policy allows
// no script and style but the page's own. The same input gives the same bytes.
#pragma once
#include <string>

#include "sim/report/html/documents.h"

namespace octet {

std::string report_page(const ReportInput& input);

// Text in HTML: & < > " ' escaped.
std::string escaped(std::string_view text);

}  // namespace octet
