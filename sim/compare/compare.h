// Formats, fusion levels, softmax units and arrays side by side: every row a simulation of its own.
#pragma once
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "sim/compare/lists.h"
#include "sim/compare/metrics.h"
#include "sim/config/experiment.h"

namespace octet {

struct ComparedRow {
    std::vector<std::string> values;             // of the plan's dimensions
    nlohmann::ordered_json result;               // the result document; null if the simulation failed
    std::string error;                           // why it failed
    std::string format, fusion, softmax, array;  // as simulated
    std::size_t baseline = 0;                    // the row it is set against
    Figures figures, relative;
    std::array<bool, metric_count> best{};
    bool pareto = false;
};

struct FormatComparison {
    std::vector<std::string> dimensions;
    std::vector<ComparedRow> rows;
    std::vector<std::string> notes;  // what every row keeps although a preset has a value of its own for it

    bool complete() const;  // no row failed
};

// Told of each row that has ended.
using RowEnded = std::function<void(const CompareRow& row, bool failed)>;

// Loads every row first: what is wrong with one is thrown as InputError before anything is simulated. Then
// simulates them in processes of their own, `parallel` at a time; to be called before this process simulates
// or starts a thread. Figures of a row that failed are empty.
FormatComparison compare(const ComparePlan& plan,
                         const std::function<ExperimentConfig(const std::vector<Setting>&)>& load,
                         std::size_t parallel, const RowEnded& ended = {});

// The document of docs/result.md.
nlohmann::ordered_json to_json(const FormatComparison& comparison);

}  // namespace octet
