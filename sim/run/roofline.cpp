#include "sim/run/roofline.h"

#include <algorithm>

#include "models/formats/registry.h"
#include "models/memory/dram_part.h"
#include "models/types.h"
#include "sim/lower/kernels.h"

namespace octet {
namespace {

std::uint64_t passes(const Operation& operation, FusionLevel level) {
    switch (operation.kind) {
        case OperationKind::softmax:
            return 3;
        case OperationKind::rmsnorm:
        case OperationKind::layernorm: {
            const std::uint64_t affine = operation.inputs.size() == 1 ? 0 : 1;
            return affine + (operation.kind == OperationKind::layernorm ? 3 : 2);
        }
        case OperationKind::softmax_backward:
            return 5;
        case OperationKind::norm_backward:
            return operation.function == OperationKind::layernorm ? 7 : 6;
        case OperationKind::activation_backward:
            return operation.function == OperationKind::relu ? 1 : 2;
        case OperationKind::adam:
            return 4;
        case OperationKind::rope:
        case OperationKind::moment:
        case OperationKind::second_moment:
        case OperationKind::clip_factor:
            return 2;
        default:
            return joins_epilogue(operation.kind, level, true) ? 0 : 1;
    }
}

bool runs_on_lanes(const AcceleratorConfig& machine, const Operation& operation) {
    return machine.matvec == Matvec::vector && operation.m == 1 && !operation.transpose_a;
}

// Bytes of `values` values in a buffer.
double vector_bytes(const AcceleratorConfig& machine, int values) {
    const bool decoded = machine.codec.placement == CodecPlacement::sram_port;
    int widest = 0;
    for (const std::string& format : stored_formats(machine.pe.storage, machine.formats))
        widest = std::max(widest, find_format(decoded ? machine.pe.operand : format)->bits);
    const std::uint64_t bits = static_cast<std::uint64_t>(values) * static_cast<std::uint64_t>(widest);
    return static_cast<double>(ceil_div<std::uint64_t>(bits, 8));
}

double bytes(std::uint64_t bits) {
    return static_cast<double>(bits) / 8;
}

}  // namespace

Work& Work::operator+=(const Work& other) {
    array_macs += other.array_macs;
    lane_values += other.lane_values;
    sram_bits += other.sram_bits;
    input_fill_bits += other.input_fill_bits;
    weight_fill_bits += other.weight_fill_bits;
    dram_read_bits += other.dram_read_bits;
    dram_write_bits += other.dram_write_bits;
    return *this;
}

Work work_of(const AcceleratorConfig& machine, const Operation& operation, const Activity& activity) {
    Work work;
    if (runs_on_lanes(machine, operation)) {
        work.lane_values = operation.macs();
    } else {
        work.array_macs = operation.macs();
        work.lane_values = operation.elements() * passes(operation, machine.fusion);
    }
    work.sram_bits = activity[Action::sram_read_bits] + activity[Action::sram_write_bits];
    work.input_fill_bits = activity[Action::input_buffer_write_bits];
    work.weight_fill_bits = activity[Action::weight_buffer_write_bits];
    work.dram_read_bits = activity[Action::dram_read_bits];
    work.dram_write_bits = activity[Action::dram_write_bits];
    return work;
}

double dram_bytes_per_cycle(const AcceleratorConfig& machine) {
    if (const auto* ideal = std::get_if<IdealDramConfig>(&machine.dram)) return ideal->bytes_per_cycle;
    const auto& device = std::get<DramDeviceConfig>(machine.dram);
    return DramPart(device).bytes_per_clock() / device.tck_ns * 1000 / machine.clock_mhz;
}

std::vector<Bound> bounds(const AcceleratorConfig& machine, const Work& work) {
    const double pes = static_cast<double>(machine.array.rows) * machine.array.cols;
    const double lanes = static_cast<double>(machine.vector.lanes) / machine.vector.initiation_interval;
    const double word = machine.sram.width_bits / 8.0;
    const double burst = machine.dma.burst_bytes;
    return {
        {"array", static_cast<double>(work.array_macs) / pes},
        {"vector", static_cast<double>(work.lane_values) / lanes},
        {"sram", bytes(work.sram_bits) / (word * machine.sram.banks * machine.sram.ports)},
        {"input_port", bytes(work.input_fill_bits) / (2 * vector_bytes(machine, machine.array.rows))},
        {"weight_port", bytes(work.weight_fill_bits) / (2 * vector_bytes(machine, machine.array.cols))},
        {"load_port", bytes(work.dram_read_bits) / burst},
        {"store_port", bytes(work.dram_write_bits) / burst},
        {"dram", bytes(work.dram_read_bits + work.dram_write_bits) / dram_bytes_per_cycle(machine)},
    };
}

Bound tightest(const AcceleratorConfig& machine, const Work& work) {
    const std::vector<Bound> all = bounds(machine, work);
    const Bound most = *std::ranges::max_element(all, {}, &Bound::cycles);
    return most.cycles > 0 ? most : Bound{"", 0};
}

}  // namespace octet
