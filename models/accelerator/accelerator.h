// The machine: every unit, wired.
#pragma once
#include <memory>

#include "models/accelerator/config.h"
#include "models/accelerator/controller.h"
#include "models/memory/dma.h"
#include "models/vector/vector_unit.h"

namespace octet {

class Accelerator : public sc_core::sc_module {
  public:
    SC_HAS_PROCESS(Accelerator);
    // `observer` is told what happens, if it is not nullptr; it has to live until `finish` has returned.
    Accelerator(const sc_core::sc_module_name& name, const AcceleratorConfig& config, CommandSource& program,
                Fidelity fidelity = Fidelity::pass, RunObserver* observer = nullptr);

    // From now on values move and are computed as well (before the run).
    void attach(MachineValues& values);
    // Who sees the registers of the array (before the run, after `attach`; only with Fidelity::registers).
    void watch(RegisterWatcher& watcher) { array_->watch(watcher, values_ != nullptr); }
    // After the kernel has run out of events. Throws std::logic_error if the program has not ended.
    MachineReport finish();

  private:
    void serve_load() { serve_dma(*load_, Queue::load, Phase::load); }
    void serve_store() { serve_dma(*store_, Queue::store, Phase::store); }
    void make_memory(const AcceleratorConfig& config);
    void serve_dma(DmaEngine& engine, Queue queue, Phase phase);

    const std::vector<VectorProgram>& programs_;
    std::uint32_t columns_;
    MachineValues* values_ = nullptr;
    std::unique_ptr<ArrayValues> array_values_;
    std::unique_ptr<VectorValues> vector_values_;
    Ledger ledger_;
    Scoreboard scoreboard_;
    std::array<CommandQueue, queue_count> queues_;
    Sram sram_;
    std::unique_ptr<Dram> dram_, host_;  // before the engines that use them
    CodecBank codec_;
    SoftmaxStages softmax_;
    std::unique_ptr<DmaEngine> load_, store_;
    FillEngine inputs_, weights_;
    std::unique_ptr<ArrayUnit> array_;
    VectorUnit vector_;
    Controller controller_;
};

}  // namespace octet
