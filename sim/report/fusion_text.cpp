#include "sim/report/fusion_text.h"

#include <fmt/format.h>

#include "sim/config/accelerator_keys.h"
#include "sim/report/text_table.h"

namespace octet {
namespace {

std::string against(double value, double before) {
    return before > 0 ? fmt::format("{:.3f}x", value / before) : "";
}

double mebibytes(std::uint64_t bytes) {
    return static_cast<double>(bytes) / (1 << 20);
}

}  // namespace

std::string fusion_text(const std::vector<FusionFigures>& levels) {
    TextTable table({{"fusion", false},
                     {"cycles"},
                     {""},
                     {"energy uJ"},
                     {""},
                     {"DRAM MiB"},
                     {""},
                     {"SRAM MiB"},
                     {""},
                     {"SQNR dB"}});
    const FusionFigures* before = nullptr;
    for (const FusionFigures& f : levels) {
        const std::string level(name_in(fusion_names, f.level));
        if (!f.error.empty()) {
            table.add({level + ": " + f.error});
            before = nullptr;
            continue;
        }
        const auto ratio = [&](auto figure) {
            return before == nullptr
                       ? ""
                       : against(static_cast<double>(f.*figure), static_cast<double>(before->*figure));
        };
        table.add({level, fmt::format("{}", f.cycles), ratio(&FusionFigures::cycles),
                   fmt::format("{:.4g}", f.energy_pj * 1e-6), ratio(&FusionFigures::energy_pj),
                   fmt::format("{:.4g}", mebibytes(f.dram_bytes)), ratio(&FusionFigures::dram_bytes),
                   fmt::format("{:.4g}", mebibytes(f.sram_bytes)), ratio(&FusionFigures::sram_bytes),
                   f.sqnr_db ? fmt::format("{:.2f}", *f.sqnr_db) : ""});
        before = &f;
    }
    return "\nFusion levels; ratios are to the level before\n" + table.aligned();
}

}  // namespace octet
