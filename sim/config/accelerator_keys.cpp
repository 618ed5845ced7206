#include "sim/config/accelerator_keys.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "models/arithmetic/mac.h"

namespace octet {
namespace {

template <class Rows>
std::vector<std::string_view> names(const Rows& rows) {
    std::vector<std::string_view> list;
    for (const auto& row : rows) list.push_back(row.name);
    return list;
}

}  // namespace

Words format_names() {
    static const auto list = names(formats());
    return list;
}

Words preset_names() {
    static const auto list = names(presets());
    return list;
}

void take_preset(AcceleratorConfig& c, const Preset& preset) {
    c.pe = {.preset = std::string(preset.name),
            .storage = std::string(preset.storage),
            .operand = std::string(preset.operand),
            .accumulator = std::string(preset.accumulator),
            .rounding = Rounding::nearest_even,
            .overflow = IntegerOverflow::saturate};
    c.buffers.accumulation_format = preset.accumulation_buffer;
    c.vector.format = preset.vector;
    for (const auto& unit : softmax_unit_names)
        if (unit.name == preset.softmax) c.softmax.unit = unit.value;
}

std::string_view automatic_buffer(const Preset& preset, std::string_view accumulator) {
    const auto kind = find_accumulator(accumulator), buffer = find_accumulator(preset.accumulation_buffer);
    if (!kind || !buffer || is_integer(*kind) == is_integer(*buffer)) return preset.accumulation_buffer;
    return *kind == Accumulator::fixed ? "fp32" : accumulator;
}

std::vector<KeyProblem> problems_between(const AcceleratorConfig& c) {
    std::vector<KeyProblem> problems;
    const FormatInfo* storage = find_format(c.pe.storage);
    if (storage != nullptr && storage->kind == FormatKind::block_scaled && storage->block_length > 0 &&
        c.array.rows % storage->block_length != 0 && storage->block_length % c.array.rows != 0)
        problems.push_back(
            {"array.rows",
             fmt::format(
                 "storage {} has blocks of {}, which must divide array.rows ({}) or be a multiple of it",
                 c.pe.storage, storage->block_length, c.array.rows)});
    if (storage != nullptr && storage->block_length > 0 && storage->scale_bits > 0 &&
        c.array.dataflow == Dataflow::output_stationary)
        problems.push_back(
            {"array.dataflow",
             fmt::format("sums that stay in the array cannot take the scales of {}", c.pe.storage)});
    const auto kind = find_accumulator(c.pe.accumulator),
               buffer = find_accumulator(c.buffers.accumulation_format);
    if (storage == nullptr || !kind || !buffer) return problems;
    if (is_integer(*kind) && (storage->kind != FormatKind::integer || storage->bits > 8)) {
        const Preset* preset = find_preset(c.pe.preset);
        const bool of_preset = preset != nullptr && c.pe.accumulator == preset->accumulator;
        problems.push_back(
            {of_preset ? "pe.storage" : "pe.accumulator",
             fmt::format("{} adds up products of int8 and int4, not of {}", c.pe.accumulator, c.pe.storage)});
    }
    const FormatInfo* operand = find_format(c.pe.operand);
    if (operand != nullptr && operand->zero_point != nullptr)
        problems.push_back(
            {"pe.operand", fmt::format("multipliers take no zero points, and {} has one", c.pe.operand)});
    else if (is_integer(*kind) && storage->kind == FormatKind::integer && operand != nullptr &&
             !holds(*operand, *storage))
        problems.push_back(
            {"pe.operand", fmt::format("{} does not hold all numbers of {}, which {} adds up products of",
                                       c.pe.operand, c.pe.storage, c.pe.accumulator)});
    if (!is_integer(*kind) && c.pe.overflow != IntegerOverflow::saturate)
        problems.push_back(
            {"pe.overflow", fmt::format("only integer sums wrap, not those in {}", c.pe.accumulator)});
    if ((is_integer(*kind) || *kind == Accumulator::fixed) && c.pe.rounding != Rounding::nearest_even)
        problems.push_back({"pe.rounding", fmt::format("sums in {} are not rounded", c.pe.accumulator)});
    if (*kind != Accumulator::fixed && c.pe.fixed_bits != 0)
        problems.push_back({"pe.fixed.bits", fmt::format("the width of sums in `fixed`, not of those in {}",
                                                         c.pe.accumulator)});
    if (c.pe.fixed_bits == 0 && c.pe.fixed_fraction >= 0)
        problems.push_back({"pe.fixed.fraction", "exact sums have all the places that they take"});
    if (is_integer(*kind) != is_integer(*buffer))
        problems.push_back(
            {"buffers.accumulation.format",
             fmt::format("{} cannot hold sums in {}", c.buffers.accumulation_format, c.pe.accumulator)});
    return problems;
}

namespace {

// Of weights with scales for blocks; empty: there is none.
std::string problem_of_weights(const AcceleratorConfig& c, const FormatInfo& format, bool integers) {
    const FormatInfo* operand = find_format(c.pe.operand);
    if (!format.line_element.empty())
        return fmt::format("the scales of {} are factors of sums, for formats.quantized alone", format.name);
    if (operand == nullptr || !integers) return {};
    if (operand->tensor_scale == nullptr)
        return fmt::format("pe.operand {} has no scale to decode {} with", c.pe.operand, format.name);
    if (format.tensor_scale != nullptr)
        return fmt::format(
            "{} has a scale for tensors of its own, and integer operands, of sums in {}, another: take a "
            "format "
            "with scales of blocks alone, or sums of floats",
            format.name, c.pe.accumulator);
    if (c.matvec == Matvec::vector)
        return fmt::format("the lanes (matvec: vector) multiply codes, and codes of {} are none of {}",
                           format.name, c.pe.operand);
    return {};
}

// Of the narrow part of split products.
std::string problem_of_quantized(const AcceleratorConfig& c, const FormatInfo& format) {
    const FormatInfo* operand = find_format(c.pe.operand);
    if (operand != nullptr && !holds(*operand, format))
        return fmt::format("pe.operand {} does not hold all numbers of {}", c.pe.operand, format.name);
    if (format.zero_point != nullptr)
        return fmt::format("multipliers take no zero points, and {} has one", format.name);
    if (find_accumulator(c.pe.accumulator) == Accumulator::fixed)
        return "sums in fixed point (pe.accumulator) take no products of other multipliers";
    if (c.codec.placement == CodecPlacement::sram_port)
        return fmt::format("decoders at the SRAM port (codec.placement) leave no codes for multipliers of {}",
                           format.name);
    return {};
}

}  // namespace

std::vector<KeyProblem> problems_of_formats(const AcceleratorConfig& c) {
    constexpr std::array<std::string_view, format_use_count> keys{
        "formats.forward",   "formats.kv_cache", "formats.dgrad",         "formats.wgrad",
        "formats.update",    "formats.moment",   "formats.second_moment", "formats.wgrad_operands",
        "formats.quantized", "formats.weights"};
    const auto of_states = slots_of_states(c.pe.storage, c.formats);
    const auto slot_of = format_slots(c.pe.storage, c.formats);
    std::vector<KeyProblem> problems;
    const FormatInfo* storage = find_format(c.pe.storage);
    const auto kind = find_accumulator(c.pe.accumulator);
    if (storage == nullptr || !kind) return problems;
    std::size_t slots = 1;
    for (std::size_t use = 0; use < format_use_count; ++use) {
        const FormatInfo* format = find_format(c.formats.of[use]);
        if (format == nullptr || format->name == storage->name) continue;
        if (slot_of[use] < max_formats && of_states.at(slot_of[use])) {  // the vector unit alone has them
            if (storage->block_length > 0)
                problems.push_back({keys[use], fmt::format("{} beside {}: its blocks stand alone",
                                                           format->name, storage->name)});
        } else if (static_cast<FormatUse>(use) == FormatUse::weights && format->block_length > 0 &&
                   storage->block_length == 0) {
            if (std::string problem = problem_of_weights(c, *format, is_integer(*kind)); !problem.empty())
                problems.push_back({keys[use], std::move(problem)});
        } else if (storage->block_length > 0 ||
                   (format->block_length > 0 &&
                    (static_cast<FormatUse>(use) != FormatUse::quantized || format->line_element.empty())))
            problems.push_back(
                {keys[use], fmt::format("{} and {}: formats with scales for blocks stand alone", format->name,
                                        storage->name)});
        else if (is_integer(*kind) && (format->kind != FormatKind::integer || format->bits > 8))
            problems.push_back({keys[use], fmt::format("{} adds up products of int8 and int4, not of {}",
                                                       c.pe.accumulator, format->name)});
        else if (const FormatInfo* operand = find_format(c.pe.operand);
                 is_integer(*kind) && operand != nullptr && !holds(*operand, *format))
            problems.push_back({keys[use], fmt::format("pe.operand {} does not hold all numbers of {}",
                                                       c.pe.operand, format->name)});
        else if (!is_integer(*kind) && format->kind == FormatKind::integer && format->bits > 8)
            problems.push_back({keys[use], fmt::format("{} is no format in memory", format->name)});
        else if (format->kind == FormatKind::codebook && static_cast<FormatUse>(use) != FormatUse::weights)
            problems.push_back(
                {keys[use], fmt::format("{}, a codebook, cannot be multiplied", format->name)});
        else if (static_cast<FormatUse>(use) == FormatUse::quantized)
            if (std::string problem = problem_of_quantized(c, *format); !problem.empty())
                problems.push_back({keys[use], std::move(problem)});
        slots = std::max(slots, stored_formats(c.pe.storage, c.formats).size());
    }
    if (slots > max_formats)
        problems.push_back(
            {"formats", fmt::format("{} formats in memory; a machine has {} at most", slots, max_formats)});
    return problems;
}

std::vector<KeyProblem> problems_of_host(const AcceleratorConfig& c) {
    if (!c.host || std::holds_alternative<IdealDramConfig>(c.dram)) return {};
    return {{"host", "a link to the host is simulated beside an ideal DRAM alone"}};
}

void complete_timing(DramDeviceConfig& c) {
    for (const auto& timing : dram_timings) {
        const auto source = c.timing.find(std::string(timing.otherwise));
        if (source != c.timing.end()) c.timing.emplace(timing.name, source->second);
    }
}

bool refreshes_leave_time(const std::map<std::string, int>& timing) {
    const auto interval = timing.find("tREFI"), refresh = timing.find("tRFC"), cycle = timing.find("tRC");
    if (interval == timing.end() || refresh == timing.end() || cycle == timing.end()) return true;
    return interval->second == 0 || interval->second > refresh->second + cycle->second;
}

bool is_address_mapping(std::string_view mapping) {
    std::multiset<std::string_view> parts;
    for (;;) {
        const auto bar = mapping.find('|');
        parts.insert(mapping.substr(0, bar));
        if (bar == std::string_view::npos) break;
        mapping.remove_prefix(bar + 1);
    }
    std::multiset<std::string_view> expected{"row", "rank", "bankgroup", "bank", "column"};
    if (parts == expected) return true;
    expected.insert("channel");
    return parts == expected;
}

}  // namespace octet
