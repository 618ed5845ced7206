#include "sim/run/dram_run.h"

#include "sim/cost/machine.h"
#include "sim/run/result.h"

namespace octet {

double DramRun::bandwidth_gbps() const {
    const double bytes = static_cast<double>(stream.reads + stream.writes) * DramRequest::bytes;
    return stream.clocks == 0 ? 0 : bytes / (static_cast<double>(stream.clocks) * part.tck_ns);
}

double dram_energy(const CostTable& costs, const DramDeviceConfig& part, const DramStreamResult& stream) {
    AcceleratorConfig machine;
    machine.dram = part;
    const auto of = [&](Action action, std::uint64_t count) {
        const Price price = look_up(costs, energy_query(machine, action), Quantity::energy);
        return static_cast<double>(count) * price.value;
    };
    const auto standby = [&](RankState state, double clocks) {  // 1 uW is 1e-3 pJ a nanosecond
        const Price price = look_up(costs, standby_query(machine, state), Quantity::leakage);
        return clocks * part.tck_ns * 1e-3 * price.value;
    };
    const DramCounts& counts = stream.counts;
    const std::uint64_t bits = DramPart(part).burst_bytes * std::uint64_t{8};
    const double active = static_cast<double>(counts.active);
    const double ranks = static_cast<double>(dram_ranks(machine)) * static_cast<double>(stream.clocks);
    return of(Action::dram_read_bits, counts.reads * bits) +
           of(Action::dram_write_bits, counts.writes * bits) + of(Action::dram_activate, counts.activates) +
           of(Action::dram_refresh, counts.refreshes) + standby(RankState::active, active) +
           standby(RankState::precharged, ranks - active);
}

nlohmann::ordered_json to_json(const DramRun& run) {
    const DramStreamResult& stream = run.stream;
    nlohmann::ordered_json json;
    json["schema"] = 1;
    json["octet"] = OCTET_VERSION;
    json["cycles"] = stream.clocks;
    json["tck_ns"] = run.part.tck_ns;
    json["seconds"] = run.seconds();
    json["bandwidth_gbps"] = run.bandwidth_gbps();
    json["reads"] = stream.reads;
    json["writes"] = stream.writes;
    json["row_hits"] = stream.counts.row_hits;
    json["row_misses"] = stream.counts.row_misses;
    json["row_conflicts"] = stream.counts.row_conflicts;
    json["activates"] = stream.counts.activates;
    json["refreshes"] = stream.counts.refreshes;
    auto& latency = json["latency"];
    if (stream.latency.total() == 0) {
        for (const char* key : {"mean", "p50", "p95", "p99", "max"}) latency[key] = nullptr;
    } else {
        latency["mean"] = stream.latency.mean();
        latency["p50"] = stream.latency.quantile(0.5);
        latency["p95"] = stream.latency.quantile(0.95);
        latency["p99"] = stream.latency.quantile(0.99);
        latency["max"] = stream.latency.quantile(1);
    }
    json["energy_pj"] =
        run.energy_pj ? nlohmann::ordered_json(*run.energy_pj) : nlohmann::ordered_json(nullptr);
    return json;
}

}  // namespace octet
