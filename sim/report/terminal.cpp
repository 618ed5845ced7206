#include "sim/report/terminal.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <numeric>

#include "sim/report/consumers.h"
#include "sim/report/numbers.h"

namespace octet {
namespace {

using Json = nlohmann::ordered_json;

std::string mib(std::uint64_t bytes) {
    return short_number(static_cast<double>(bytes) / (1 << 20)) + " MiB";
}

// A text as it is, a number without a needless ".0".
std::string plain(const Json& value) {
    if (value.is_string()) return value.get<std::string>();
    return value.is_number_float() ? fmt::format("{}", value.get<double>()) : value.dump();
}

// The value at a JSON pointer; empty if it is not there.
std::string text_at(const Json& json, std::string_view pointer) {
    const Json::json_pointer place{std::string(pointer)};
    if (!json.is_object() || !json.contains(place)) return {};
    return plain(json.at(place));
}

std::string title(const Result& result) {
    return fmt::format("{} on {}: {} x {} array, {}, {} MHz", title_of_work(result.workload, result.phase),
                       text_at(result.accelerator, "/name"), text_at(result.accelerator, "/array/rows"),
                       text_at(result.accelerator, "/array/cols"), text_at(result.accelerator, "/pe/preset"),
                       text_at(result.accelerator, "/clock_mhz"));
}

// "525.5 MiB   activations 392.0, optimizer states 63.0, trained weights 31.5, ...": the four largest
// classes.
std::string memory(const Footprint& footprint) {
    std::vector<std::size_t> order(memory_class_count);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, std::greater(), [&](std::size_t i) { return footprint.bytes[i]; });
    std::string list;
    for (const std::size_t i : order) {
        if (footprint.bytes[i] == 0 || i == order[4]) break;
        std::string what(name(static_cast<MemoryClass>(i)));
        std::ranges::replace(what, '_', ' ');
        list += fmt::format("{}{} {}", list.empty() ? "" : ", ", what,
                            short_number(static_cast<double>(footprint.bytes[i]) / (1 << 20)));
    }
    return fmt::format("{}   {}", mib(footprint.total()), list);
}

// "array 41 %, dram 22 %, sram 15 %": the three largest.
std::string largest_components(const Shares& shares) {
    std::vector<std::size_t> order(component_count);
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::ranges::stable_sort(order, std::greater{}, [&](std::size_t i) { return shares.components[i]; });
    std::string text;
    for (std::size_t rank = 0; rank < 3 && shares.components[order[rank]] > 0; ++rank)
        text += fmt::format("{}{} {:.0f} %", rank == 0 ? "" : ", ", name(static_cast<Component>(order[rank])),
                            percent(shares.components[order[rank]], shares.total));
    return text;
}

// "SQNR 31.2 dB, largest error 0.4; 12 saturated, 340 underflowed, no NaR"
std::string error(const NumericsResult& n) {
    const auto count = [](std::uint64_t values, std::string_view what) {
        return values == 0 ? fmt::format("none {}", what) : fmt::format("{} {}", grouped(values), what);
    };
    return fmt::format("SQNR {}, largest {}   against double precision; values {}, {}, {}",
                       n.sqnr_db ? fmt::format("{:.2f} dB", *n.sqnr_db) : "not finite",
                       n.max_abs_error ? short_number(*n.max_abs_error) : "not finite",
                       count(n.saturated, "saturated"), count(n.underflowed, "underflowed"),
                       count(n.nar, "NaR"));
}

// "perplexity 2.49250, 2.48591 in double precision (+0.265 %); accuracy 0.7241, 0.7246"
std::string scores(const Scores& machine, const Scores& reference) {
    const auto text = [](const std::optional<double>& value, int decimals) {
        return value ? fmt::format("{:.{}f}", *value, decimals) : std::string("not finite");
    };
    std::string moved;
    if (machine.perplexity && reference.perplexity)
        moved = fmt::format(" ({:+.3f} %)", 100 * (*machine.perplexity / *reference.perplexity - 1));
    return fmt::format("perplexity {}, {} in double precision{}; accuracy {}, {}",
                       text(machine.perplexity, 5), text(reference.perplexity, 5), moved,
                       text(machine.accuracy, 4), text(reference.accuracy, 4));
}

// Of a phase that makes text: "2.28 a second, 157.3 mJ each; 1.9 operations a DRAM byte, 16 would keep the
// array busy"
std::string tokens(const Result& result) {
    const std::string kind = text_at(result.phase, "/kind");
    if ((kind != "decode" && kind != "prefill") || !result.tokens_per_second || !result.joules_per_token)
        return {};
    std::string text = fmt::format("{} a second, {} mJ each", short_number(*result.tokens_per_second),
                                   short_number(*result.joules_per_token * 1e3));
    if (result.roofline.intensity)
        text += fmt::format("; {} operations a DRAM byte, {} would keep the array busy",
                            short_number(*result.roofline.intensity), short_number(result.ridge));
    return text;
}

double weakly_known(const Shares& shares) {
    return percent(shares[Confidence::fitted] + shares[Confidence::assumed], shares.total);
}

// "9.5 to 13 uJ (50 % published, 25 % scaled, 25 % assumed)"
std::string range(const Shares& shares, std::string_view unit) {
    std::string known;
    for (std::size_t i = 0; i < confidence_count; ++i)
        if (shares.confidence[i] > 0)
            known +=
                fmt::format("{}{:.0f} % {}", known.empty() ? "" : ", ",
                            percent(shares.confidence[i], shares.total), name(static_cast<Confidence>(i)));
    return fmt::format("{} to {} {} ({})", short_number(shares.low * 1e-6), short_number(shares.high * 1e-6),
                       unit, known);
}

// "array 5.3 % waiting_for_weights, vector 61.0 % array_result": units that stall, by their largest cause.
std::string waits(const Result& result) {
    std::string text;
    for (std::size_t u = 0; u < unit_count; ++u) {
        if (static_cast<Unit>(u) == Unit::controller)
            continue;  // it waits for full queues most of the time, by design
        const StallCounts& stalls = result.machine.units[u].stalls;
        const auto most = std::ranges::max_element(stalls);
        const double part = percent(static_cast<double>(*most), static_cast<double>(result.machine.total));
        if (part < 0.5) continue;
        text += fmt::format("{}{} {:.1f} % {}", text.empty() ? "" : ", ", name(static_cast<Unit>(u)), part,
                            name(static_cast<StallCause>(most - stalls.begin())));
    }
    return text.empty() ? "no unit" : text;
}

}  // namespace

std::string title_of_work(const Json& workload, const Json& phase) {
    std::string line = text_at(workload, "/name");
    if (!phase.is_object()) return line;
    std::string text;
    for (const auto& [key, value] : phase.items()) {
        if (!value.is_primitive() || value == false || value == 0) continue;  // what is not asked for
        const std::string word = plain(value);
        text += (text.empty() ? "" : ", ") + (key == "kind" ? word : fmt::format("{} {}", key, word));
    }
    return text.empty() ? line : fmt::format("{} ({})", line, text);
}

std::string summary(const Result& result, bool colour) {
    std::string out = (colour ? "\033[1m" : "") + title(result) + (colour ? "\033[0m" : "") + "\n";
    const auto line = [&](std::string_view label, const std::string& text) {
        out += fmt::format("{:<12} {}\n", label, text);
    };
    const MachineReport& machine = result.machine;
    line("latency", fmt::format("{} ms   {} cycles; at best {}{}", short_number(result.seconds * 1e3),
                                grouped(machine.total), grouped(result.ideal),
                                result.bound_by.empty() ? "" : ", bound by " + result.bound_by));
    line("utilization", fmt::format("{:.1f} %   {} MACs", 100 * result.utilization, grouped(result.macs)));
    line("energy", fmt::format("{} uJ   dynamic {} uJ, static {} uJ (leakage, control, DRAM standby)",
                               short_number(result.energy.total * 1e-6),
                               short_number((result.energy.total - result.static_energy) * 1e-6),
                               short_number(result.static_energy * 1e-6)));
    line("", largest_components(result.energy));
    line("area",
         fmt::format("{} mm2   {}", short_number(result.area.total * 1e-6), largest_components(result.area)));
    line("efficiency",
         fmt::format("{} TOPS/W", result.tops_per_watt ? short_number(*result.tops_per_watt) : "no"));
    if (const std::string made = tokens(result); !made.empty()) line("tokens", made);
    if (result.numerics) line("error", error(*result.numerics));
    if (result.scores && result.reference) line("accuracy", scores(*result.scores, *result.reference));
    line("DRAM traffic",
         fmt::format("{}   read {}, written {}", mib(machine.dram_read_bytes + machine.dram_write_bytes),
                     mib(machine.dram_read_bytes), mib(machine.dram_write_bytes)));
    if (machine.host_read_bytes + machine.host_write_bytes > 0)
        line("host traffic",
             fmt::format("{}   read {}, written {}", mib(machine.host_read_bytes + machine.host_write_bytes),
                         mib(machine.host_read_bytes), mib(machine.host_write_bytes)));
    if (result.memory) line("memory", memory(*result.memory));
    std::string_view label = "time goes to";
    for (const Consumer& consumer : largest_consumers(result, 3)) {
        line(label,
             fmt::format("{:.1f} %   {}: {}", percent(consumer.cycles, static_cast<double>(machine.total)),
                         consumer.name, consumer.bottleneck));
        label = "";
    }
    line("stalled", waits(result));
    line("prices",
         fmt::format("{:.0f} % of the energy and {:.0f} % of the area rest on fitted or assumed prices",
                     weakly_known(result.energy), weakly_known(result.area)));
    line("", fmt::format("by their uncertainties: energy {}, area {}", range(result.energy, "uJ"),
                         range(result.area, "mm2")));
    return out;
}

bool wants_colour() {
    const char* term = std::getenv("TERM");
    return isatty(STDOUT_FILENO) != 0 && std::getenv("NO_COLOR") == nullptr && term != nullptr &&
           std::string_view(term) != "dumb";
}

}  // namespace octet
