// Small models and steps of training that tests share.
#pragma once
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "models/accelerator/config.h"
#include "sim/workload/description.h"

namespace octet::test {

// encoder, masked, decoder, narrow, patches, and two with a decoder behind the encoder: distances, frames
std::vector<std::string> training_model_names();
TransformerDescription training_model(const std::string& name);
PhaseConfig training_phase(PhaseKind kind);
PhaseConfig lora_phase(std::vector<std::string> targets, bool merged);

unsigned training_seed();  // OCTET_SEED, or a random one
std::pair<TransformerDescription, PhaseConfig> random_training(std::mt19937& random);
// Another array, dataflow, buffers, memory.
void vary_machine(AcceleratorConfig& machine, std::mt19937& random);

}  // namespace octet::test
