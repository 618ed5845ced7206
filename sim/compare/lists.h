// What is put side by side: every combination of the values of some lists is a row.
#pragma once
#include <string>
#include <vector>

#include "sim/config/layers.h"

namespace octet {

// As written on the command line; an empty list leaves the experiment as it is.
struct CompareLists {
    std::vector<std::string> formats;  // presets
    std::vector<std::string> fusion;   // levels
    std::vector<std::string> softmax;  // units
    std::vector<std::string> arrays;   // "16" (16 x 16) or "16x32" (rows x columns); the vector unit has a
                                       // lane for each column
    std::string baseline;              // a preset; one that is not among `formats` is put before them
};

// One machine to simulate: its values, in the order of `dimensions`, and the settings that make it.
struct CompareRow {
    std::vector<std::string>
        values;  // of each list that was given, in the order format, fusion, softmax, array
    std::vector<Setting> settings;
    std::string label() const;  // "e4m3, none"
};

struct ComparePlan {
    std::vector<std::string> dimensions;  // the lists given: "format", "fusion", "softmax", "array"
    std::vector<CompareRow> rows;
    // For each row the one it is set against: of the baseline's format, with the same values otherwise;
    // without a baseline the first row.
    std::vector<std::size_t> baselines;
};

// Throws InputError for a value that is written twice or is no size of an array; what the machine does not
// know is found when the row is loaded.
ComparePlan plan_of(const CompareLists& lists);

}  // namespace octet
