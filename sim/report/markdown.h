// A report as Markdown and as CSV: the tables of the page.
#pragma once
#include <string>

#include "sim/report/html/documents.h"

namespace octet {

// Title, headline, tables: components, units and operations of a run; rows of a comparison; the front of a
// sweep.
std::string report_markdown(const ReportInput& input);

// One table: the operations of a run, the rows of a comparison, the points of a sweep.
std::string report_csv(const ReportInput& input);

}  // namespace octet
