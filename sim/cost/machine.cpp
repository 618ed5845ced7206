#include "sim/cost/machine.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "models/formats/lns.h"
#include "models/formats/registry.h"
#include "models/types.h"

namespace octet {
namespace {

// Fetch ports of the vector unit: as many as a vector command has operands. Each has one decoder a lane.
constexpr std::uint64_t vector_fetch_ports = 3;

const FormatInfo& format(const std::string& name) {
    const FormatInfo* found = find_format(name);
    if (found == nullptr) throw CostError(fmt::format("'{}' is not a number format", name));
    return *found;
}

bool fixed_point(const PeConfig& pe) {
    return pe.accumulator == "fixed";
}
// An exact sum has the places of all products of two operands, a sign, and room for 2^31 of them.
int accumulator_bits(const PeConfig& pe) {
    if (!fixed_point(pe)) return format(pe.accumulator).bits;
    if (pe.fixed_bits != 0) return pe.fixed_bits;
    const FormatInfo& operand = format(pe.operand);
    return 32 + 2 * (std::ilogb(operand.max) + 1 - operand.lowest_place()) +
           (operand.kind == FormatKind::logarithmic ? lns_fraction : 0);
}

// Formats in memory by slot (models/accelerator/tensor_formats.h).
std::vector<std::string> stored(const AcceleratorConfig& machine) {
    return stored_formats(machine.pe.storage, machine.formats);
}
bool decodes_at_array(const AcceleratorConfig& machine, std::string_view format) {
    const std::vector<std::string> list = stored(machine);
    const auto slot = static_cast<std::size_t>(std::ranges::find(list, format) - list.begin());
    return format != machine.pe.operand && !slots_of_states(machine.pe.storage, machine.formats).at(slot);
}
bool converts_at_vector(const AcceleratorConfig& machine, std::string_view stored) {
    return stored != machine.vector.format;
}
// Whether the elements have multipliers of a second format.
bool multiplies_quantized(const AcceleratorConfig& machine) {
    return quantized_slot(machine.pe.storage, machine.pe.operand, machine.formats) != 0;
}
// Whether nothing but weights of products lies in it: it has no encoders, and decoders where weights enter.
bool weights_alone(const AcceleratorConfig& machine, std::size_t slot) {
    return slots_of_weights(machine.pe.storage, machine.formats).at(slot);
}
bool fetched(const AcceleratorConfig& machine, std::size_t slot) {  // by the vector unit
    return !weights_alone(machine, slot) || machine.matvec == Matvec::vector;
}
// The one with the most bits: as wide are buffers and the transposer.
const FormatInfo& widest(const AcceleratorConfig& machine) {
    const std::vector<std::string> formats = stored(machine);
    return format(
        *std::ranges::max_element(formats, {}, [](const std::string& f) { return format(f).bits; }));
}

bool in_blocks(const AcceleratorConfig& machine) {
    return format(machine.pe.storage).block_length > 0;
}
// Sums that a column hands down for a vector, in one cycle: one for each block of its rows.
std::uint64_t sums_of_a_column(const AcceleratorConfig& machine) {
    return in_blocks(machine) ? static_cast<std::uint64_t>(
                                    ceil_div(machine.array.rows, format(machine.pe.storage).block_length))
                              : 1;
}

std::string_view method(const SoftmaxConfig& softmax, Approximation step) {
    switch (softmax.unit) {
        case SoftmaxUnitKind::exact:
            return "exact";
        case SoftmaxUnitKind::ibert:
            return "ibert";
        case SoftmaxUnitKind::posit_approximate:
            break;
    }
    return step == Approximation::approximate ? "posit_approximate" : "exact";
}

std::string_view placement(CodecPlacement placement) {
    switch (placement) {
        case CodecPlacement::per_pe:
            return "per_pe";
        case CodecPlacement::sram_port:
            return "sram_port";
        case CodecPlacement::edge:
            break;
    }
    return "edge";
}

CostKey key(std::string_view name, std::string_view word) {
    return {std::string(name), std::string(word)};
}
CostKey key(std::string_view name, double number) {
    return {std::string(name), number};
}

// Keys that say something about the component itself come first, then those that every query offers.
CostQuery query(const AcceleratorConfig& machine, std::string_view component, std::string_view action,
                std::vector<CostKey> telling) {
    CostQuery asked{std::string(component), std::string(action), std::move(telling), 0};
    asked.telling = asked.keys.size();
    const CostKey common[] = {
        key("storage", machine.pe.storage),
        key("operand", machine.pe.operand),
        key("accumulator", machine.pe.accumulator),
        key("placement", placement(machine.codec.placement)),
        key("softmax_exp", method(machine.softmax, machine.softmax.exp)),
        key("softmax_reciprocal", method(machine.softmax, machine.softmax.reciprocal)),
        key("clock_mhz", machine.clock_mhz),
        key("rows", machine.array.rows),
        key("cols", machine.array.cols),
        key("lanes", machine.vector.lanes),
    };
    for (const CostKey& offered : common)
        if (asked.find(offered.name) == nullptr) asked.keys.push_back(offered);
    return asked;
}

struct BufferShape {
    std::uint64_t depth = 0;
    std::uint64_t width_bits = 0;
    bool is_double = false;
    int ports = 1;  // an accumulation buffer reads and writes in one cycle
};

BufferShape shape(const AcceleratorConfig& machine, std::string_view buffer) {
    const BufferConfig& b = machine.buffers;
    const bool decoded = machine.codec.placement == CodecPlacement::sram_port;
    const FormatInfo& held = decoded ? format(machine.pe.operand) : widest(machine);
    const auto rows = static_cast<std::uint64_t>(machine.array.rows);
    const auto cols = static_cast<std::uint64_t>(machine.array.cols);
    if (buffer == "input_buffer") return {b.input_depth, storage_bits(held, rows), b.input_double, 1};
    if (buffer == "weight_buffer") return {b.weight_depth, storage_bits(held, cols), b.weight_double, 1};
    return {b.accumulation_depth, storage_bits(format(b.accumulation_format), cols), b.accumulation_double,
            2};
}

std::vector<CostKey> memory_keys(std::uint64_t width_bits, std::uint64_t capacity_bytes, int ports) {
    return {key("width_bits", static_cast<double>(width_bits)),
            key("capacity_bytes", static_cast<double>(capacity_bytes)), key("ports", ports)};
}

std::vector<CostKey> buffer_keys(const BufferShape& buffer) {
    const std::uint64_t depth = buffer.depth == unlimited_depth ? BufferConfig{}.input_depth : buffer.depth;
    return memory_keys(buffer.width_bits, ceil_div<std::uint64_t>(depth * buffer.width_bits, 8),
                       buffer.ports);
}

std::vector<CostKey> sram_bank_keys(const SramConfig& sram) {
    return memory_keys(static_cast<std::uint64_t>(sram.width_bits),
                       ceil_div(sram.capacity_kib * 1024, static_cast<std::uint64_t>(sram.banks)),
                       sram.ports);
}

std::vector<CostKey> dram_keys(const DramConfig& dram) {
    if (const auto* device = std::get_if<DramDeviceConfig>(&dram))
        return {key("standard", device->standard), key("device_width", device->device_width)};
    return {key("standard", "ideal")};
}

bool is_buffer(std::string_view component) {
    return component == "input_buffer" || component == "weight_buffer" || component == "accumulation_buffer";
}

std::vector<CostKey> quantized_mac_keys(const AcceleratorConfig& machine) {
    const FormatInfo& narrow = format(machine.formats[FormatUse::quantized]);
    return {key("operand", narrow.line_element.empty() ? narrow.name : narrow.line_element),
            key("accumulator", machine.pe.accumulator)};
}

std::vector<CostKey> codec_keys(const AcceleratorConfig& machine, std::string_view stored) {
    return {key("storage", stored), key("format", machine.vector.format)};
}

// The keys that tell one price of a component from another.
std::vector<CostKey> telling_keys(const AcceleratorConfig& machine, std::string_view component,
                                  std::string_view action) {
    const PeConfig& pe = machine.pe;
    if (component == "mac") return {key("operand", pe.operand), key("accumulator", pe.accumulator)};
    if (component == "multiplier") return {key("operand", pe.operand)};
    if (component == "align_adder" || component == "normaliser")
        return {key("operand", pe.operand), key("width_bits", accumulator_bits(pe))};
    if (component == "pe") {
        const int operand = format(pe.operand).bits;
        const int sum = accumulator_bits(pe);
        return {key("width_bits", action == "pass" || action.empty() ? operand + sum : operand)};
    }
    if (component == "accumulator_adder") return {key("format", machine.buffers.accumulation_format)};
    if (component == "decoder" || component == "encoder") return codec_keys(machine, pe.storage);
    if (component == "transposer") return {key("width_bits", widest(machine).bits)};
    if (component == "vector") return {key("storage", pe.storage), key("format", machine.vector.format)};
    if (component == "vector_scratch") return {key("width_bits", format(machine.vector.format).bits)};
    if (component == "softmax") {
        const Approximation step = action == "reciprocal" ? machine.softmax.reciprocal : machine.softmax.exp;
        return {key("method", method(machine.softmax, step)), key("format", machine.vector.format)};
    }
    if (is_buffer(component)) return buffer_keys(shape(machine, component));
    if (component == "sram") return sram_bank_keys(machine.sram);
    if (component == "dram") return dram_keys(machine.dram);
    return {};
}

constexpr std::array<std::string_view, unit_state_count> state_names{"busy", "stall", "idle"};

}  // namespace

bool can_count(const AcceleratorConfig& machine, Action action) {
    const std::size_t slot = format_slot(action);
    switch (action) {
        case Action::dram_read_padding_bits:
        case Action::dram_write_padding_bits:
        case Action::dram_activate:
        case Action::dram_refresh:
            return std::holds_alternative<DramDeviceConfig>(machine.dram);
        case Action::decode:
        case Action::decode_1:
        case Action::decode_2:
        case Action::decode_3:
            return slot < stored(machine).size() &&
                   (decodes_at_array(machine, stored(machine)[slot]) ||
                    (fetched(machine, slot) && converts_at_vector(machine, stored(machine)[slot])));
        case Action::encode:
        case Action::encode_1:
        case Action::encode_2:
        case Action::encode_3:
            return slot < stored(machine).size() && !weights_alone(machine, slot) &&
                   converts_at_vector(machine, stored(machine)[slot]);
        case Action::mac_quantized:
            return multiplies_quantized(machine);
        case Action::scale_sum:
            return in_blocks(machine);
        case Action::integer_gelu:
            return machine.vector.gelu == VectorFunctionUnit::ibert;
        case Action::integer_root:
        case Action::integer_divide:
            return machine.vector.layernorm == VectorFunctionUnit::ibert;
        case Action::mac:
        case Action::mac_zero_operand:
            return !fixed_point(machine.pe);
        case Action::multiply:
        case Action::multiply_zero_operand:
        case Action::align_add:
        case Action::align_add_zero_operand:
        case Action::normalise:
            return fixed_point(machine.pe);
        case Action::host_read_bits:
        case Action::host_write_bits:
            return machine.host.has_value();
        default:
            return true;
    }
}

bool counts_bits(Action action) {
    switch (action) {
        case Action::vector_scratch_read_bits:
        case Action::vector_scratch_write_bits:
        case Action::input_buffer_read_bits:
        case Action::input_buffer_write_bits:
        case Action::weight_buffer_read_bits:
        case Action::weight_buffer_write_bits:
        case Action::accumulation_buffer_read_bits:
        case Action::accumulation_buffer_write_bits:
        case Action::sram_read_bits:
        case Action::sram_write_bits:
        case Action::dram_read_bits:
        case Action::dram_write_bits:
        case Action::dram_read_padding_bits:
        case Action::dram_write_padding_bits:
        case Action::host_read_bits:
        case Action::host_write_bits:
            return true;
        default:
            return false;
    }
}

CostQuery energy_query(const AcceleratorConfig& machine, Action action) {
    const ActionInfo& what = info(action);
    const std::size_t slot = format_slot(action);
    if (action == Action::mac_quantized)
        return query(machine, what.component, what.action, quantized_mac_keys(machine));
    return query(machine, what.component, what.action,
                 slot == 0 ? telling_keys(machine, what.component, what.action)
                           : codec_keys(machine, stored(machine).at(slot)));
}

double access_bits(const AcceleratorConfig& machine, Action action) {
    const CostQuery query = energy_query(machine, action);
    const CostKey* width = query.find("width_bits");
    return width == nullptr ? 8 * static_cast<double>(machine.dma.burst_bytes)
                            : std::get<double>(width->value);
}

CostQuery cycle_query(const AcceleratorConfig& machine, Unit unit, UnitState state) {
    return query(machine, "controller", "cycle",
                 {key("unit", name(unit)), key("state", state_names[static_cast<std::size_t>(state)])});
}

CostQuery standby_query(const AcceleratorConfig& machine, RankState state) {
    std::vector<CostKey> keys = dram_keys(machine.dram);
    keys.push_back(key("state", state == RankState::active ? "active" : "precharged"));
    return query(machine, "dram", "standby", std::move(keys));
}

std::uint64_t dram_ranks(const AcceleratorConfig& machine) {
    const auto* device = std::get_if<DramDeviceConfig>(&machine.dram);
    return device == nullptr
               ? 1
               : static_cast<std::uint64_t>(device->channels) * static_cast<std::uint64_t>(device->ranks);
}

bool is_unlimited(const AcceleratorConfig& machine, Action action) {
    const std::string_view component = info(action).component;
    return is_buffer(component) && shape(machine, component).depth == unlimited_depth;
}

std::vector<AreaItem> blocks(const AcceleratorConfig& machine) {
    const auto rows = static_cast<std::uint64_t>(machine.array.rows);
    const auto cols = static_cast<std::uint64_t>(machine.array.cols);
    const auto lanes = static_cast<std::uint64_t>(machine.vector.lanes);
    const std::uint64_t array_decoders =
        machine.codec.placement == CodecPlacement::per_pe ? 2 * rows * cols : rows + cols;
    const std::uint64_t weight_decoders = machine.codec.placement == CodecPlacement::per_pe      ? rows * cols
                                          : machine.array.dataflow == Dataflow::input_stationary ? rows
                                                                                                 : cols;

    std::vector<AreaItem> list;
    const auto add = [&](std::string_view component, Component group, std::uint64_t count) {
        list.push_back({std::string(component), group, count,
                        query(machine, component, "", telling_keys(machine, component, "")), ""});
    };
    const auto add_buffer = [&](std::string_view component) {
        const BufferShape buffer = shape(machine, component);
        add(component, Component::buffers, buffer.is_double ? 2 : 1);
        if (buffer.depth == unlimited_depth)
            list.back().free_of_charge = "a buffer without bound is an idealisation";
    };
    const bool fixed = fixed_point(machine.pe);
    add("mac", Component::array, fixed ? 0 : rows * cols);
    add("multiplier", Component::array, fixed ? rows * cols : 0);
    add("align_adder", Component::array, fixed ? rows * cols : 0);
    if (multiplies_quantized(machine))
        list.push_back({"mac", Component::array, rows * cols,
                        query(machine, "mac", "", quantized_mac_keys(machine)), ""});
    add("pe", Component::array, rows * cols);
    const std::uint64_t sums_of_a_vector = cols * sums_of_a_column(machine);
    add("normaliser", Component::array, fixed ? sums_of_a_vector : 0);
    add("accumulator_adder", Component::array, sums_of_a_vector);
    add("sum_scaler", Component::array, in_blocks(machine) ? sums_of_a_vector : 0);
    const std::vector<std::string> formats = stored(machine);
    for (std::size_t slot = 0; slot < formats.size(); ++slot) {
        const auto add_codec = [&](std::string_view component, std::uint64_t count) {
            list.push_back({std::string(component), Component::codec, count,
                            query(machine, component, "", codec_keys(machine, formats[slot])), ""});
        };
        const bool converts = converts_at_vector(machine, formats[slot]),
                   weights = weights_alone(machine, slot);
        const std::uint64_t at_array = !decodes_at_array(machine, formats[slot]) ? 0
                                       : weights                                 ? weight_decoders
                                                                                 : array_decoders;
        // The lanes fetch weights through one of their ports.
        const std::uint64_t ports = !converts || !fetched(machine, slot) ? 0
                                    : weights                            ? 1
                                                                         : vector_fetch_ports;
        add_codec("decoder", at_array + ports * lanes);
        add_codec("encoder", converts && !weights ? lanes : 0);
    }
    add("transposer", Component::codec, rows * cols);
    add("vector", Component::vector, 1);
    add("integer_gelu", Component::vector, machine.vector.gelu == VectorFunctionUnit::ibert ? lanes : 0);
    const int of_rows = machine.vector.layernorm == VectorFunctionUnit::ibert ? 1 : 0;
    add("integer_root", Component::vector, of_rows);
    add("integer_divider", Component::vector, of_rows);
    add("softmax", Component::softmax, 1);
    add_buffer("input_buffer");
    add_buffer("weight_buffer");
    add_buffer("accumulation_buffer");
    add("sram", Component::sram, static_cast<std::uint64_t>(machine.sram.banks));
    add("dma", Component::control, 1);
    add("controller", Component::control, 1);
    add("dram", Component::dram, dram_ranks(machine));
    list.back().free_of_charge = "off the chip";
    std::erase_if(list, [](const AreaItem& block) { return block.count == 0; });
    return list;
}

}  // namespace octet
