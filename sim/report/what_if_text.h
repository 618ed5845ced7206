// What `--what-if` found, as a table and as a part of the result document.
#pragma once
#include <string>

#include "sim/run/what_if.h"

namespace octet {

std::string what_if_text(const WhatIfs& all);
// The value of the key `what_if`: one object a change, in order.
nlohmann::ordered_json what_if_json(const WhatIfs& all);

}  // namespace octet
