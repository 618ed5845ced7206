#include "sim/report/dram.h"

#include <fmt/format.h>

#include "sim/report/numbers.h"

namespace octet {

std::string summary(const DramRun& run) {
    const DramStreamResult& stream = run.stream;
    const DramCounts& counts = stream.counts;
    const DramPart part(run.part);
    std::string out;
    const auto line = [&](std::string_view label, const std::string& text) {
        out += fmt::format("{:<12} {}\n", label, text);
    };
    const double bus = static_cast<double>(part.channels) * part.burst_bytes / (part.burst * run.part.tck_ns);
    out += fmt::format("{}: {} x {} bits, {} banks{}, {}\n", run.part.standard, part.channels,
                       run.part.device_width, part.banks_in_all(),
                       part.ranks > 1 ? fmt::format(" in {} ranks", part.ranks) : "", run.part.mapping);
    line("time", fmt::format("{} cycles of {} ns   {} us", grouped(stream.clocks), run.part.tck_ns,
                             short_number(run.seconds() * 1e6)));
    line("bandwidth",
         fmt::format("{} GB/s   of {} at best", short_number(run.bandwidth_gbps()), short_number(bus)));
    line("requests",
         fmt::format("{} reads, {} writes   of 64 bytes", grouped(stream.reads), grouped(stream.writes)));
    line("bursts", fmt::format("{} read, {} written, {} forwarded, {} merged   of {} bytes",
                               grouped(counts.reads), grouped(counts.writes), grouped(counts.forwarded),
                               grouped(counts.merged), part.burst_bytes));
    line("rows",
         fmt::format("{} hits, {} misses, {} conflicts; {} activates, {} refreshes", grouped(counts.row_hits),
                     grouped(counts.row_misses), grouped(counts.row_conflicts), grouped(counts.activates),
                     grouped(counts.refreshes)));
    if (stream.latency.total() > 0)
        line("latency", fmt::format("mean {}, median {}, 95 % {}, 99 % {}, at most {} cycles   of reads",
                                    short_number(stream.latency.mean()), stream.latency.quantile(0.5),
                                    stream.latency.quantile(0.95), stream.latency.quantile(0.99),
                                    stream.latency.quantile(1)));
    line("energy", run.energy_pj ? fmt::format("{} uJ", short_number(*run.energy_pj * 1e-6))
                                 : "no price for this part");
    return out;
}

}  // namespace octet
