// What `octet run` prints for a reader who has never seen the machine: a dozen lines.
#pragma once
#include <string>

#include "sim/run/result.h"

namespace octet {

// Ends in a newline. `colour`: with ANSI codes, for terminals only.
std::string summary(const Result& result, bool colour = false);

// "bert-base (encode, batch 1, sequence 384)": from the result document's `workload` and `phase`.
std::string title_of_work(const nlohmann::ordered_json& workload, const nlohmann::ordered_json& phase);

// Whether stdout is a terminal that wants colours (NO_COLOR unset, TERM not dumb).
bool wants_colour();

}  // namespace octet
