// A Hugging Face `config.json` to a description. docs/workloads.md says which families and how.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "sim/config/diagnostics.h"
#include "sim/config/node.h"
#include "sim/workload/description.h"

namespace octet {

struct HuggingFaceModel {
    TransformerDescription description;
    std::string model_type;
    std::vector<std::string> notes;  // what was decided that the file says otherwise or not at all
};

// `head`: a name of head_names, or empty: lm for decoders, none for others. `name`: of the description.
// Sound if nothing was added to the diagnostics: every key that is there was understood, or is known to have
// no influence on what an inference computes.
HuggingFaceModel read_huggingface(const Node& config, std::string_view name, std::string_view head,
                                  Diagnostics& diagnostics);

}  // namespace octet
