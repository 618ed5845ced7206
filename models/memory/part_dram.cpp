#include "models/memory/part_dram.h"

#include <span>
#include <utility>

#include "models/clock.h"

namespace octet {

PartDram::PartDram(const sc_core::sc_module_name& name, const DramDeviceConfig& config, double core_mhz,
                   Ledger& ledger)
    : sc_module(name),
      part_(config),
      mapping_(part_, config.mapping),
      crossing_(core_mhz, config.tck_ns),
      burst_(part_.burst_bytes),
      ledger_(ledger),
      used_(part_.channels, ledger.observer(), Unit::dram) {
    channels_.reserve(part_.channels);
    for (std::uint32_t i = 0; i < part_.channels; ++i) {
        channels_.emplace_back(part_, DramQueues(config));
        channels_.back().watch();
    }
    SC_THREAD(serve);
}

void PartDram::connect(PartDma& load, PartDma& store) {
    ports_[0].engine = &load;
    ports_[1].engine = &store;
    flights_.resize(load.places());
}

void PartDram::serve() {
    for (;;) {
        while (idle()) wait(started_);
        wait_until(now(), Phase::memory);
        // Who acts next, and does the memory come before or after it in that cycle? (What is runnable at the
        // present time are memories of other machines, if anything.)
        limit_ = ~Cycle{0};
        if (sc_core::sc_time next; sc_core::sc_get_curr_simcontext()->next_time(next)) {
            const bool before =
                next.value() % time_units_per_cycle > static_cast<std::uint64_t>(Phase::memory);
            limit_ = next.value() / time_units_per_cycle + before;
        }
        simulate();
        if (limit_ != ~Cycle{0}) wait_until(limit_, Phase::memory);
    }
}

void PartDram::simulate() {
    // What an idle memory has to do by itself is caught up with here.
    const Cycle cycle = now();
    const DramClock present = crossing_.clock_from(cycle);
    for (Port& port : ports_) port.engine->run_from(cycle);
    for (DramChannel& channel : channels_) channel.rest_until(present);
    if (channels_.front().bus().size() > 256) {
        collect_bus(true);
        used_.settle(std::min(crossing_.cycle_of(simulated_), cycle));
    }
    if (channels_.size() == 1)
        simulate(std::span<DramChannel, 1>(channels_));
    else
        simulate(std::span(channels_));
}

template <class Channels>
inline DramClock PartDram::can_take(Channels channels, DramPort port) {
    const bool write = port == DramPort::store;
    Port& p = ports_[write];
    const PartDma::Request* request = p.engine->request();
    if (request == nullptr) return dram_never;
    const std::size_t channel =
        channels.size() == 1 ? 0 : p.cursor.place(burst_.quotient(request->address)).channel;
    return channels[channel].has_room(write) ? std::max(request->from, take_from_) : dram_never;
}

template <class Channels>
void PartDram::simulate(Channels channels) {
    Cycle limit = 0;
    DramClock end = 0;
    std::array<DramClock, 2> can{};  // the first clocks in which load and store can be taken from
    const auto look = [&] {
        can = {can_take(channels, DramPort::load), can_take(channels, DramPort::store)};
    };
    const auto heed_limit = [&] {
        if (limit == limit_) return;
        limit = limit_;
        end = limit == ~Cycle{0} ? dram_never : crossing_.clock_from(limit);
    };
    bool known = false;  // what can be taken
    while (!idle()) {
        heed_limit();
        if (channels.size() == 1 && ports_[1].engine->idle()) {
            if (stream(channels[0], end)) continue;
            known = false;
        }
        if (!known) look();
        known = true;
        DramClock next = dram_never;
        for (const DramChannel& channel : channels) next = std::min(next, channel.next());
        const DramClock clock = std::min(std::min(can[0], can[1]), next);
        if (clock >= end) return;
        simulated_ = clock;
        if (next <= clock) {
            for (std::size_t i = 0; i < channels.size(); ++i)
                if (channels[i].next() <= clock) {
                    channels[i].step(clock);
                    collect(i);
                }
            look();
        }
        // One burst a clock: of the request that has been there longer, of equals the load's.
        const bool reads = can[0] <= clock, writes = can[1] <= clock;
        if (!reads && !writes) continue;
        const bool load_first =
            reads && (!writes || load().request()->from <= ports_[1].engine->request()->from);
        heed_limit();
        const bool alone = channels.size() == 1 && ports_[1].engine->request() == nullptr;
        take(load_first ? DramPort::load : DramPort::store, clock, alone ? end : 0);
        look();
    }
}

bool PartDram::stream(DramChannel& channel, DramClock end) {
    DramClock until = end;
    if (load().request() != nullptr) take_ahead(until);
    const DramClock next = channel.next();
    if (next >= until) return false;
    // What is issued from now on is there no earlier than this, and followed by other requests a cycle later.
    const Cycle there = crossing_.cycle_from(next + part_.read_data());
    until = std::min(until, crossing_.clock_from(there + 1));
    simulated_ = channel.run(until);
    collect(0);
    return true;
}

inline std::uint32_t PartDram::taken(DramPort port, PartDma::Request& request, std::uint32_t bursts,
                                     DramClock last) {
    const std::uint64_t end = (burst_.quotient(request.address) + bursts) * burst_.by();
    const auto bytes =
        static_cast<std::uint32_t>(std::min<std::uint64_t>(end - request.address, request.bytes));
    request.address += bytes;
    request.bytes -= bytes;
    take_from_ = last + 1;
    if (port == DramPort::load) flights_[request.place].parts += bursts;
    if (request.bytes == 0) ports_[port == DramPort::store].engine->request_taken(last);
    return bytes;
}

// Of what will have come before clock `until`; if not all can be taken now, `until` becomes the clock of the
// rest.
void PartDram::take_ahead(DramClock& until) {
    DramChannel& channel = channels_.front();
    DramCursor& cursor = ports_[0].cursor;
    PartDma& engine = load();
    PartDma::Request* request = engine.request();
    OperationId operation = engine.operation_of(request->place);
    std::uint64_t asked = 0, moved = 0;
    while (request != nullptr) {
        const DramClock clock = std::max(request->from, take_from_);
        if (clock >= until) break;
        const std::uint64_t burst = burst_.quotient(request->address);
        const std::uint64_t all = burst_.quotient(request->address + request->bytes - 1) - burst + 1;
        const DramPlace& place = cursor.place(burst);
        const std::uint64_t most = std::min(std::min<std::uint64_t>(all, cursor.run()), until - clock);
        const std::uint32_t bursts =
            channel.take_ahead(clock, place, burst, static_cast<std::uint32_t>(most), request->place);
        if (bursts == 0) {
            until = clock;
            break;
        }
        if (const OperationId next = engine.operation_of(request->place); next != operation) {
            count(DramPort::load, operation, asked, moved);
            operation = next;
            asked = moved = 0;
        }
        asked += taken(DramPort::load, *request, bursts, clock + bursts - 1);
        moved += bursts * burst_.by();
        request = engine.request();
    }
    count(DramPort::load, operation, asked, moved);
}

void PartDram::take(DramPort port, DramClock clock, DramClock until) {
    const bool write = port == DramPort::store;
    PartDma& engine = *ports_[write].engine;
    PartDma::Request& request = *engine.request();
    const std::uint32_t tag = write ? of_store | engine.operation_of(request.place) : request.place;
    const OperationId operation = engine.operation_of(request.place);
    request.taken = std::min(request.taken, clock);
    std::uint64_t asked = 0, moved = 0;
    for (bool more = true; more; ++clock) {
        const std::uint64_t burst = burst_.quotient(request.address);
        const DramPlace& place = ports_[write].cursor.place(burst);
        DramChannel& channel = channels_[place.channel];
        channel.take(clock, place, burst, write, tag);
        simulated_ = clock;
        asked += taken(port, request, 1, clock);
        moved += burst_.by();
        more =
            clock + 1 < until && request.bytes > 0 && channel.has_room(write) && channel.next() > clock + 1;
        collect(place.channel);
    }
    count(port, operation, asked, moved);
}

void PartDram::count(DramPort port, OperationId operation, std::uint64_t bytes, std::uint64_t moved) {
    const bool write = port == DramPort::store;
    bytes_[write] += bytes;
    ledger_.count(operation, write ? Action::dram_write_bits : Action::dram_read_bits, bytes * 8);
    if (bytes < moved)
        ledger_.count(operation, write ? Action::dram_write_padding_bits : Action::dram_read_padding_bits,
                      (moved - bytes) * 8);
}

void PartDram::collect(std::size_t index) {
    DramChannel& channel = channels_[index];
    if (!channel.activated_for().empty()) {
        for (const std::uint32_t tag : channel.activated_for())
            ledger_.count((tag & of_store) != 0 ? tag & ~of_store : load().operation_of(tag),
                          Action::dram_activate, 1);
        channel.activated_for().clear();
    }
    if (channel.done().empty()) return;
    for (const DramChannel::Done& done : channel.done()) {
        Flight& flight = flights_[done.tag];
        flight.end = std::max(flight.end, done.at);
        if (done.from < done.at) load().data_moves(done.tag, done.from, done.at);
        if ((flight.parts -= done.bursts) > 0 || load().is_being_taken(done.tag)) continue;
        const DramClock arrived = std::exchange(flight.end, 0);
        load().arrived(done.tag, arrived);
    }
    channel.done().clear();
}

void PartDram::collect_bus(bool all) {
    for (std::size_t i = 0; i < channels_.size(); ++i) {
        auto& bus = channels_[i].bus(all);
        for (const DramChannel::Beats& beats : bus)
            used_.add(i, crossing_.cycle_of(beats.from), crossing_.cycle_from(beats.to));
        bus.clear();
    }
}

// Writes that are posted drain.
Cycle PartDram::finish() {
    for (Port& port : ports_) port.engine->close();
    for (DramChannel& channel : channels_) channel.last(std::max(simulated_, take_from_));
    DramClock end = 0;
    for (std::size_t i = 0; i < channels_.size(); ++i) {
        while (!channels_[i].empty()) {
            channels_[i].step(channels_[i].next());
            collect(i);
        }
        end = std::max(end, channels_[i].last_beat());
    }
    return crossing_.cycle_from(end);
}

void PartDram::close(Cycle total) {
    const DramClock end = crossing_.clock_from(total);
    DramCounts counts;
    for (DramChannel& channel : channels_) {
        channel.rest_until(end);
        while (channel.next() < end) channel.step(channel.next());
        counts += channel.counts(end);
    }
    collect_bus(true);
    used_.settle(total);
    MachineReport& report = ledger_.report();
    report.dram_read_bytes = bytes_[0];
    report.dram_write_bytes = bytes_[1];
    report.dram_active = crossing_.cycles(counts.active);
    report.dram_refreshes = counts.refreshes;
    ledger_.unit(Unit::dram).add_busy(used_.covered());
}

}  // namespace octet
