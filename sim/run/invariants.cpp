// What must hold in every result: see docs/result.md, which lists these in the same order.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>

#include "sim/run/result.h"

namespace octet {
namespace {

constexpr double tolerance = 1e-9;  // relative, for sums of floating-point numbers

class Checker {
  public:
    explicit Checker(const Result& result) : result_(result) {}

    void run() {
        unit_times();
        shares("energy", result_.energy);
        shares("area", result_.area);
        operation_energies();
        lines();
        stalls();
        bytes();
        times();
        macs();
        roofline();
    }
    const std::vector<std::string>& broken() const { return broken_; }

  private:
    void expect(bool holds, std::string message) {
        if (!holds) broken_.push_back(std::move(message));
    }
    void expect_sum(std::string_view what, double sum, double total) {
        const double allowed = tolerance * std::max({1.0, std::abs(sum), std::abs(total)});
        expect(std::abs(sum - total) <= allowed,
               fmt::format("{}: parts add up to {}, not to {}", what, sum, total));
    }
    template <class Count>
    void expect_equal(std::string_view what, Count a, Count b) {
        expect(a == b, fmt::format("{}: {} is not {}", what, a, b));
    }

    void unit_times() {
        for (std::size_t u = 0; u < unit_count; ++u) {
            const UnitTimes& times = result_.machine.units[u];
            const std::uint64_t total = result_.machine.total;
            expect(times.busy <= total && times.stall() <= total - times.busy,
                   fmt::format("unit {}: busy {} + stall {} is more than the run's {} cycles",
                               name(static_cast<Unit>(u)), times.busy, times.stall(), total));
        }
    }

    void shares(std::string_view what, const Shares& shares) {
        const auto sum = [](const auto& parts) { return std::accumulate(parts.begin(), parts.end(), 0.0); };
        expect_sum(fmt::format("components of {}", what), sum(shares.components), shares.total);
        expect_sum(fmt::format("confidence of {}", what), sum(shares.confidence), shares.total);
    }

    void operation_energies() {
        if (result_.operations.empty()) return;
        Shares sum;
        for (const OperationResult& operation : result_.operations) sum += operation.energy;
        expect_sum("energy of operations", sum.total, result_.energy.total);
        for (std::size_t i = 0; i < component_count; ++i)
            expect_sum(fmt::format("energy of operations, {}", name(static_cast<Component>(i))),
                       sum.components[i], result_.energy.components[i]);
    }

    // What `octet cost where` prints.
    void lines() {
        const Shares sum = sum_of(result_.energy_lines);
        for (std::size_t i = 0; i < component_count; ++i)
            expect_sum(fmt::format("counts x prices, {}", name(static_cast<Component>(i))), sum.components[i],
                       result_.energy.components[i]);
        double area = 0;
        for (const AreaLine& line : result_.area_lines) area += static_cast<double>(line.count) * line.area;
        expect_sum("instances x prices of area", area, result_.area.total);
    }

    void stalls() {
        for (std::size_t i = 0; i < stall_cause_count; ++i) {
            std::uint64_t of_units = 0, of_operations = 0;
            for (const UnitTimes& times : result_.machine.units) of_units += times.stalls[i];
            for (const OperationResult& operation : result_.operations) of_operations += operation.stalls[i];
            expect_equal(
                fmt::format("stalls of operations and of units, {}", name(static_cast<StallCause>(i))),
                of_operations, of_units);
        }
    }

    void bytes() {
        const MachineReport& machine = result_.machine;
        expect_equal("bytes read by the DMA and from DRAM and host", machine.dma_read_bytes,
                     machine.dram_read_bytes + machine.host_read_bytes);
        expect_equal("bytes written by the DMA and to DRAM and host", machine.dma_write_bytes,
                     machine.dram_write_bytes + machine.host_write_bytes);
        Activity all;
        for (const OperationReport& operation : machine.operations) all += operation.activity;
        expect_equal("counted DMA bytes and moved ones", all[Action::dma_bytes],
                     machine.dma_read_bytes + machine.dma_write_bytes);
        expect_equal("counted DRAM bits read and 8 x bytes", all[Action::dram_read_bits],
                     8 * machine.dram_read_bytes);
        expect_equal("counted host bits and 8 x bytes",
                     all[Action::host_read_bits] + all[Action::host_write_bits],
                     8 * (machine.host_read_bytes + machine.host_write_bytes));
        expect_equal("counted DRAM bits written and 8 x bytes", all[Action::dram_write_bits],
                     8 * machine.dram_write_bytes);
    }

    void times() {
        const Cycle total = result_.machine.total;
        for (const OperationResult& operation : result_.operations)
            expect(operation.start <= operation.end && operation.end <= total,
                   fmt::format("operation {}: [{}, {}) is not within the run's {} cycles", operation.name,
                               operation.start, operation.end, total));
    }

    void macs() {
        for (std::size_t i = 0; i < std::min(result_.operations.size(), result_.machine.operations.size());
             ++i) {
            const OperationReport& seen = result_.machine.operations[i];
            if (!seen.used_array) continue;
            const auto counted = [&](const MacActions& part) {
                return seen.activity[part.action] + seen.activity[part.zero_operand];
            };
            const std::uint64_t quantized = seen.activity[Action::mac_quantized];
            const bool fixed_point = counted(mac_actions(true).front()) != 0;
            for (const MacActions& part : mac_actions(fixed_point))
                expect_equal(fmt::format("operation {}: counted MACs and those of the workload",
                                         result_.operations[i].name),
                             counted(part) + quantized, result_.operations[i].macs);
        }
    }

    void roofline() {
        expect(result_.ideal <= result_.machine.total,
               fmt::format("the run took {} cycles, fewer than the {} that {} needs", result_.machine.total,
                           result_.ideal, result_.bound_by));
    }

    const Result& result_;
    std::vector<std::string> broken_;
};

}  // namespace

void check_invariants(const Result& result) {
    Checker checker(result);
    checker.run();
    if (checker.broken().empty()) return;
    throw std::logic_error(
        fmt::format("the result contradicts itself (a fault of the simulator, please report it):\n  {}",
                    fmt::join(checker.broken(), "\n  ")));
}

}  // namespace octet
