// A comparison for people and for spreadsheets.
#pragma once
#include <string>

#include "sim/compare/compare.h"

namespace octet {

// Absolute figures, the same relative to the baseline, notes; the best of each column bears a star.
std::string compare_text(const FormatComparison& comparison, bool colour = false);
std::string compare_markdown(const FormatComparison& comparison);
// A line a row with the keys of the document, relative ones as relative_KEY; empty where nothing is known.
std::string compare_csv(const FormatComparison& comparison);

}  // namespace octet
