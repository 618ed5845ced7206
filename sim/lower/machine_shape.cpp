#include "sim/lower/machine_shape.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

#include "models/memory/dram_part.h"
#include "models/memory/ports.h"

namespace octet {
namespace {

const FormatInfo* known_format(const std::string& name) {
    const FormatInfo* format = find_format(name);
    if (format == nullptr) throw std::invalid_argument("unknown number format '" + name + "'");
    return format;
}

std::uint64_t word_bytes(const SramConfig& sram) {
    return std::max<std::uint64_t>(1, static_cast<std::uint64_t>(sram.width_bits) / 8);
}

}  // namespace

MachineShape::MachineShape(const AcceleratorConfig& config)
    : rows(static_cast<std::uint64_t>(config.array.rows)),
      cols(static_cast<std::uint64_t>(config.array.cols)),
      lanes(static_cast<std::uint64_t>(config.vector.lanes)),
      dataflow(config.array.dataflow),
      input_depth(config.buffers.input_depth),
      weight_depth(config.buffers.weight_depth),
      input_slots(config.buffers.input_double ? 2 : 1),
      weight_slots(config.buffers.weight_double ? 2 : 1),
      accumulation_depth(config.buffers.accumulation_depth),
      pe_latency(static_cast<std::uint64_t>(config.array.pe_latency)),
      overlap(config.array.overlap_passes),
      drain_depth(static_cast<std::uint64_t>(config.vector.drain_depth)),
      initiation_interval(static_cast<std::uint64_t>(config.vector.initiation_interval)),
      sram_bytes(config.sram.capacity_kib * 1024),
      sram_word(word_bytes(config.sram)),
      storage(known_format(config.pe.storage)),
      slots(format_slots(config.pe.storage, config.formats)),
      line_slot(octet::line_slot(config.pe.storage, config.formats)),
      vector(known_format(config.vector.format)) {
    if (accumulation_depth != unlimited_depth && config.buffers.accumulation_double) accumulation_depth *= 2;
    const auto latency = static_cast<std::uint64_t>(config.array.pe_latency);
    const std::uint64_t weights = rows + (latency > 2 ? (latency - 2) * (rows - 1) : 0);
    pass_gap = weights;
    drain = rows * latency + cols - 2;
    write_back = static_cast<std::uint64_t>(config.vector.write_back());
    largest_row_tiles = config.row_tiles == RowTiles::largest;
    wide_beats = static_cast<std::uint64_t>(config.vector.port_beats);
    fill_latency = static_cast<std::uint64_t>(config.sram.latency) + 1;
    int widest = 0;
    bool decoded = false;
    for (const std::string& format : stored_formats(config.pe.storage, config.formats)) {
        formats.push_back(known_format(format));
        widest = std::max(widest, formats.back()->bits);
        decoded |= format != config.pe.operand;
    }
    if (decoded) fill_latency += static_cast<std::uint64_t>(config.codec.latency);
    const auto rate = [&](std::uint64_t values) {
        const std::uint64_t bytes = ceil_div<std::uint64_t>(values * static_cast<std::uint64_t>(widest), 8);
        return std::min<std::uint64_t>(vectors_at_once(config.sram, bytes, false), 2);
    };
    input_rate = rate(rows);
    weight_rate = rate(cols);
    sram_bytes_per_cycle =
        static_cast<double>(config.sram.banks) * config.sram.ports * static_cast<double>(sram_word);
    if (const auto* ideal = std::get_if<IdealDramConfig>(&config.dram)) {
        dram_bytes_per_cycle = ideal->bytes_per_cycle;
        dram_latency = ideal->latency;
        dram_row_cycles = 0;
    } else {
        const auto& device = std::get<DramDeviceConfig>(config.dram);
        const DramPart part(device);
        const double clocks_per_cycle = 1000 / config.clock_mhz / device.tck_ns;
        dram_bytes_per_cycle = part.bytes_per_clock() * clocks_per_cycle;
        // A read that finds its bank closed.
        dram_latency = (2 + part.rcd_read + part.read_data()) / clocks_per_cycle;
        dram_row_cycles = part.rc / clocks_per_cycle;
    }
    burst_bytes = config.dma.burst_bytes;
    bursts_in_flight = config.dma.outstanding;
}

std::uint64_t MachineShape::pass_cycles(std::uint64_t vectors) const {
    const std::uint64_t flow = vectors * write_back;
    return overlap ? std::max(flow, pass_gap) : flow + pass_gap + drain;
}

std::uint64_t MachineShape::reduction_cycles(std::uint64_t vectors, std::uint64_t k) const {
    if (!sums_stay()) return ceil_div(k, rows) * pass_cycles(vectors);
    return k * pe_latency + rows + cols - 2 + vectors * (write_back - 1);
}

std::uint64_t MachineShape::result_beats(std::uint64_t n, bool wide) const {
    return std::max(
        {ceil_div(std::min(cols, n), lanes) * initiation_interval, wide ? wide_beats : 1, std::uint64_t{1}});
}

double MachineShape::move_cycles(double bytes, double pieces) const {
    const double piece = bytes / pieces, burst = std::min(piece, burst_bytes);
    const double burst_cycles =
        std::max(1.0, (dram_latency + 1 + burst / dram_bytes_per_cycle) / bursts_in_flight);
    return std::max({bytes / dram_bytes_per_cycle, pieces * std::ceil(piece / burst_bytes) * burst_cycles,
                     pieces > 1 ? pieces * dram_row_cycles : 0.0});
}

}  // namespace octet
