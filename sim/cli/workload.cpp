// octet workload show FILE, octet workload expand FILE
#include <stdexcept>

#include "sim/cli/verbs.h"

namespace octet {

int workload_show_verb(const WorkloadOptions&, std::string&) {
    throw std::runtime_error("workload show is not wired yet");
}

int workload_expand_verb(const WorkloadOptions&, std::string&) {
    throw std::runtime_error("workload expand is not wired yet");
}

}  // namespace octet
