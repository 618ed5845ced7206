// The keys of `kind: dram`, and of the ideal memory an accelerator may name instead.
#pragma once
#include <optional>
#include <string>

#include "models/memory/config.h"
#include "sim/config/describe.h"

namespace octet {

// `kind` of the mapping under an accelerator's `dram`, in the order of DramConfig's alternatives.
inline constexpr auto dram_kinds = std::to_array<std::string_view>({"ideal", "dram"});

struct DramTiming {
    std::string_view name;
    bool required;
    std::string_view otherwise;  // the timing whose value it takes when it is not given
    std::string_view doc;
};

inline constexpr auto dram_timings = std::to_array<DramTiming>({
    {"RL", true, "", "read latency"},
    {"WL", true, "", "write latency"},
    {"tRCD", false, "", "activate to read or write"},
    {"tRCDRD", false, "tRCD", "activate to read"},
    {"tRCDWR", false, "tRCD", "activate to write"},
    {"tRP", true, "", "precharge of one bank"},
    {"tRPab", false, "tRP", "precharge of all banks"},
    {"tRAS", true, "", "activate to precharge"},
    {"tRC", true, "", "activate to activate, same bank"},
    {"tRRD_S", true, "", "activate to activate, other bank group"},
    {"tRRD_L", false, "tRRD_S", "activate to activate, same bank group"},
    {"tFAW", true, "", "window of four activates"},
    {"tWR", true, "", "last write beat to precharge"},
    {"tRTP", true, "", "read to precharge"},
    {"tWTR_S", true, "", "last write beat to read, other bank group"},
    {"tWTR_L", false, "tWTR_S", "last write beat to read, same bank group"},
    {"tCCD_S", true, "", "column command to column command, other bank group"},
    {"tCCD_L", false, "tCCD_S", "column command to column command, same bank group"},
    {"tREFI", true, "", "between refreshes of a rank, 0: none"},
    {"tRFC", true, "", "refresh of all banks"},
    {"tRFCpb", false, "", "refresh of one bank"},
});

// Fills timings that were not given from those that stand for them.
void complete_timing(DramDeviceConfig& c);

// Whether tREFI is 0 or longer than a refresh and a row's cycle (true if one of them is missing).
bool refreshes_leave_time(const std::map<std::string, int>& timing);

// Whether `mapping` names row, rank, bankgroup, bank and column (and perhaps channel) once each, separated by
// '|'.
bool is_address_mapping(std::string_view mapping);

inline constexpr auto page_names = std::to_array<Named<bool>>({{"open", true}, {"closed", false}});

template <class V>
void describe(V& v, IdealDramConfig& c) {
    v.number("bytes_per_cycle", c.bytes_per_cycle, {0.001, 1 << 20}, "bandwidth, per core cycle", required);
    v.integer("latency", c.latency, {0, 1 << 20}, "core cycles from a request to its first byte", required);
}

template <class V>
void describe(V& v, DramDeviceConfig& c) {
    v.text("standard", c.standard, "name of the part", required);
    v.integer("channels", c.channels, {1, 64}, "independent channels");
    v.integer("device_width", c.device_width, {1, 1024}, "data bits of a channel", required);
    v.number("tck_ns", c.tck_ns, {0.01, 1000}, "clock period; all timings count it", required);
    v.group(
        "organization", "how a channel is divided",
        [&](auto& o) {
            o.integer("ranks", c.ranks, {1, 16}, "ranks");
            o.integer("bank_groups", c.bank_groups, {1, 16}, "bank groups of a rank", required);
            o.integer("banks", c.banks, {1, 64}, "banks of a group", required);
            o.integer("rows", c.rows, {1, 1 << 24}, "rows of a bank", required);
            o.integer("columns", c.columns, {1, 1 << 16}, "columns of a row", required);
            o.integer("burst_length", c.burst_length, {1, 64}, "columns a column command moves", required);
            o.check("columns", c.columns % static_cast<std::uint64_t>(c.burst_length) == 0,
                    "expected a multiple of burst_length");
            o.check("banks", c.ranks * c.bank_groups * c.banks <= 64,
                    "a channel has at most 64 banks, all ranks and groups together");
        },
        required);
    v.check("device_width", c.device_width * c.burst_length % 8 == 0, "a burst has to be whole bytes");
    v.group(
        "timing", "in cycles of tck_ns",
        [&](auto& t) {
            for (const auto& timing : dram_timings) {
                const auto known = c.timing.find(std::string(timing.name));
                std::optional<int> value;
                if (known != c.timing.end()) value = known->second;
                t.integer(timing.name, value, {0, 1 << 24}, timing.doc, Presence{timing.required});
                if (value) c.timing[std::string(timing.name)] = *value;
            }
            if constexpr (V::reads) {
                const bool split = c.timing.contains("tRCDRD") && c.timing.contains("tRCDWR");
                t.check("tRCD", c.timing.contains("tRCD") || split,
                        "missing key: give tRCD, or tRCDRD and tRCDWR");
                complete_timing(c);
                t.check(
                    "tREFI", refreshes_leave_time(c.timing),
                    "refreshes leave no time for anything else: expected 0 (none) or more than tRFC + tRC");
            }
        },
        required);
    v.group("controller", "queues and policy", [&](auto& o) {
        o.integer("read_queue", c.read_queue, {1, 4096}, "reads waiting");
        o.integer("write_buffer", c.write_buffer, {1, 4096}, "writes waiting");
        o.integer("bank_queue", c.bank_queue, {1, 4096}, "commands waiting, each bank");
        o.choice("page", c.open_page, page_names, "whether a row stays open");
        o.integer("row_hit_cap", c.row_hit_cap, {1, 1 << 20},
                  "hits before a row yields to another of its bank");
    });
    v.text("mapping", c.mapping, "address bits, most significant first: row|rank|bankgroup|bank|column");
    v.check("mapping", is_address_mapping(c.mapping),
            "expected row, rank, bankgroup, bank and column (and channel) once each, separated by |");
}

}  // namespace octet
