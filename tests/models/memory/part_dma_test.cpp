// The DMA engines on a DRAM part, against a plain simulation of both, cycle by cycle and clock by clock.
#include <cstdlib>

#include "tests/models/accelerator/machines.h"
#include "tests/models/memory/dram_random.h"
#include "tests/models/memory/dram_reference.h"

namespace octet::testing {
namespace {

struct Copy {  // a command: so many bytes from (load) or to (store) an address, in one piece
    bool store = false;
    Address dram = 0;
    std::uint32_t bytes = 0;
};

struct Times {
    Cycle start = 0, end = 0;
    friend bool operator==(const Times&, const Times&) = default;
};

struct Ratio {  // a clock of the DRAM is p / q core cycles
    std::uint64_t p = 1, q = 8;
};

// Rules of docs/hardware/dma.md, with SRAM ports that are always free: a burst takes one cycle of its
// engine's.
class PlainMemory {
  public:
    PlainMemory(const AcceleratorConfig& machine, Ratio ratio, const std::vector<Copy>& copies)
        : part_(std::get<DramDeviceConfig>(machine.dram)),
          outstanding_(static_cast<std::size_t>(machine.dma.outstanding)),
          latency_(static_cast<Cycle>(machine.sram.latency)),
          ratio_(ratio),
          times(copies.size()) {
        commands_.resize(static_cast<std::size_t>(part_.channels));
        for (auto& log : commands_) channels_.emplace_back(part_, counts_, log);
        const auto size = static_cast<Address>(machine.dma.burst_bytes);
        for (std::size_t i = 0; i < copies.size(); ++i) {
            Engine& engine = engines_[copies[i].store];
            for (Address at = copies[i].dram, end = at + copies[i].bytes; at < end;) {
                const Address next = std::min(end, (at / size + 1) * size);
                engine.bursts.push_back({at, next, i});
                at = next;
            }
            engine.commands.push_back({i, i + 1, engine.bursts.size()});  // dispatched in cycle i
        }
    }

    void run() {
        DramClock clock = 0;
        for (Cycle cycle = 0; !done(); ++cycle) {
            act(engines_[0], false, cycle);
            act(engines_[1], true, cycle);
            for (; clock * ratio_.p / ratio_.q <= cycle; ++clock) tick(clock);
        }
        for (const Engine& engine : engines_)
            for (const Burst& burst : engine.bursts)
                times[burst.copy].end = std::max(times[burst.copy].end, *burst.complete);
    }

  private:
    struct Burst {
        Address from = 0, to = 0;
        std::size_t copy = 0;
        std::optional<Cycle> read{}, requested{}, complete{};
        std::size_t parts = 0;  // taken and not arrived
        DramClock arrived = 0;  // the last part that has
    };
    struct Command {
        std::size_t copy = 0;
        Cycle visible = 0;
        std::size_t end = 0;  // the burst after its last one
    };
    struct Engine {
        std::vector<Burst> bursts;
        std::vector<Command> commands;
        std::size_t started = 0;  // commands
        Cycle free = 0, port_free = 0;
        std::size_t reads = 0, requests = 0, writes = 0, taken = 0;  // bursts
    };

  public:
    std::uint64_t activates() const { return counts_.counts.activates; }

  private:
    bool done() const {
        for (const Engine& engine : engines_)
            for (const Burst& burst : engine.bursts)
                if (!burst.complete) return false;
        return true;
    }
    bool window_open(const Engine& e, std::size_t burst, Cycle cycle) const {
        if (burst < outstanding_) return true;
        const auto& before = e.bursts[burst - outstanding_].complete;
        return before && *before <= cycle;
    }

    void act(Engine& e, bool store, Cycle cycle) {
        std::size_t known = e.started == 0 ? 0 : e.commands[e.started - 1].end;
        if (e.requests == known && e.started < e.commands.size() && cycle >= e.free &&
            cycle >= e.commands[e.started].visible) {
            times[e.commands[e.started].copy].start = cycle;
            known = e.commands[e.started++].end;
        }
        if (store && e.reads < known && cycle >= e.port_free && window_open(e, e.reads, cycle)) {
            e.bursts[e.reads++].read = cycle;
            e.port_free = cycle + 1;
        }
        if (e.requests < known) {
            Burst& b = e.bursts[e.requests];
            if (store ? b.read && cycle >= *b.read + latency_ : window_open(e, e.requests, cycle)) {
                b.requested = cycle;
                ++e.requests;
                e.free = cycle + 1;
            }
        }
        if (!store && e.writes < e.taken) {
            Burst& b = e.bursts[e.writes];
            if (b.parts == 0 && b.arrived * ratio_.p <= cycle * ratio_.q && cycle >= e.port_free) {
                b.complete = e.port_free = cycle + 1;
                ++e.writes;
            }
        }
    }

    std::uint64_t burst_bytes() const {
        return static_cast<std::uint64_t>(part_.device_width * part_.burst_length / 8);
    }
    DramClock at_controller(const Burst& b) const { return ceil_div(*b.requested * ratio_.q, ratio_.p); }

    void tick(DramClock clock) {
        for (ReferenceChannel& channel : channels_) channel.clock(clock);
        collect();
        int best = -1;
        for (int i = 0; i < 2; ++i) {
            Engine& e = engines_[i];
            if (e.taken == e.requests || at_controller(e.bursts[e.taken]) > clock) continue;
            const auto channel =
                static_cast<std::size_t>(place_of(part_, e.bursts[e.taken].from / burst_bytes()).channel);
            if (!channels_[channel].room(i == 1)) continue;
            if (best < 0 ||
                at_controller(e.bursts[e.taken]) < at_controller(engines_[best].bursts[engines_[best].taken]))
                best = i;
        }
        if (best < 0) return;
        Engine& e = engines_[best];
        Burst& b = e.bursts[e.taken];
        const std::uint64_t burst = b.from / burst_bytes();
        const ReferencePlace place = place_of(part_, burst);
        if (best == 0) ++b.parts;
        channels_[static_cast<std::size_t>(place.channel)].take(clock, burst, place, best == 1, e.taken);
        b.from = std::min(b.to, (burst + 1) * burst_bytes());
        if (b.from == b.to) {
            if (best == 1) b.complete = ceil_div((clock + 1) * ratio_.p, ratio_.q);
            ++e.taken;
        }
        collect();
    }
    void collect() {
        for (ReferenceChannel& channel : channels_) {
            for (const auto& [burst, at] : channel.served) {
                --engines_[0].bursts[burst].parts;
                engines_[0].bursts[burst].arrived = std::max(engines_[0].bursts[burst].arrived, at);
            }
            channel.served.clear();
        }
    }

    DramDeviceConfig part_;
    std::size_t outstanding_;
    Cycle latency_;
    Ratio ratio_;
    ReferenceResult counts_;
    std::vector<std::vector<DramCommand>> commands_;
    std::deque<ReferenceChannel> channels_;
    std::array<Engine, 2> engines_;  // load, store

  public:
    std::vector<Times> times;
};

struct Scene {
    Case machine;
    Ratio ratio;
    std::vector<Copy> copies;
};

Scene random_scene(unsigned seed) {
    DramDice dice(seed);
    Scene scene{{ample_machine(4, 4), Program(0)}, {}, {}};
    AcceleratorConfig& c = scene.machine.config;
    const Ratio ratios[] = {{1, 8}, {1, 1}, {1, 2}, {5, 12}, {7, 3}, {833, 5000}, {4, 1}};
    scene.ratio = ratios[dice.pick(0, 6)];
    DramDeviceConfig part = dice.part();
    part.tck_ns = 0.8;
    c.dram = part;
    c.clock_mhz =
        1000.0 * static_cast<double>(scene.ratio.p) / static_cast<double>(scene.ratio.q) / part.tck_ns;
    c.dma.burst_bytes = 16 << dice.pick(0, 4);
    c.dma.outstanding = dice.pick(1, 20);
    c.sram.latency = dice.pick(1, 5);
    const int count = dice.pick(1, 40);
    scene.machine.program = Program(static_cast<std::uint32_t>(count));
    for (int i = 0; i < count; ++i) {
        Copy copy{dice.pick(0, 2) == 0,
                  static_cast<Address>(dice.pick(0, 1) == 0 ? dice.pick(0, 4000) : dice.pick(0, 1 << 22)),
                  static_cast<std::uint32_t>(dice.pick(1, dice.pick(0, 3) == 0 ? 3000 : 200))};
        const auto operation = static_cast<OperationId>(i);
        if (copy.store)
            scene.machine.program.store(0, copy.dram, copy.bytes, {}, operation);
        else
            scene.machine.program.load(copy.dram, 0, copy.bytes, {}, operation);
        scene.copies.push_back(copy);
    }
    return scene;
}

void expect_plain_times(const Scene& scene, const MachineReport& report) {
    PlainMemory plain(scene.machine.config, scene.ratio, scene.copies);
    plain.run();
    for (std::size_t i = 0; i < scene.copies.size(); ++i)
        EXPECT_EQ(report.operations[i].start, plain.times[i].start) << "command " << i;
    for (std::size_t i = 0; i < scene.copies.size(); ++i)
        EXPECT_EQ(report.operations[i].end, plain.times[i].end) << "command " << i;
    std::uint64_t activates = 0;
    for (const OperationReport& operation : report.operations)
        activates += operation.activity[Action::dram_activate];
    EXPECT_GE(activates, plain.activates());  // and those of writes that were still posted
}

unsigned first_seed() {
    const char* seed = std::getenv("OCTET_SEED");
    return seed == nullptr ? 1 : static_cast<unsigned>(std::strtoul(seed, nullptr, 10));
}

// Many machines in one kernel: none can run far ahead.
TEST(PartDma, DoesWhatOneCycleAtATimeDoesOnRandomMachines) {
    std::deque<Scene> scenes;
    std::deque<Case> cases;
    for (unsigned seed = first_seed(); seed < first_seed() + 60; ++seed) {
        scenes.push_back(random_scene(seed));
        cases.push_back(scenes.back().machine);
    }
    const auto reports = run_all(cases);
    for (std::size_t i = 0; i < scenes.size(); ++i) {
        SCOPED_TRACE(::testing::Message() << "OCTET_SEED=" << first_seed() + i);
        expect_plain_times(scenes[i], reports[i]);
    }
}

// One machine alone: between its commands nobody stops the memory.
class Alone : public ::testing::TestWithParam<unsigned> {};
TEST_P(Alone, DoesTheSame) {
    Scene scene = random_scene(first_seed() + GetParam());
    Accelerator machine("machine", scene.machine.config, scene.machine.program);
    sc_core::sc_start();
    const MachineReport report = machine.finish();
    expect_states_fit(report);
    expect_plain_times(scene, report);
}
INSTANTIATE_TEST_SUITE_P(PartDma, Alone, ::testing::Range(100U, 106U));

}  // namespace
}  // namespace octet::testing
