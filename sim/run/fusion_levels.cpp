#include "sim/run/fusion_levels.h"

#include <fmt/format.h>

#include <thread>

#include "sim/config/accelerator_keys.h"
#include "sim/run/workers.h"

namespace octet {
namespace {

using Json = nlohmann::ordered_json;

std::string figures_of(const Result& result) {
    const MachineReport& machine = result.machine;
    Json sqnr;
    if (result.numerics && result.numerics->sqnr_db) sqnr = *result.numerics->sqnr_db;
    return Json{machine.total, result.energy.total, machine.dram_read_bytes + machine.dram_write_bytes,
                machine.sram_read_bytes + machine.sram_write_bytes, sqnr}
        .dump();
}

FusionFigures figures_of(FusionLevel level, const WorkerResult& outcome) {
    FusionFigures figures;
    figures.level = level;
    if (!outcome.done) {
        figures.error = outcome.text;
        return figures;
    }
    const Json json = Json::parse(outcome.text);
    figures.cycles = json.at(0).get<Cycle>();
    figures.energy_pj = json.at(1).get<double>();
    figures.dram_bytes = json.at(2).get<std::uint64_t>();
    figures.sram_bytes = json.at(3).get<std::uint64_t>();
    if (!json.at(4).is_null()) figures.sqnr_db = json.at(4).get<double>();
    return figures;
}

}  // namespace

std::vector<FusionFigures> at_all_levels(const std::function<Result(const std::vector<Setting>&)>& run) {
    const auto outcomes = in_workers(
        fusion_names.size(), std::max(1U, std::thread::hardware_concurrency()), [&](std::size_t i) {
            const std::string level(fusion_names[i].name);
            return figures_of(run({{"fusion", level, fmt::format("--explain fusion={}", level)}}));
        });
    std::vector<FusionFigures> levels;
    for (std::size_t i = 0; i < outcomes.size(); ++i)
        levels.push_back(figures_of(fusion_names[i].value, outcomes[i]));
    return levels;
}

Json to_json(const std::vector<FusionFigures>& levels) {
    Json list = Json::array();
    for (const FusionFigures& figures : levels) {
        Json object{{"fusion", name_in(fusion_names, figures.level)}};
        if (figures.error.empty()) {
            object["cycles"] = figures.cycles;
            object["energy_pj"] = figures.energy_pj;
            object["dram_bytes"] = figures.dram_bytes;
            object["sram_bytes"] = figures.sram_bytes;
            object["sqnr_db"] = figures.sqnr_db ? Json(*figures.sqnr_db) : Json(nullptr);
        } else {
            object["error"] = figures.error;
        }
        list.push_back(std::move(object));
    }
    return list;
}

}  // namespace octet
