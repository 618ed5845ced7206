// The registers of the array through a run, kept in memory: what `octet op gemm --animate` draws.
#pragma once
#include <cstdint>
#include <vector>

#include "models/array/register_watcher.h"

namespace octet {

class RegisterRecording : public RegisterWatcher {
  public:
    // What changed in a clock; clocks in which nothing moved are left out.
    struct Change {
        std::size_t element = 0;  // row by row
        PeProbe now;
    };
    struct Frame {
        Cycle cycle = 0;
        std::vector<Change> changes;
    };

    // Keeps at most `most` elements x frames; what comes after them is only counted.
    explicit RegisterRecording(std::uint64_t most) : most_(most) {}

    void begins(std::span<const PeProbe> pes, std::size_t columns, bool values) override;
    void clocked(Cycle cycle) override;

    const std::vector<Frame>& frames() const { return frames_; }
    std::uint64_t size() const { return frame_count_ * last_.size(); }  // elements x frames
    bool complete() const { return size() <= most_; }

  private:
    std::uint64_t most_, frame_count_ = 0;
    std::span<const PeProbe> pes_;
    std::vector<PeProbe> last_;
    std::vector<Frame> frames_;
};

}  // namespace octet
