// The page of `octet report`: one file (shell.h), charts by Vega.
#pragma once
#include <string>

#include "sim/report/html/documents.h"

namespace octet {

std::string report_page(const ReportInput& input);

}  // namespace octet
