#include "models/array/sequencer.h"

namespace octet {

std::unique_ptr<ArraySequencer> make_sequencer(const ArrayConfig& config) {
    if (config.dataflow == Dataflow::output_stationary)
        return std::make_unique<OutputStationarySequencer>(config);
    return std::make_unique<WeightStationarySequencer>(config);
}

}  // namespace octet
