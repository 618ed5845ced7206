// A VCD file of the array's registers, written by the kernel's own tracing.
#pragma once
#include <systemc>

#include "models/array/register_watcher.h"
#include "sim/report/streamed_file.h"

namespace octet {

class RegisterTrace : public RegisterWatcher {
  public:
    // Throws OutputError if the file cannot be made. One nanosecond of it is one core clock cycle.
    explicit RegisterTrace(const std::filesystem::path& path);
    ~RegisterTrace() override;
    RegisterTrace(const RegisterTrace&) = delete;
    RegisterTrace& operator=(const RegisterTrace&) = delete;

    // Signals array.pe_ROW_COLUMN.input and so on.
    void begins(std::span<const PeProbe> pes, std::size_t columns, bool values) override;
    void clocked(Cycle) override {}  // the kernel looks by itself
    // After the run: the file is there, without the date that the kernel writes into it. Throws OutputError.
    void keep();

  private:
    void close();

    StreamedFile file_;
    std::string written_;  // what the kernel writes, up to its extension
    sc_core::sc_trace_file* trace_ = nullptr;
};

}  // namespace octet
