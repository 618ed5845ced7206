// A VCD file of the array's registers, written by the kernel's own tracing.
#pragma once
#include <systemc>

#include "sim/report/streamed_file.h"

namespace octet {

class RegisterTrace {
  public:
    // Throws OutputError if the file cannot be made. One nanosecond of it is one core clock cycle.
    explicit RegisterTrace(const std::filesystem::path& path);
    ~RegisterTrace();
    RegisterTrace(const RegisterTrace&) = delete;
    RegisterTrace& operator=(const RegisterTrace&) = delete;

    sc_core::sc_trace_file* file() { return trace_; }
    // After the run: the file is there, without the date that the kernel writes into it. Throws OutputError.
    void keep();

  private:
    void close();

    StreamedFile file_;
    std::string written_;  // what the kernel writes, up to its extension
    sc_core::sc_trace_file* trace_ = nullptr;
};

}  // namespace octet
