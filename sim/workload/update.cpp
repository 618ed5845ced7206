#include "sim/workload/update.h"

#include <cmath>
#include <stdexcept>

namespace octet {
namespace {

constexpr double momentum = 0.9;                            // optimizer: momentum
constexpr double first_decay = 0.9, second_decay = 0.999;   // adamw: of its moments
constexpr double adam_epsilon = 1e-8, weight_decay = 0.01;  // adamw

}  // namespace

void update(GraphBuilder& graph, const PhaseConfig& phase, TensorId weight, TensorId gradient) {
    const std::string name = graph[weight].name;
    const std::uint64_t rows = graph[weight].rows, cols = graph[weight].cols;
    const auto keep = [&](TensorId id, FormatUse use) {
        graph.mark_use(id, use);
        if (phase.paged_states) graph.mark_paged(id);
        return id;
    };
    const auto state = [&](const char* what, FormatUse use) {
        const TensorId id = graph.filled(name + what, rows, cols, TensorFill::zeros);
        graph.make_precise(id);
        return keep(id, use);
    };
    const auto operation = [&](const char* what, OperationKind kind, std::vector<TensorId> inputs,
                               double factor) {
        Operation o{.name = name + what, .kind = kind, .inputs = std::move(inputs)};
        o.m = rows;
        o.n = cols;
        o.factor = factor;
        return o;
    };
    const auto made = [&](Operation o) {
        const TensorId id = graph.append(std::move(o), rows, cols);
        graph.make_precise(id);
        graph.mark_output(id);
        return id;
    };
    const auto axpy = [&](const char* what, std::vector<TensorId> inputs, double factor) {
        Operation o = operation(what, OperationKind::axpy, std::move(inputs), factor);
        o.rounding = phase.axpy_rounding;
        return made(std::move(o));
    };
    const double rate = phase.learning_rate;
    if (phase.optimizer == "sgd") {
        axpy(".updated", {gradient, weight}, -rate);
    } else if (phase.optimizer == "momentum") {
        const auto velocity =
            axpy(".momentum.updated", {state(".momentum", FormatUse::moment), gradient}, momentum);
        keep(velocity, FormatUse::moment);
        axpy(".updated", {velocity, weight}, -rate);
    } else if (phase.optimizer == "adamw") {
        const auto first = keep(made(operation(".moment.updated", OperationKind::moment,
                                               {state(".moment", FormatUse::moment), gradient}, first_decay)),
                                FormatUse::moment);
        const auto second =
            keep(made(operation(".second_moment.updated", OperationKind::second_moment,
                                {state(".second_moment", FormatUse::second_moment), gradient}, second_decay)),
                 FormatUse::second_moment);
        // Both moments start at 0: what that takes from them in the first step is given back.
        const double root = std::sqrt(1 - second_decay);
        Operation step = operation(".updated", OperationKind::adam, {weight, first, second},
                                   rate * root / (1 - first_decay));
        step.epsilon = adam_epsilon * root;
        step.decay = 1 - rate * weight_decay;
        made(std::move(step));
    } else {
        throw std::invalid_argument("no optimizer is called '" + phase.optimizer + "'");
    }
}

}  // namespace octet
