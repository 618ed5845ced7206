// The folder of a sweep and its store, for the verbs of `octet sweep`.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "sim/sweep/store.h"

namespace octet {

// The store of a folder, which is made if it is not there; empty without a folder. Throws OutputError.
std::string store_in(const std::string& folder);

// The store of a folder that a sweep wrote, or the file itself.
std::string store_path(const std::string& written);

std::vector<StoredPoint> points_of(const SweepStore& store);

struct Merged {
    std::uint64_t added = 0, known = 0;  // points
};
// Points that are done stay; others are replaced.
Merged merge_into(SweepStore& store, const std::vector<std::vector<StoredPoint>>& parts);

}  // namespace octet
