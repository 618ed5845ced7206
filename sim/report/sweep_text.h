// A sweep for people and for spreadsheets.
#pragma once
#include <string>
#include <vector>

#include "sim/config/sweep.h"
#include "sim/sweep/sweep.h"

namespace octet {

// Counts, then the Pareto-optimal points with their values and metrics, at most `most` of them; why points
// failed, each reason once.
std::string sweep_text(const SweepResult& result, const std::vector<SweepObjective>& objectives,
                       const std::vector<StoredPoint>& failed, std::size_t most = 40, bool colour = false);

// One line a point: id, status, message, what varies, all metrics.
std::string sweep_csv(const std::vector<StoredPoint>& points, const std::vector<std::string>& columns = {});
// The same as `rows` of a document: {id, status, message, config, metrics}.
nlohmann::ordered_json sweep_rows(const std::vector<StoredPoint>& points,
                                  const std::vector<std::string>& columns = {});

// The dotted keys and metrics that any of the points has, in the order of the first to have them.
std::vector<std::string> columns_of(const std::vector<StoredPoint>& points);

}  // namespace octet
