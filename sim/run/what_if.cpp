#include "sim/run/what_if.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <thread>

#include "sim/run/workers.h"

namespace octet {
namespace {

using Json = nlohmann::json;

class Changes {
  public:
    std::vector<Change> list;

    template <class T>
    void twice(const char* key, T value) {
        list.push_back({key, fmt::format("{}", value), fmt::format("{}", 2 * value)});
    }
    void depth(const char* key, std::uint64_t value) {
        if (value != unlimited_depth) twice(key, value);
    }
    // Down to `least`.
    void half(const char* key, int value, int least) {
        if (value > least) list.push_back({key, fmt::format("{}", value), fmt::format("{}", value / 2)});
    }
};

std::string figures_of(const Result& result) {
    return Json{result.machine.total, result.seconds, result.energy.total, result.area.total}.dump();
}

RunFigures figures_of(const std::string& text) {
    const Json json = Json::parse(text);
    return {json.at(0).get<Cycle>(), json.at(1).get<double>(), json.at(2).get<double>(),
            json.at(3).get<double>()};
}

}  // namespace

std::vector<Change> changes_of(const AcceleratorConfig& machine) {
    Changes c;
    c.twice("array.rows", machine.array.rows);
    c.twice("array.cols", machine.array.cols);
    c.half("array.pe_latency", machine.array.pe_latency, 1);
    c.depth("buffers.input.depth", machine.buffers.input_depth);
    c.depth("buffers.weight.depth", machine.buffers.weight_depth);
    c.depth("buffers.accumulation.depth", machine.buffers.accumulation_depth);
    c.twice("vector.lanes", machine.vector.lanes);
    c.half("vector.initiation_interval", machine.vector.initiation_interval, 1);
    c.half("vector.latency", machine.vector.latency, 1);
    c.half("vector.port_beats", machine.vector.port_beats, 1);
    c.twice("vector.writeback_fifo", machine.vector.writeback_fifo);
    if (machine.vector.drain_depth > 0) c.twice("vector.drain_depth", machine.vector.drain_depth);
    c.twice("sram.capacity_kib", machine.sram.capacity_kib);
    c.twice("sram.banks", machine.sram.banks);
    c.twice("sram.ports", machine.sram.ports);
    c.twice("sram.width_bits", machine.sram.width_bits);
    c.half("sram.latency", machine.sram.latency, 1);
    c.twice("dma.burst_bytes", machine.dma.burst_bytes);
    c.twice("dma.outstanding", machine.dma.outstanding);
    if (const auto* ideal = std::get_if<IdealDramConfig>(&machine.dram)) {
        c.twice("dram.bytes_per_cycle", ideal->bytes_per_cycle);
        c.half("dram.latency", ideal->latency, 0);
    } else {
        const auto& device = std::get<DramDeviceConfig>(machine.dram);
        c.twice("dram.channels", device.channels);
        c.list.push_back(
            {"dram.tck_ns", fmt::format("{}", device.tck_ns), fmt::format("{}", device.tck_ns / 2)});
    }
    return c.list;
}

WhatIfs what_if(const AcceleratorConfig& machine,
                const std::function<Result(const std::vector<Setting>&)>& run) {
    const std::vector<Change> changes = changes_of(machine);
    const auto work = [&](std::size_t index) {
        std::vector<Setting> settings;
        if (index > 0) {
            const Change& change = changes[index - 1];
            settings.push_back(
                {change.key, change.to, fmt::format("--what-if {}={}", change.key, change.to)});
        }
        return figures_of(run(settings));
    };
    const auto results =
        in_workers(changes.size() + 1, std::max(1U, std::thread::hardware_concurrency()), work);
    if (!results[0].done) throw std::runtime_error(results[0].text);
    WhatIfs all{figures_of(results[0].text), {}};
    for (std::size_t i = 0; i < changes.size(); ++i) {
        WhatIf entry{changes[i], std::nullopt, {}, 0};
        if (results[i + 1].done) {
            entry.figures = figures_of(results[i + 1].text);
            entry.speedup = all.base.seconds / entry.figures->seconds;
        } else {
            entry.error = results[i + 1].text;
        }
        all.changes.push_back(std::move(entry));
    }
    std::ranges::stable_sort(all.changes, std::greater{}, &WhatIf::speedup);
    return all;
}

}  // namespace octet
