// Where the cycles of a run go, by groups of operations that differ only in a number (layer0.ffn.up,
// layer1.ffn.up, ...).
#pragma once
#include <string>
#include <vector>

#include "sim/run/result.h"

namespace octet {

struct Consumer {
    std::string name;        // "ffn.up x 12"
    double cycles = 0;       // in which one of the group was the oldest unfinished operation
    double ideal = 0;        // that its tightest resource needs
    std::string bottleneck;  // that resource, or what the group mostly waits for
};

// The name of the group an operation belongs to: layer12.ffn.up and token3.layer1.ffn.up -> ffn.up;
// decoder.layer2.ffn.up -> decoder.ffn.up;
// pooler -> pooler.
std::string group_name(const std::string& name);

// The `count` groups with the most cycles, most first.
std::vector<Consumer> largest_consumers(const Result& result, std::size_t count);

}  // namespace octet
