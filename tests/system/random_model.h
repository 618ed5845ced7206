// Small transformers drawn at random, now and then with keys that contradict each other.
#pragma once
#include "sim/workload/description.h"
#include "tests/system/random_machine.h"

namespace octet::test {

TransformerDescription random_model(Choice& choice);
// Of any kind; for some of these the model has no such phase.
PhaseConfig random_phase(Choice& choice);
// As a YAML flow mapping: {kind: encode, batch: 1, sequence: 5}.
std::string flow_text(const PhaseConfig& phase);

}  // namespace octet::test
