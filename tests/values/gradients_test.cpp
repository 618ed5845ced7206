// A step of training in fp32 against a tape in double precision, and the tape against finite differences.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "models/accelerator/run.h"
#include "sim/lower/program.h"
#include "sim/run/value_run.h"
#include "tests/values/plain_gradients.h"
#include "tests/values/reference_runs.h"
#include "tests/values/tape_model.h"
#include "tests/values/training_models.h"

namespace octet::test {
namespace {

// Whose gradient the tape has all the same.
bool is_input(const std::string& name) {
    return name == "patches" || name == "frames";
}

TapeModel tape_model(const TransformerDescription& d, const PhaseConfig& phase, const Case& c) {
    TapeModel model{d, phase, {}, c.inputs.tokens};
    for (TensorId id = 0; id < c.graph.tensors.size(); ++id) {
        const Tensor& t = c.graph.tensors[id];
        if (!c.inputs.sources[id].empty())
            model.tensors[t.name] = {t.batch * t.rows, t.cols, c.inputs.sources[id]};
    }
    return model;
}

TensorId tensor_of(const Graph& graph, const std::string& name) {
    for (TensorId id = 0; id < graph.tensors.size(); ++id)
        if (graph.tensors[id].name == name) return id;
    throw std::logic_error("no tensor " + name);
}

// What the host makes of a table of heads x buckets.
void add_distances(Case& c, const std::string& name) {
    for (TensorId id = 0; id < c.graph.tensors.size(); ++id) {
        const Tensor& bias = c.graph.tensors[id];
        if (bias.name != name) continue;
        const TensorId table = tensor_of(c.graph, name + ".weight");
        const std::uint64_t heads = c.graph.tensors[table].rows, buckets = c.graph.tensors[table].cols;
        for (std::uint64_t i = 0; i < bias.elements(); ++i) {
            const std::uint64_t head = i / (bias.rows * bias.cols) % heads, query = i / bias.cols % bias.rows,
                                key = i % bias.cols;
            c.inputs.sources[id][i] =
                c.inputs.sources[table][head * buckets + plain_bucket(std::int64_t(key) - std::int64_t(query),
                                                                      buckets, name.starts_with("decoder"))];
        }
    }
}

// Without outliers: numbers that a double keeps far from saturation.
Case gentle_case(const TransformerDescription& d, const PhaseConfig& phase,
                 const AcceleratorConfig& machine) {
    Case c = make_case(expand(d, phase), machine, 5);
    auto plain = synthetic_tensors(c.graph, {}, 5);
    for (TensorId id = 0; id < c.graph.tensors.size(); ++id)
        if (c.graph.tensors[id].name != "attention_mask") c.inputs.sources[id] = plain[id];
    for (TensorId id = 0; id < c.graph.tensors.size(); ++id)
        if (c.graph.tensors[id].role == TensorRole::weight && c.graph.tensors[id].rows > 1)
            for (double& x : c.inputs.sources[id]) x *= 0.6;
    for (const std::string stack : {"", "decoder."}) add_distances(c, stack + "relative_bias");
    return c;
}

double largest(const std::vector<double>& values) {
    double most = 0;
    for (const double x : values) most = std::max(most, std::fabs(x));
    return most;
}

std::vector<std::vector<float>> results_of(const Case& c) {
    Program program(c.graph, c.machine, c.inputs.seed, c.inputs.scales, c.inputs.tokens);
    MachineValues values(value_config(c.machine, c.inputs.seed, c.graph.operations.size()));
    write_sources(values, program, c.graph, c.inputs.sources, c.inputs.scales);
    Collector seen(c.graph);
    values.observer = &seen;
    run_machine(c.machine, program, &values, Fidelity::pass);
    return seen.results;
}

// The gradient that an update takes.
const std::vector<float>& gradient_of(const Case& c, const std::string& weight,
                                      const std::vector<std::vector<float>>& results) {
    for (const Operation& update : c.graph.operations)
        if (update.name == weight + ".updated")
            for (OperationId id = 0; id < c.graph.operations.size(); ++id)
                if (c.graph.operations[id].output == update.inputs[0]) return results[id];
    throw std::logic_error("no update of " + weight);
}

// A random model may amplify roundings: it is held to its gradients as a whole.
enum class Close : std::uint8_t { everywhere, as_a_whole };

void expect_gradients_of_tape(const TransformerDescription& d, PhaseConfig phase, AcceleratorConfig machine,
                              Close close = Close::everywhere) {
    phase.optimizer = "sgd";
    const Case c = gentle_case(d, phase, machine);
    const auto wanted = tape_model(d, phase, c).gradients();
    const auto results = results_of(c);
    std::size_t trained = 0;
    double all = 0;  // gradients that cancel out keep the roundings of what they are made of
    for (const auto& [name, gradient] : wanted)
        if (!is_input(name)) all = std::max(all, largest(gradient.values));
    EXPECT_GT(all, 0);
    for (const Tensor& t : c.graph.tensors) {
        if (t.role != TensorRole::weight || !t.precise) continue;
        const auto gradient = wanted.find(t.name);
        if (gradient == wanted.end()) continue;  // no part of the model
        ++trained;
        const std::vector<float>& found = gradient_of(c, t.name, results);
        const std::vector<double>& exact = gradient->second.values;
        ASSERT_EQ(found.size(), exact.size()) << t.name;
        if (close == Close::everywhere) {
            const double most = largest(exact);
            for (std::size_t i = 0; i < found.size(); ++i)
                ASSERT_NEAR(found[i], exact[i], 3e-4 * most + 3e-6 * all)
                    << t.name << ' ' << i << " of " << found.size();
        }
        double error = 0, size = 0;
        for (std::size_t i = 0; i < found.size(); ++i) {
            error += std::pow(found[i] - exact[i], 2);
            size += exact[i] * exact[i];
        }
        const auto count = static_cast<double>(found.size());
        ASSERT_LE(std::sqrt(error), 1e-2 * std::sqrt(size) + 3e-5 * all * std::sqrt(count)) << t.name;
    }
    EXPECT_GT(trained, 3U);
}

// The evaluation in double precision, beside which a run is held.
TEST(Evaluation, HasTheGradientsOfTheTape) {
    for (const std::string& name : training_model_names())
        for (PhaseConfig phase :
             {training_phase(PhaseKind::train), lora_phase({"all"}, false), lora_phase({"all"}, true)}) {
            phase.optimizer = "sgd";
            const Case c = gentle_case(training_model(name), phase, machine_of("fp32"));
            std::vector<std::vector<float>> results;
            evaluate(c.graph, c.inputs.sources, c.inputs.tokens, 1,
                     [&](OperationId, std::span<const double> y) {
                         results.emplace_back(y.begin(), y.end());
                         return true;
                     });
            for (const auto& [weight, gradient] : tape_model(training_model(name), phase, c).gradients()) {
                if (c.graph.tensors[tensor_of(c.graph, weight)].precise == false) continue;
                const auto& found = gradient_of(c, weight, results);
                for (std::size_t i = 0; i < found.size(); ++i)
                    ASSERT_NEAR(found[i], gradient.values[i], 1e-6 * (largest(gradient.values) + 1e-3))
                        << name << ' ' << weight;
            }
        }
}

// All gradients together, before and after they are clipped.
std::pair<double, double> lengths_of_gradients(double limit) {
    PhaseConfig phase = training_phase(PhaseKind::train);
    phase.optimizer = "sgd";
    phase.clip_norm = limit;
    const Case c = gentle_case(training_model("encoder"), phase, machine_of("fp32"));
    const auto results = results_of(c);
    double before = 0, after = 0;
    for (OperationId id = 0; id < c.graph.operations.size(); ++id) {
        const Operation& o = c.graph.operations[id];
        if (o.kind != OperationKind::rescale) continue;
        for (const float x : results[id]) after += double{x} * double{x};
        for (OperationId from = 0; from < id; ++from)
            if (c.graph.operations[from].output == o.inputs[0])
                for (const float x : results[from]) before += double{x} * double{x};
    }
    return {std::sqrt(before), std::sqrt(after)};
}

TEST(Clipping, LeavesGradientsAloneThatTogetherAreShorterThanTheLimit) {
    const auto [whole, same] = lengths_of_gradients(1000);
    EXPECT_GT(whole, 0.2);
    EXPECT_EQ(whole, same);
}

TEST(Clipping, MakesGradientsTogetherAsLongAsTheLimit) {
    const auto [whole, clipped] = lengths_of_gradients(0.0625);
    EXPECT_GT(whole, 0.2);
    EXPECT_NEAR(clipped, 0.0625, 1e-6);
}

class Gradient : public testing::TestWithParam<std::string> {};

TEST_P(Gradient, OfTheTapeIsThatOfFiniteDifferences) {
    const TransformerDescription d = training_model(GetParam());
    for (const PhaseConfig& phase : {training_phase(PhaseKind::train), lora_phase({"all"}, false)}) {
        TapeModel model = tape_model(d, phase, gentle_case(d, phase, machine_of("fp32")));
        const auto gradients = model.gradients();
        std::mt19937 random(1);
        for (const auto& [name, gradient] : gradients) {
            if (is_input(name)) continue;
            for (int i = 0; i < 2; ++i) {
                const std::size_t at = random() % gradient.values.size();
                double& x = model.tensors.at(name).values[at];
                const double was = x, step = 1e-5;
                x = was + step;
                const double more = model.loss();
                x = was - step;
                const double less = model.loss();
                x = was;
                ASSERT_NEAR((more - less) / (2 * step), gradient.values[at],
                            1e-5 * (1 + largest(gradient.values)))
                    << name << ' ' << at;
            }
        }
    }
}

TEST_P(Gradient, OfFullTrainingIsThatOfTheTape) {
    expect_gradients_of_tape(training_model(GetParam()), training_phase(PhaseKind::train),
                             machine_of("fp32"));
}

TEST_P(Gradient, OfAdaptersBesideQueryAndValueIsThatOfTheTape) {
    expect_gradients_of_tape(training_model(GetParam()), lora_phase({"query", "value"}, false),
                             machine_of("fp32"));
}

TEST_P(Gradient, OfAdaptersBesideAllWeightsIsThatOfTheTape) {
    expect_gradients_of_tape(training_model(GetParam()), lora_phase({"all"}, false), machine_of("fp32"));
}

TEST_P(Gradient, OfAdaptersInTheWeightsIsThatOfTheTape) {
    expect_gradients_of_tape(training_model(GetParam()), lora_phase({"all"}, true), machine_of("fp32"));
}

INSTANTIATE_TEST_SUITE_P(Values, Gradient, testing::ValuesIn(training_model_names()),
                         [](const auto& c) { return c.param; });

class RandomGradient : public testing::TestWithParam<int> {};

TEST_P(RandomGradient, OfARandomModelOnARandomMachineIsThatOfTheTape) {
    const unsigned seed = training_seed() + static_cast<unsigned>(GetParam());
    SCOPED_TRACE(fmt::format("OCTET_SEED={}", seed - static_cast<unsigned>(GetParam())));
    std::mt19937 random(seed);
    const auto [d, phase] = random_training(random);
    AcceleratorConfig machine = machine_of("fp32");
    vary_machine(machine, random);
    expect_gradients_of_tape(d, phase, machine, Close::as_a_whole);
}
INSTANTIATE_TEST_SUITE_P(Values, RandomGradient, testing::Range(0, 12));

}  // namespace
}  // namespace octet::test
