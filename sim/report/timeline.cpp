#include "sim/report/timeline.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace octet {
namespace {

using Json = nlohmann::ordered_json;

std::string quoted(const std::string& text) {
    return Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
}

template <class... Args>
void print(std::string& out, fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(out), format, std::forward<Args>(args)...);
}

constexpr std::array<std::string_view, 3> processes{
    "units", "queues: the command at the head, until it is taken", "engines: the command at work"};
enum Process : int { units = 1, queues, engines };

// Groups of kinds on the tracks of units.
enum Group : std::uint8_t { busy_state, stall_state };

// What a command works on, as arguments.
struct Tile {
    std::string& out;
    void part(const ResultPart& p) const {
        print(out, R"(,"matrix":{},"first_row":{},"first_column":{})", p.matrix, p.first_row, p.first_column);
    }
    void operator()(const DmaCommand& c) const {
        print(out, R"(,"bytes":{},"dram":{},"sram":{})", c.dram.total(), c.dram.base, c.sram.base);
    }
    void operator()(const FillCommand& c) const {
        print(out, R"(,"slabs":{},"vectors":{},"bytes":{},"sram":{})", c.slabs, c.vectors, c.sram.total(),
              c.sram.base);
    }
    void operator()(const MatmulCommand& c) const {
        print(out, R"(,"rows":{},"row_tiles":{},"column_tiles":{},"first_k":{},"last_k":{})", c.m, c.k_tiles,
              c.n_tiles, c.first_k, c.last_k);
        if (c.last_k) print(out, R"(,"epilogue":{})", c.epilogue);
    }
    void operator()(const EpilogueCommand& c) const {
        print(out, R"(,"rows":{},"column_tiles":{})", c.m, c.n_tiles);
        part(c.part);
    }
    void operator()(const VectorCommand& c) const {
        print(out, R"(,"rows":{},"columns":{})", c.rows, c.columns);
        part(c.part);
    }
    void operator()(const MatvecCommand& c) const {
        print(out, R"(,"rows":{},"columns":{},"first_k":{},"last_k":{})", c.rows, c.columns, c.first_k,
              c.last_k);
        if (c.last_k) part(c.part);
    }
    template <class T>
    void operator()(const T* c) const {
        (*this)(*c);
    }
};

}  // namespace

TimelineFile::TimelineFile(const std::filesystem::path& path) : file_(path) {
    for (std::size_t track = 0; track < track_count; ++track) tracks_.emplace_back(track < first_queue);
}

void TimelineFile::begins(const Graph& graph, const AcceleratorConfig& machine) {
    for (const Operation& operation : graph.operations) operations_.push_back(quoted(operation.name));
    file_.write(
        fmt::format(R"({{"displayTimeUnit":"ns","otherData":{{"octet":"{}","workload":{},"accelerator":{},)"
                    R"("clock_mhz":"{}","time":"one microsecond of the trace is one core clock cycle"}},)"
                    "\n\"traceEvents\":[",
                    OCTET_VERSION, quoted(graph.name), quoted(machine.name), machine.clock_mhz));
    for (std::size_t u = 0; u < unit_count; ++u) name_track(u, name(static_cast<Unit>(u)));
    for (std::size_t q = 0; q < queue_count; ++q)
        name_track(first_queue + q, fmt::format("{} queue", name(static_cast<Queue>(q))));
    for (std::size_t e = 0; e < engine_count; ++e)
        name_track(first_engine + e, fmt::format("{} engine", name(static_cast<Engine>(e))));
}

static int process_of(std::size_t track) {
    return track < unit_count ? units : track < unit_count + queue_count ? queues : engines;
}

// Names are events too; they have a time and a duration, 0, so that all events look alike.
void TimelineFile::name_track(std::size_t track, std::string_view name) {
    const int process = process_of(track);
    const auto about = [&](std::string_view what, const std::string& argument) {
        file_.write(
            fmt::format("{}\n"
                        R"({{"name":"{}","ph":"M","ts":0,"dur":0,"pid":{},"tid":{},"args":{{{}}}}})",
                        track == 0 && what == "process_name" ? "" : ",", what, process, track + 1, argument));
    };
    about("process_name", fmt::format(R"("name":"{}")", processes[static_cast<std::size_t>(process - 1)]));
    about("process_sort_index", fmt::format(R"("sort_index":{})", process));
    about("thread_name", fmt::format(R"("name":"{}")", name));
    about("thread_sort_index", fmt::format(R"("sort_index":{})", track));
}

void TimelineFile::busy(Unit unit, Cycle from, Cycle to, BusyWith with, OperationId operation) {
    add(index(unit), {busy_state, static_cast<std::uint8_t>(with), operation}, from, to);
}

void TimelineFile::stalled(Unit unit, Cycle from, Cycle to, StallCause cause, OperationId operation) {
    add(index(unit), {stall_state, static_cast<std::uint8_t>(cause), operation}, from, to);
}

void TimelineFile::issued(Queue queue, const Command& command, const HeadOfQueue& times) {
    const Cycle to = std::max(times.from, times.taken + 1);  // two can leave in one cycle
    const Cycle turn = std::max(times.from, times.engine_free);
    const Cycle needs = times.ready > turn ? std::min(times.ready, to) - std::min(turn, to) : 0;
    const Cycle engine = to - times.from > needs ? to - times.from - needs - 1 : 0;
    arguments_.clear();
    print(arguments_, R"(,"command":{},"waits_for_engine":{},"waits_for_dependency":{})",
          ++issued_[static_cast<std::size_t>(command.engine)], engine, needs);
    std::visit(Tile{arguments_}, command.body);
    add(index(queue), {0, static_cast<std::uint8_t>(command.engine), command.operation}, times.from, to,
        arguments_);
}

void TimelineFile::executed(Engine engine, OperationId operation, const CommandView& command, Cycle from,
                            Cycle free, Cycle to) {
    AtWork& work = at_work_[static_cast<std::size_t>(engine)];
    from = std::max(from, work.free);
    end_work(engine, from);
    work.present = true;
    work.operation = operation;
    work.from = from;
    work.free = free;
    work.to = to;
    work.arguments.clear();
    print(work.arguments, R"(,"command":{},"free":{},"completes":{})",
          ++executed_[static_cast<std::size_t>(engine)], free, to);
    std::visit(Tile{work.arguments}, command);
}

void TimelineFile::end_work(Engine engine, Cycle until) {
    AtWork& work = at_work_[static_cast<std::size_t>(engine)];
    if (work.present)
        add(index(engine), {0, static_cast<std::uint8_t>(engine), work.operation}, work.from,
            std::max(work.from, std::min(work.to, until)), work.arguments);
    work.present = false;
}

void TimelineFile::draw(std::size_t track, const TrackEvent& event) {
    static const std::string none = "null";
    const OperationId id = event.kind.operation;
    const std::string& operation = id == no_operation ? none : operations_.at(id);
    std::string& out = file_.buffer();
    const auto begin = [&](std::string_view name, std::string_view category) {
        print(out,
              ",\n"
              R"({{"name":{},"cat":"{}","ph":"X","ts":{},"dur":{},"pid":{},"tid":{},"args":{{"operation":{})",
              name, category, event.from, event.cycles, process_of(track), track + 1, operation);
    };
    if (track >= first_queue) {
        begin(operation, "command");
        print(out, R"(,"engine":"{}")", name(static_cast<Engine>(event.kind.kind)));
        if (event.intervals > 1)
            print(out, R"(,"commands":{})", event.intervals);
        else
            out += event.arguments;
    } else if (event.kind.group == stall_state) {
        const std::string_view cause = name(static_cast<StallCause>(event.kind.kind));
        begin(fmt::format("\"stall: {}\"", cause), "stall");
        print(out, R"(,"cause":"{}")", cause);
        if (event.intervals > 1) print(out, R"(,"intervals":{})", event.intervals);
    } else {
        const auto with = static_cast<BusyWith>(event.kind.kind);
        const bool work = with == BusyWith::work && id != no_operation;
        begin(work ? operation : fmt::format("\"{}\"", name(with)), "busy");
        print(out, R"(,"with":"{}")", name(with));
        if (event.intervals > 1) print(out, R"(,"intervals":{})", event.intervals);
    }
    file_.write("}}");
}

void TimelineFile::keep() {
    for (std::size_t e = 0; e < engine_count; ++e) end_work(static_cast<Engine>(e), ~Cycle{0});
    for (std::size_t t = 0; t < track_count; ++t)
        tracks_[t].flush([&](const TrackEvent& event) { draw(t, event); });
    file_.write("\n]}\n");
    file_.keep();
}

}  // namespace octet
