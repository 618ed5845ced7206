// An experiment: which machine, which workload, what is simulated of it.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "models/accelerator/config.h"
#include "sim/config/calibration.h"
#include "sim/config/layers.h"
#include "sim/config/node.h"
#include "sim/config/phase.h"

namespace octet {

enum class Values : std::uint8_t { none, exact };

struct SyntheticInputs {
    std::string distribution = "gaussian";
    double outlier_rate = 0, outlier_scale = 1;
};

struct InputsConfig {
    std::optional<SyntheticInputs> synthetic;
    std::string weights, tokens, labels, activations;  // paths, empty if not given
    CalibrationConfig calibration;
    double smoothquant =
        0;  // how much of the spread of a norm's columns moves into weights; 0: nothing moves
};

struct ExperimentConfig {
    std::string path;
    AcceleratorConfig accelerator;
    PhaseConfig phase;
    Values values = Values::none;
    Fidelity fidelity = Fidelity::pass;
    InputsConfig inputs;
    std::uint64_t seed = 0;
    Node tree;  // the layers merged, the files it names put in their place: where every value was written

    // Trees of kind workload or trace, and of kind costs. location.file is the path.
    const Node& workload() const { return tree.find("workload")->value; }
    const Node& costs() const { return tree.find("costs")->value; }
};

// The merged tree, typed. Throws InputError with every error of the experiment and its accelerator. What
// workload and costs hold is left to their own readers.
ExperimentConfig load_experiment(const std::string& path, const std::vector<Setting>& settings = {});
AcceleratorConfig load_accelerator(const std::string& path, const std::vector<Setting>& settings = {});
DramDeviceConfig load_dram(const std::string& path, const std::vector<Setting>& settings = {});

// The same from trees that load_layers made. The tree is moved into the result.
ExperimentConfig read_experiment(Node tree, Diagnostics& diagnostics);
AcceleratorConfig read_accelerator(const Node& tree, Diagnostics& diagnostics);

// Why an axpy on this machine cannot be rounded once, to the format that weights lie in; empty if it can.
std::string refusal_of_axpy(const AcceleratorConfig& machine);

// Reports what is valid Octet but what this version's machine cannot run, where it was written.
void check_supported(const ExperimentConfig& experiment, Diagnostics& diagnostics);

}  // namespace octet
