// `--timeline`: a run as trace events for Perfetto and chrome://tracing (docs/observability.md).
#pragma once
#include <array>
#include <string>
#include <vector>

#include "sim/report/streamed_file.h"
#include "sim/report/track.h"
#include "sim/run/simulate.h"

namespace octet {

// Written while the run goes on: memory does not grow with its length.
class TimelineFile final : public Follower {
  public:
    // Throws OutputError if there can be no such file.
    explicit TimelineFile(const std::filesystem::path& path);

    void begins(const Graph& graph, const AcceleratorConfig& machine) override;
    void busy(Unit unit, Cycle from, Cycle to, BusyWith with, OperationId operation) override;
    void stalled(Unit unit, Cycle from, Cycle to, StallCause cause, OperationId operation) override;
    void issued(Queue queue, const Command& command, const HeadOfQueue& times) override;
    void executed(Engine engine, OperationId operation, const CommandView& command, Cycle from, Cycle free,
                  Cycle to) override;
    // After the run: the file is there. Throws OutputError.
    void keep();

  private:
    // Tracks: the units, then the queues, then the engines.
    static constexpr std::size_t first_queue = unit_count, first_engine = first_queue + queue_count;
    static constexpr std::size_t track_count = first_engine + engine_count;
    static std::size_t index(Unit unit) { return static_cast<std::size_t>(unit); }
    static std::size_t index(Queue queue) { return first_queue + static_cast<std::size_t>(queue); }
    static std::size_t index(Engine engine) { return first_engine + static_cast<std::size_t>(engine); }

    // The latest command of an engine. It has the engine from when that was free of the one before; it ends
    // where the next one begins, if not before.
    struct AtWork {
        bool present = false;
        OperationId operation = 0;
        Cycle from = 0, free = 0, to = 0;
        std::string arguments;
    };

    void add(std::size_t track, const TrackKind& kind, Cycle from, Cycle to,
             std::string_view arguments = {}) {
        tracks_[track].add(
            kind, from, to, [&](const TrackEvent& event) { draw(track, event); }, arguments);
    }
    void name_track(std::size_t track, std::string_view name);
    void draw(std::size_t track, const TrackEvent& event);
    void end_work(Engine engine, Cycle until);

    StreamedFile file_;
    std::vector<std::string> operations_;  // names as JSON strings
    std::vector<Track> tracks_;
    std::array<std::uint64_t, engine_count> issued_{}, executed_{};  // commands so far
    std::array<AtWork, engine_count> at_work_;
    std::string arguments_;  // being written
};

}  // namespace octet
