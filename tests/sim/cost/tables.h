// Small tables and machines for the tests of prices.
#pragma once
#include <fmt/format.h>

#include <string>

#include "models/accelerator/config.h"
#include "models/formats/registry.h"
#include "sim/config/yaml.h"
#include "sim/cost/read.h"

namespace octet::test {

inline const std::string header =
    "kind: costs\n"
    "units: {energy: pJ, area: um2, leakage: uW}\n"
    "interpolate: {clock_mhz: linear, capacity_bytes: sqrt, width_bits: linear}\n"
    "interpolate_area: {capacity_bytes: linear}\n";

// Rows as flow mappings, without source and confidence; the first row is on line 6.
inline std::string text_of(const std::vector<std::string>& rows) {
    std::string text = header + "rows:\n";
    for (const auto& row : rows)
        text += fmt::format("  - {{{}, source: test, confidence: published}}\n", row);
    return text;
}

inline std::string errors_of(const std::string& text) {
    Diagnostics errors;
    try {
        read_costs(parse_yaml(text, "t.yaml"), "t.yaml", errors);
    } catch (const InputError& error) {
        return error.what();
    }
    return errors.text();
}

inline CostTable table_of(const std::vector<std::string>& rows) {
    Diagnostics errors;
    CostTable table = read_costs(parse_yaml(text_of(rows), "t.yaml"), "t.yaml", errors);
    errors.throw_if_any();
    return table;
}

inline CostTable shipped(const std::string& name) {
    const std::string path = std::string(OCTET_SOURCE_DIR) + "/configs/costs/" + name;
    Diagnostics errors;
    CostTable table = read_costs(read_yaml(path), path, errors);
    errors.throw_if_any();
    return table;
}

// The reference machine with a preset, `auto` resolved as the table of presets says.
inline AcceleratorConfig machine_of(const Preset& preset, double clock_mhz = 200, int size = 16) {
    AcceleratorConfig machine;
    machine.name = "test";
    machine.clock_mhz = clock_mhz;
    machine.array.rows = machine.array.cols = machine.vector.lanes = size;
    machine.pe.preset = preset.name;
    machine.pe.storage = preset.storage;
    machine.pe.operand = preset.operand;
    machine.pe.accumulator = preset.accumulator;
    machine.buffers.accumulation_format = preset.accumulation_buffer;
    machine.vector.format = preset.vector;
    machine.softmax.unit =
        preset.softmax == "exact" ? SoftmaxUnitKind::exact : SoftmaxUnitKind::posit_approximate;
    machine.dram = IdealDramConfig{};
    return machine;
}

inline AcceleratorConfig machine_of(std::string_view preset, double clock_mhz = 200, int size = 16) {
    return machine_of(*find_preset(preset), clock_mhz, size);
}

}  // namespace octet::test
