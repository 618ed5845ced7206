#include "models/accelerator/accelerator.h"

#include <fmt/format.h>

#include <functional>
#include <stdexcept>

#include "models/array/stepped_array.h"
#include "models/array/systolic_array.h"
#include "models/formats/registry.h"
#include "models/memory/ideal_dma.h"
#include "models/memory/part_dram.h"

namespace octet {
namespace {

const FormatInfo& info_of(const std::string& format) {
    const FormatInfo* info = find_format(format);
    if (info == nullptr) throw std::logic_error(fmt::format("unknown format '{}'", format));
    return *info;
}
std::uint32_t bits_of(const std::string& format) {
    return static_cast<std::uint32_t>(info_of(format).bits);
}

// Something of each format of the machine, by slot.
template <class T>
std::array<T, max_formats> by_slot(const AcceleratorConfig& c,
                                   const std::function<T(const std::string&)>& of) {
    const std::vector<std::string> formats = stored_formats(c.pe.storage, c.formats);
    std::array<T, max_formats> values{};
    for (std::size_t slot = 0; slot < formats.size(); ++slot) values.at(slot) = of(formats[slot]);
    return values;
}

std::array<bool, max_formats> decodes(const AcceleratorConfig& c) {
    return by_slot<bool>(c, [&](const std::string& format) { return format != c.pe.operand; });
}

FillShape fill_shape(const AcceleratorConfig& c, Engine engine) {
    const bool decoded = c.codec.placement == CodecPlacement::sram_port;
    FillShape shape;
    shape.engine = engine;
    shape.storage_bits = by_slot<std::uint32_t>(c, bits_of);
    shape.buffer_bits = by_slot<std::uint32_t>(
        c, [&](const std::string& format) { return bits_of(decoded ? c.pe.operand : format); });
    const auto of_weights = slots_of_weights(c.pe.storage, c.formats);
    for (std::size_t slot = 0; slot < max_formats; ++slot)
        shape.keeps_scales.at(slot) = !(decoded && of_weights.at(slot));
    shape.transpose_cycles = static_cast<std::uint32_t>(c.array.rows);
    return shape;
}

ArrayFormats array_formats(const AcceleratorConfig& c) {
    const FormatInfo& storage = info_of(c.pe.storage);
    const FillShape fills = fill_shape(c, Engine::input_fill);
    const auto of_weights = slots_of_weights(c.pe.storage, c.formats);
    const auto bits_of_a_scale = by_slot<std::uint32_t>(
        c, [](const std::string& format) { return static_cast<std::uint32_t>(info_of(format).scale_bits); });
    ArrayFormats formats;
    formats.buffer_bits = fills.buffer_bits;
    formats.accumulation_bits = bits_of(c.buffers.accumulation_format);
    formats.block_rows = static_cast<std::uint32_t>(storage.block_length);
    formats.scale_bits = static_cast<std::uint32_t>(storage.scale_bits);
    formats.fixed_point = c.pe.accumulator == "fixed";
    for (std::size_t slot = 0; slot < max_formats; ++slot)
        if (of_weights.at(slot) && fills.keeps_scales.at(slot))
            formats.weight_scale_bits.at(slot) = bits_of_a_scale.at(slot);
    formats.quantized = quantized_slot(c.pe.storage, c.pe.operand, c.formats);
    return formats;
}

std::unique_ptr<ArrayUnit> make_array(const AcceleratorConfig& c, Fidelity fidelity,
                                      const ArraySurroundings& around) {
    if (fidelity == Fidelity::registers)
        return std::make_unique<SteppedArray>("array", c.array, array_formats(c), around);
    return std::make_unique<SystolicArray>("array", c.array, array_formats(c), around);
}

// Into how many parts the widest beat may be cut: by port beats and by the width of one port of all banks, or
// by words.
std::uint32_t beat_parts(const AcceleratorConfig& c) {
    const int word = c.sram.width_bits / 8;
    // Bytes: two vectors at 32 bits a value; a burst that begins inside a word.
    const int widest =
        std::max(std::max({c.array.rows, c.array.cols, c.vector.lanes}) * 8, c.dma.burst_bytes + 2 * word);
    const int row = c.sram.banks * word;
    const int columns = std::max(c.array.rows, c.array.cols);
    const int cycles = ceil_div(columns, c.vector.lanes) * c.vector.port_beats;
    int parts = std::max((std::max(cycles, 1) + 1) * ceil_div(widest, row), ceil_div(widest, word) + 2);
    // Of a narrow block that is turned back one vector moves many rows, each at an address of its own.
    if (c.array.dataflow == Dataflow::input_stationary)
        parts = std::max(parts, c.array.cols * (std::max(cycles, 1) + 1) + 2 * ceil_div(widest, word));
    return static_cast<std::uint32_t>(parts);
}

}  // namespace

Accelerator::Accelerator(const sc_core::sc_module_name& name, const AcceleratorConfig& c,
                         CommandSource& program, Fidelity fidelity, RunObserver* observer)
    : sc_module(name),
      programs_(program.programs()),
      columns_(static_cast<std::uint32_t>(c.array.cols)),
      ledger_(program.operations(), observer),
      sram_("sram", c.sram, beat_parts(c), ledger_),
      codec_("codec", c.codec, decodes(c), ledger_),
      softmax_("softmax", c.softmax, ledger_),
      inputs_("input_fill", fill_shape(c, Engine::input_fill), sram_, codec_, ledger_, scoreboard_),
      weights_("weight_fill", fill_shape(c, Engine::weight_fill), sram_, codec_, ledger_, scoreboard_),
      array_(make_array(
          c, fidelity,
          {inputs_, weights_, codec_, ledger_, scoreboard_, static_cast<Cycle>(c.vector.write_back())})),
      vector_("vector", c.vector, bits_of(c.vector.format), bits_of(c.buffers.accumulation_format),
              static_cast<std::uint32_t>(c.array.cols), program.programs(),
              queues_[static_cast<std::size_t>(Queue::vector)], sram_, codec_, softmax_, ledger_,
              scoreboard_),
      controller_("controller", program, queues_, inputs_, weights_, *array_, ledger_, scoreboard_) {
    array_->results(vector_);
    make_memory(c);
    SC_THREAD(serve_load);
    SC_THREAD(serve_store);
}

void Accelerator::make_memory(const AcceleratorConfig& c) {
    if (const auto* ideal = std::get_if<IdealDramConfig>(&c.dram)) {
        auto dram = std::make_unique<IdealDram>("dram", *ideal, ledger_);
        std::unique_ptr<IdealDram> host;
        if (c.host) host = std::make_unique<IdealDram>("host", *c.host, ledger_, true);
        load_ =
            std::make_unique<IdealDma>(DramPort::load, c.dma, sram_, *dram, ledger_, scoreboard_, host.get());
        store_ = std::make_unique<IdealDma>(DramPort::store, c.dma, sram_, *dram, ledger_, scoreboard_,
                                            host.get());
        host_ = std::move(host);
        dram_ = std::move(dram);
        return;
    }
    auto dram = std::make_unique<PartDram>("dram", std::get<DramDeviceConfig>(c.dram), c.clock_mhz, ledger_);
    auto load = std::make_unique<PartDma>(DramPort::load, c.dma, sram_, dram->crossing(), *dram, ledger_,
                                          scoreboard_);
    auto store = std::make_unique<PartDma>(DramPort::store, c.dma, sram_, dram->crossing(), *dram, ledger_,
                                           scoreboard_);
    dram->connect(*load, *store);
    dram_ = std::move(dram);
    load_ = std::move(load);
    store_ = std::move(store);
}

void Accelerator::attach(MachineValues& values) {
    values_ = &values;
    array_values_ = std::make_unique<ArrayValues>(values);
    vector_values_ = std::make_unique<VectorValues>(values, programs_, columns_);
    load_->attach(&values);
    store_->attach(&values);
    inputs_.attach(array_values_.get());
    weights_.attach(array_values_.get());
    array_->attach(*array_values_);
    vector_.attach(vector_values_.get());
}

void Accelerator::serve_dma(DmaEngine& engine, Queue which, Phase phase) {
    CommandQueue& queue = queues_[static_cast<std::size_t>(which)];
    for (;;) {
        const CommandQueue::Entry& head = queue.head();
        const Cycle turn = std::max(head.visible, engine.free_from());
        const Cycle ready = scoreboard_.await(head.command.needs);
        const Cycle at = std::max(turn, ready);
        wait_until(at, phase);
        ledger_.issued(which, head.command, {queue.head_from(), engine.free_from(), ready, now()});
        engine.waited(turn, at, head.command.operation);
        engine.start(std::get<DmaCommand>(head.command.body), head.command.operation);
        queue.pop();
    }
}

MachineReport Accelerator::finish() {
    const std::string array = array_->waits_for(), vector = vector_.waits_for();
    if (!controller_.drained() || !vector.empty()) {
        std::string text = "the program cannot end:" + controller_.describe();
        if (!array.empty()) text += "\n  " + array;
        if (!vector.empty()) text += "\n  " + vector;
        throw std::logic_error(text);
    }
    array_->close();
    const Cycle written = dram_->finish();
    ledger_.close();
    ledger_.report().total = std::max(ledger_.report().total, written);
    if (values_ != nullptr) values_->effects.settle(ledger_.report().total);
    MachineReport& report = ledger_.report();
    sram_.close(report.total);
    dram_->close(report.total);
    if (host_) host_->close(report.total);
    codec_.close(report.total);
    report.dma_read_bytes = load_->bytes();
    report.dma_write_bytes = store_->bytes();
    report.commands = controller_.dispatched();
    return report;
}

}  // namespace octet
