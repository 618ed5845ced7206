// What a target starts from.
#pragma once
#include <string>
#include <vector>

namespace octet::fuzz {

// Inputs of a target: files of the source tree, those of tests/fuzz/found/TARGET, and some made here.
std::vector<std::string> seeds(const std::string& target, const std::string& source);

}  // namespace octet::fuzz
