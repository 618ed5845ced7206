// `octet op gemm --animate`: the registers of the array through a product, as a page.
#pragma once
#include <optional>
#include <string>

#include "sim/cli/verbs.h"
#include "sim/config/experiment.h"
#include "sim/report/streamed_file.h"
#include "sim/run/register_recording.h"
#include "sim/run/single.h"

namespace octet {

class AnimatedProduct {
  public:
    // What is wrong with the options for such a run; empty: nothing.
    static std::string misuse(const OpOptions& options, Fidelity fidelity);
    // Throws OutputError if the file cannot be made, InputError if the page would be too large.
    AnimatedProduct(const std::string& path, const AcceleratorConfig& machine, const Single& single);

    RegisterWatcher& watcher() { return recording_; }
    // After the run: the file is there. Throws OutputError, InputError.
    void finish(const AcceleratorConfig& machine, const Single& single, const ValueRun& values);

  private:
    std::string path_;
    RegisterRecording recording_;
    StreamedFile file_;
};

// Operands for a product of which only the shape is given.
Sources synthetic_operands(const Single& single, std::uint64_t seed);

}  // namespace octet
