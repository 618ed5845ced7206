// `octet workload show`: a summary as a table to read and as the document of --json.
#pragma once
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "sim/workload/summary.h"

namespace octet {

// `title` says what is shown: "encode, batch 1, sequence 128". Consecutive layers of the same operations are
// shown once.
std::string show_text(const Graph& graph, unsigned bits, const std::string& title);
nlohmann::ordered_json show_json(const Graph& graph, unsigned bits);

}  // namespace octet
