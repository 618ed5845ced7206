#include "tests/values/small_runs.h"

#include <random>

#include "models/accelerator/run.h"
#include "models/formats/registry.h"
#include "sim/config/accelerator_keys.h"
#include "sim/lower/program.h"
#include "sim/run/value_run.h"

namespace octet::test {

AcceleratorConfig machine_of(std::string_view preset) {
    AcceleratorConfig config;
    take_preset(config, *find_preset(preset));
    config.dram = IdealDramConfig{};
    return config;
}

std::vector<double> normal(std::size_t count, unsigned seed, double deviation) {
    std::mt19937 random(seed);
    std::normal_distribution<double> number(0, deviation);
    std::vector<double> values(count);
    for (double& x : values) x = number(random);
    return values;
}

Entered entered(const Graph& graph, const AcceleratorConfig& machine, const SourceTensors& sources,
                std::uint64_t seed, Fidelity fidelity, const CalibrationConfig& calibration) {
    class Unencoded final : public ValueObserver {
      public:
        explicit Unencoded(const Graph& graph) : graph_(graph) {
            for (const Operation& op : graph.operations) values.emplace_back(op.elements());
        }
        void produced(OperationId, const ResultPart&, std::size_t, std::size_t,
                      std::span<const float>) override {}
        void unencoded(OperationId id, const ResultPart& part, std::size_t rows, std::size_t columns,
                       std::span<const float> v) override {
            const ResultPlace place = place_of(graph_, id, part);
            for (std::size_t r = 0; r < rows; ++r)
                std::copy_n(&v[r * columns], columns, &values[id].at(place.first + r * place.stride));
        }
        std::vector<std::vector<float>> values;

      private:
        const Graph& graph_;
    } seen(graph);
    ValueRun values(machine, seed, graph, Sources{sources, {}, {}, {}, {}}, calibration);
    values.also(seen);
    Program program(graph, machine, seed, values.scales(), {});
    MachineValues& memory = values.begin(program);
    run_machine(machine, program, &memory, fidelity);
    return {seen.values, values.scales(), memory.counts};
}

}  // namespace octet::test
