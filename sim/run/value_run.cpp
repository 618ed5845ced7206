#include "sim/run/value_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "models/formats/registry.h"
#include "sim/tensors/parallel.h"
#include "sim/workload/tokens.h"

namespace octet {
namespace {

Accumulator accumulator(const std::string& name, const char* key) {
    const auto found = find_accumulator(name);
    if (!found) throw std::invalid_argument(fmt::format("{}: nothing adds up in {}", key, name));
    return *found;
}

// Of the operands that enter the array.
int lowest_place_of_products(const ValueConfig& config) {
    int lowest = 0;
    for (const ValueConfig::Stored& stored : config.formats)
        if (stored.info != nullptr)
            lowest =
                std::min(lowest, (stored.operand != nullptr ? stored.operand : stored.info)->lowest_place());
    return 2 * lowest - (config.rules.logarithms ? lns_fraction : 0);
}

std::optional<double> finite(double x) {
    return std::isfinite(x) ? std::optional(x) : std::nullopt;
}

}  // namespace

ValueConfig value_config(const AcceleratorConfig& c, std::uint64_t seed, std::size_t operations) {
    ValueConfig v;
    v.vector = find_format(c.vector.format);
    const FormatInfo* storage = find_format(c.pe.storage);
    const FormatInfo* operand = find_format(c.pe.operand);
    const bool blocks = storage->block_length > 0;
    if (blocks && storage->scale_values == nullptr)
        throw std::invalid_argument(fmt::format("pe.storage: {} has no values", c.pe.storage));
    v.rules.accumulator = accumulator(c.pe.accumulator, "pe.accumulator");
    v.rules.buffer = accumulator(c.buffers.accumulation_format, "buffers.accumulation.format");
    v.rules.rounding = c.pe.rounding;
    v.rules.overflow = c.pe.overflow;
    v.rules.logarithms = operand->kind == FormatKind::logarithmic;
    if (const std::string reason = refusal(v.rules); !reason.empty())
        throw std::invalid_argument("pe.accumulator: " + reason);
    const bool integers = is_integer(v.rules.accumulator);
    const std::vector<std::string> formats = stored_formats(c.pe.storage, c.formats);
    const auto of_states = slots_of_states(c.pe.storage, c.formats);
    const std::uint8_t of_lines = line_slot(c.pe.storage, c.formats);
    for (std::size_t slot = 0; slot < formats.size(); ++slot) {
        ValueConfig::Stored& stored = v.formats.at(slot);
        stored.info = find_format(formats[slot]);
        if (of_states.at(slot)) {  // the array never sees it
            stored.rounds_on_entry = stored.info->block_length > 0 || !holds(*v.vector, *stored.info);
            continue;
        }
        stored.scales_operands = slot > 0 && slot != of_lines && stored.info->block_length > 0;
        if (integers && !stored.scales_operands &&
            (stored.info->kind != FormatKind::integer || stored.info->bits > 8))
            throw std::invalid_argument(fmt::format("pe.accumulator: {} does not add up products of {}",
                                                    c.pe.accumulator, formats[slot]));
        if (integers && !stored.scales_operands && !holds(*operand, *stored.info))
            throw std::invalid_argument(
                fmt::format("pe.operand: {} does not hold all numbers of {}", c.pe.operand, formats[slot]));
        if (stored.scales_operands || (!integers && !holds(*operand, *stored.info))) stored.operand = operand;
        stored.rounds_on_entry =
            integers || blocks || stored.info->block_length > 0 || !holds(*v.vector, *stored.info);
    }
    v.rules.fixed_bits = c.pe.fixed_bits;
    v.rules.fixed_fraction = c.pe.fixed_fraction < 0 ? -lowest_place_of_products(v) : c.pe.fixed_fraction;
    v.vector_accumulator = accumulator(c.vector.format, "vector.format");
    if (is_integer(v.vector_accumulator) || v.vector_accumulator == Accumulator::fixed)
        throw std::invalid_argument(
            fmt::format("vector.format: the unit cannot compute in {}", c.vector.format));
    v.rounds_sums = c.vector.format != c.buffers.accumulation_format;
    v.rules.rows = v.rules.chunk = static_cast<std::size_t>(c.array.rows);
    if (blocks) {
        const auto length = static_cast<std::size_t>(storage->block_length);
        if (v.rules.rows % length != 0 && length % v.rules.rows != 0)
            throw std::invalid_argument(fmt::format(
                "array.rows: {}: blocks of {} neither divide it nor hold it", c.array.rows, length));
        v.rules.chunk = std::min(v.rules.rows, length);
    }
    v.dataflow = c.array.dataflow;
    if (v.dataflow == Dataflow::output_stationary) v.rules.chunk = 0;  // one chain over all of K
    v.rules.columns = static_cast<std::size_t>(c.array.cols);
    v.rules.seed = seed;
    v.lanes = static_cast<std::size_t>(c.vector.lanes);
    v.integer_gelu = c.vector.gelu == VectorFunctionUnit::ibert;
    v.integer_layernorm = c.vector.layernorm == VectorFunctionUnit::ibert;
    v.softmax = c.softmax;
    v.sram_bytes = c.sram.capacity_kib * 1024;
    v.operations = static_cast<std::uint32_t>(operations);
    return v;
}

namespace {

// The transpose of a matrix.
template <class T>
std::vector<T> turned(std::span<const T> matrix, std::size_t rows, std::size_t columns) {
    std::vector<T> result(matrix.size());
    for (std::size_t r = 0; r < rows; ++r)
        for (std::size_t c = 0; c < columns; ++c) result[c * rows + r] = matrix[r * columns + c];
    return result;
}

}  // namespace

void write_sources(MachineValues& values, const Program& program, const Graph& graph,
                   const SourceTensors& sources, std::span<const TensorScale> scales, unsigned threads,
                   const std::map<TensorId, BlockCodes>& codes) {
    const std::vector<Program::Stored> stored = program.sources();
    for (const Program::Stored& s : stored) {  // the memory must not grow while threads write
        for (const Strips* strips : {&s.place.strips, &s.place.scales.strips})
            if (const std::uint32_t count = strips->count; count > 0)
                values.dram.at(strips->address(count - 1), strips->size(count - 1));
    }
    for (const Program::Stored& s : program.zeros())
        write_numbers(values.dram, s.place, {s.format, 1},
                      std::vector<float>(std::size_t{s.place.rows} * s.place.columns));
    for_each_parallel(stored.size(), threads, [&](std::size_t i) {
        const Program::Stored& s = stored[i];
        const Tensor& tensor = graph.tensors[s.tensor];
        if (const auto given = codes.find(s.tensor); given != codes.end()) {
            const BlockCodes& block = given->second;
            if (tensor.batch != 1) throw std::logic_error("codes of more than one matrix");
            const auto as_stored = [&]<class T>(const std::vector<T>& rows_of_it) {
                if (!s.transposed) return rows_of_it;
                return turned(std::span<const T>(rows_of_it), rows_of_it.size() / tensor.cols, tensor.cols);
            };
            write_codes(values.dram, s.place, *s.format, as_stored(block.codes));
            write_scales(values.dram, s.place, *s.format, as_stored(block.scales));
            return;
        }
        std::span<const double> numbers =
            std::span(sources[s.tensor])
                .subspan(s.index * tensor.rows * tensor.cols, tensor.rows * tensor.cols);
        std::vector<double> transpose, units;
        if (s.transposed) numbers = transpose = turned(numbers, tensor.rows, tensor.cols);
        const float scale = s.tensor < scales.size() ? scales[s.tensor].scale : 1;
        // Weights for integer operands: their format has no scale for tensors, its numbers count in units of
        // one.
        if (scale != 1 && s.format->tensor_scale == nullptr && s.format->block_length > 0) {
            for (const double x : numbers) units.push_back(x / double{scale});
            numbers = units;
        }
        // What lies there in the vector unit's format has no scale, whatever its use.
        const bool coded = s.format->tensor_scale != nullptr || tensor.scaled;
        write_numbers(values.dram, s.place, {s.format, coded ? scale : 1}, numbers);
    });
}

ValueRun::ValueRun(const AcceleratorConfig& machine, std::uint64_t seed, Graph graph, Sources sources,
                   const CalibrationConfig& calibration)
    : graph_(std::move(graph)),
      threads_(std::max(1U, std::thread::hardware_concurrency())),
      sources_(std::move(sources.tensors)),
      source_codes_(std::move(sources.codes)),
      tokens_(std::move(sources.tokens)),
      values_(value_config(machine, seed, graph_.operations.size())),
      comparison_(graph_),
      targets_(std::move(sources.targets)) {
    values_.config.threads = threads_;
    for (const Operation& o : graph_.operations)
        if (o.rounding != AxpyRounding::each_step)
            if (const std::string reason = refusal_of_axpy(machine); !reason.empty())
                throw std::invalid_argument(fmt::format("operation '{}': {}", o.name, reason));
    observers_.all.push_back(&comparison_);
    if (targets_) observers_.all.push_back(&logits_.emplace(graph_, targets_->operation));
    const bool gradients = std::ranges::any_of(graph_.tensors, &Tensor::scaled);
    const auto slots = format_slots(machine.pe.storage, machine.formats);
    if (gradients &&
        values_.config.formats.at(slots[static_cast<std::size_t>(FormatUse::dgrad)]).info->block_length > 0)
        throw std::invalid_argument("phase.gradient_scaling: gradients have scales of their blocks");
    if (gradients) observers_.all.push_back(&amax_.emplace(graph_));
    if (!gradients && !values_.config.scaled()) return;
    scales_ = calibrate(graph_, sources_, tokens_, machine, threads_, calibration);
    for (const TensorId id : sources.unscaled) scales_[id] = {};
}

ValueRun::~ValueRun() {
    comparison_.machine_ended();
    if (reference_.joinable()) reference_.join();
}

void ValueRun::count_codes() {
    counter_.emplace(graph_);
    observers_.all.push_back(&*counter_);
}

MachineValues& ValueRun::begin(const Program& program) {
    write_sources(values_, program, graph_, sources_, scales_, threads_, source_codes_);
    if (counter_)
        for (const Program::Stored& s : program.sources())
            counter_->add(s.tensor, *s.format, read_codes(values_.dram, s.place, *s.format));
    values_.observer = &observers_;
    reference_ = std::thread([this] {
        try {
            evaluate(graph_, sources_, tokens_, 1, [&](OperationId id, std::span<const double> values) {
                if (targets_ && targets_->operation == id) reference_scores_ = score(*targets_, values);
                return comparison_.compare(id, values);
            });
        } catch (...) {
            failure_ = std::current_exception();
        }
        comparison_.reference_ended();
    });
    return values_;
}

void ValueRun::end(const Program& program, Result& result) {
    stored_ = program.sources();
    for (const Program::Stored& s : program.outputs()) stored_.push_back(s);
    comparison_.machine_ended();
    reference_.join();
    if (failure_) std::rethrow_exception(failure_);
    ErrorSums outputs;
    result.numerics.emplace();
    for (OperationId id = 0; id < graph_.operations.size(); ++id) {
        const ErrorSums& sums = comparison_.errors()[id];
        const ValueCounts& counts = values_.counts[id];
        result.operations[id].numerics = {finite(sums.sqnr_db()), finite(sums.largest), counts.saturated,
                                          counts.underflowed, counts.nar};
        result.numerics->saturated += counts.saturated;
        result.numerics->underflowed += counts.underflowed;
        result.numerics->nar += counts.nar;
        if (is_output(graph_.tensors[graph_.operations[id].output].role)) outputs += sums;
    }
    result.numerics->sqnr_db = finite(outputs.sqnr_db());
    result.numerics->max_abs_error = finite(outputs.largest);
    if (targets_) {
        result.scores = score(*targets_, logits_->logits());
        result.reference = reference_scores_;
    }
    if (amax_) result.gradient_scales = amax_->scales(scales_);
    if (counter_) result.histograms = counter_->histograms(scales_);
}

ValueRun::Contents ValueRun::contents(TensorId tensor) const {
    const auto found =
        std::ranges::find_if(stored_, [&](const Program::Stored& s) { return s.tensor == tensor; });
    if (found == stored_.end() || graph_.tensors[tensor].batch != 1)
        throw std::logic_error("a tensor that is not one matrix in DRAM");
    const CodedMatrix& place = found->place;
    Contents contents;
    contents.format = found->format;
    contents.codes = read_codes(values_.dram, place, *found->format);
    if (place.scales) {
        contents.block_scales = read_scales(values_.dram, place, *found->format);
        contents.along_rows = place.scales.grid.along_rows;
        contents.numbers = read_numbers(values_.dram, place, *found->format);
        for (float& x : contents.numbers) x *= scale(tensor).scale;
    } else {
        for (const Code code : contents.codes)
            contents.numbers.push_back(
                static_cast<float>((found->format->decode(code) - place.zero) * double{scale(tensor).scale}));
    }
    if (!found->transposed) return contents;
    const auto turn = []<class T>(std::vector<T>& matrix, std::size_t rows, std::size_t columns) {
        matrix = turned(std::span<const T>(matrix), rows, columns);
    };
    turn(contents.codes, place.rows, place.columns);
    turn(contents.numbers, place.rows, place.columns);
    if (!place.scales) return contents;
    ScaleCodes& scales = contents.block_scales;
    turn(scales.codes, scales.rows, scales.columns);
    std::swap(scales.rows, scales.columns);
    contents.along_rows = !contents.along_rows;
    return contents;
}

}  // namespace octet
