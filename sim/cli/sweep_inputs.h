// What a sweep was made from, for its report: the file itself, its base, the prices of the base.
#pragma once
#include <nlohmann/json.hpp>
#include <string>

#include "sim/sweep/points.h"

namespace octet {

// {schema, sweep, base: the texts of the files; accelerator, area, costs of the base, as in a result document
// without counts}. A base that is no experiment without the values of a point: schema and sweep alone.
nlohmann::ordered_json sweep_inputs(const std::string& file, PointLoader& loader);

}  // namespace octet
