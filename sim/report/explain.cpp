#include "sim/report/explain.h"

namespace octet {
std::string explain(const Simulation&) { return ""; }
}  // namespace octet
