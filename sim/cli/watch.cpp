#include "sim/cli/watch.h"

#include "sim/report/explain.h"

namespace octet {

Watch::Watch(const WatchOptions& options) {
    if (!options.vcd.empty()) registers_.emplace(options.vcd);
    if (!options.timeline.empty()) followers_.push_back(&timeline_.emplace(options.timeline));
    if (options.explain) followers_.push_back(&log_.emplace());
}

void Watch::finish(const Simulation& simulation) {
    if (log_) explanation_ = log_->explain(simulation);
    if (timeline_) timeline_->keep();
    if (registers_) registers_->keep();
}

nlohmann::ordered_json Watch::document(const Simulation& simulation) const {
    nlohmann::ordered_json document = to_json(simulation.result);
    if (explanation_) add_explanation(document, *explanation_);
    return document;
}

std::string Watch::text(const Simulation& simulation) const {
    return explanation_ ? explain(simulation, *explanation_) : "";
}

}  // namespace octet
