// What a report says first.
#pragma once
#include <string>

#include "sim/report/html/documents.h"

namespace octet {

// One or two sentences. Of a comparison and a sweep: what is Pareto-optimal, with three ratios.
std::string headline(const ReportInput& input);

}  // namespace octet
