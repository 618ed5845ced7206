// From a point's values to an experiment that can be simulated, and to the name under which it is stored.
#pragma once
#include <string>

#include "sim/config/experiment.h"
#include "sim/config/layers.h"
#include "sim/sweep/design_space.h"

namespace octet {

class PointLoader {
  public:
    // `settings` are put on the base experiment before the values of points. Throws InputError.
    PointLoader(const std::string& base, const std::vector<Setting>& settings, std::uint64_t seed);

    // Files that values name and presets come first, then the other keys in the order of the axes. Throws
    // InputError for what the experiment refuses, InputError located in the sweep file where a value is at
    // fault.
    ExperimentConfig load(const std::vector<PointValue>& values);

  private:
    Node base_;
    std::uint64_t seed_;
    FileCache files_;
};

// All of an experiment that its simulation depends on, without prices; and its prices. Equal texts are equal
// simulations.
std::string simulation_hash(const ExperimentConfig& experiment);
std::string price_hash(const ExperimentConfig& experiment);

// {dotted key: value}, as the store and documents show a point.
nlohmann::ordered_json config_json(const std::vector<PointValue>& values);

}  // namespace octet
