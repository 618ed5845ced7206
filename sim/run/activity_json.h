// Counts of actions in a result document: {"mac.mac": 5, ...}, those that are not zero.
#pragma once
#include <nlohmann/json.hpp>
#include <string>

#include "models/activity.h"
#include "sim/config/diagnostics.h"
#include "sim/config/node.h"

namespace octet {

// The action's component and name in cost tables; `dram.read_padding` for what the table prices as
// `dram.read`.
std::string action_key(Action action);

nlohmann::ordered_json activity_json(const Activity& activity);

// The counts of a mapping written by the above; every error with its place. `key`: what messages call it.
Activity read_activity(const Node& node, const std::string& key, Diagnostics& errors);

}  // namespace octet
