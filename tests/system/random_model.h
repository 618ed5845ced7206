// Small transformers drawn at random, now and then with keys that contradict each other.
#pragma once
#include "sim/workload/description.h"
#include "tests/system/random_machine.h"

namespace octet::test {

TransformerDescription random_model(Choice& choice);
// Of any kind; for some of these the model has no such phase.
PhaseConfig random_phase(Choice& choice);

}  // namespace octet::test
