// The yardstick of docs/performance.md: an array as one would first write it in SystemC, a module for each PE
// with a method that runs in each clock and signals between neighbours; and nothing else, no memories, no
// controller. items_per_second: clocks. The kernel is elaborated once, so the side of the array is taken from
// OCTET_SIDE (16).
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <memory>
#include <string>
#include <systemc>
#include <vector>

namespace octet {
namespace {

using Wire = sc_core::sc_signal<float>;

class Pe : public sc_core::sc_module {
  public:
    SC_HAS_PROCESS(Pe);
    sc_core::sc_in<bool> clock;
    sc_core::sc_in<float> left, above;
    sc_core::sc_out<float> right, below;

    Pe(const sc_core::sc_module_name& name, float weight) : sc_module(name), weight_(weight) {
        SC_METHOD(step);
        sensitive << clock.pos();
        dont_initialize();
    }

  private:
    void step() {
        right.write(left.read());
        below.write(above.read() + left.read() * weight_);
    }
    float weight_;
};

// Inputs on the left that change in each clock, as those of a busy array do.
class Edge : public sc_core::sc_module {
  public:
    SC_HAS_PROCESS(Edge);
    sc_core::sc_in<bool> clock;
    std::vector<Wire*> wires;

    explicit Edge(const sc_core::sc_module_name& name) : sc_module(name) {
        SC_METHOD(step);
        sensitive << clock.pos();
        dont_initialize();
    }

  private:
    void step() {
        for (Wire* wire : wires) wire->write(value_ = value_ < 64 ? value_ + 1 : 1);
    }
    float value_ = 0;
};

class Grid {
  public:
    explicit Grid(std::size_t side) : clock_("clock", sc_core::sc_time(1, sc_core::SC_NS)), edge_("edge") {
        edge_.clock(clock_);
        const auto at = [&](std::size_t row, std::size_t col) { return row * (side + 1) + col; };
        for (std::size_t i = 0; i < (side + 1) * (side + 1); ++i) {
            across_.push_back(std::make_unique<Wire>());
            down_.push_back(std::make_unique<Wire>());
        }
        for (std::size_t row = 0; row < side; ++row) {
            edge_.wires.push_back(across_[at(row, 0)].get());
            for (std::size_t col = 0; col < side; ++col) {
                const std::string name = "pe_" + std::to_string(row) + "_" + std::to_string(col);
                Pe& pe =
                    *pes_.emplace_back(std::make_unique<Pe>(name.c_str(), static_cast<float>(row + col)));
                pe.clock(clock_);
                pe.left(*across_[at(row, col)]);
                pe.right(*across_[at(row, col + 1)]);
                pe.above(*down_[at(row, col)]);
                pe.below(*down_[at(row + 1, col)]);
            }
        }
    }

  private:
    sc_core::sc_clock clock_;
    Edge edge_;
    std::vector<std::unique_ptr<Wire>> across_, down_;
    std::vector<std::unique_ptr<Pe>> pes_;
};

void module_per_pe(benchmark::State& state) {
    constexpr int clocks = 1000;
    for (auto _ : state) sc_core::sc_start(clocks, sc_core::SC_NS);
    state.SetItemsProcessed(state.iterations() * clocks);
}

BENCHMARK(module_per_pe);

}  // namespace
}  // namespace octet

int main(int argc, char** argv) {
    const char* side = std::getenv("OCTET_SIDE");
    const octet::Grid grid(side != nullptr ? std::strtoul(side, nullptr, 10) : 16);
    benchmark::Initialize(&argc, argv);
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}

// libsystemc asks for this symbol.
int sc_main(int, char**) {
    return 0;
}
