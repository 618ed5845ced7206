#include "models/memory/arbiter.h"

#include <algorithm>
#include <bit>

namespace octet {
namespace {

constexpr std::uint64_t longest_try = 64;  // slots that are granted together at most

}  // namespace

Arbiter::Arbiter(std::uint32_t banks, std::uint32_t ports, std::uint32_t word_bytes, std::uint32_t lanes)
    : banks_(banks),
      ports_(ports),
      word_(word_bytes),
      ring_(banks * word_bytes),
      ring_mask_(std::has_single_bit(ring_) ? ring_ - 1 : 0),
      word_shift_(std::has_single_bit(word_bytes) ? std::countr_zero(word_bytes) : -1),
      calendar_(banks, ports),
      lanes_(lanes) {}

void Arbiter::take_off(std::span<AccessStream> streams) {
    flights_.clear();
    for (AccessStream& s : streams) {
        Flight& f = flights_.emplace_back();
        f.stream = &s;
        f.position = wrap(s.beats.address());
        f.velocity = wrap(s.beats.step());
        f.width = s.beats.width();
        f.plane = s.plane;
        if (f.width > 0) f.banks = banks_of(f.position, f.width);
    }
}

void Arbiter::advance(Flight& flight, std::uint64_t beats) const {
    if (flight.velocity == 0) return;
    flight.position = wrap(flight.position + beats * flight.velocity);
    if (flight.width > 0) flight.banks = banks_of(flight.position, flight.width);
}

void Arbiter::hurry(Cycle at, std::span<Flight> flights) {
    for (const Flight& f : flights) {
        AccessStream& s = *f.stream;
        if (s.slack == 0) continue;
        const bool waits = f.width > 0 && s.after > at + s.offset;
        s.late = waits ? s.after - (at + s.offset) : 0;
    }
}

bool Arbiter::meets_only_own(const Flight& flight, Cycle at, std::uint32_t plane) {
    const Cycle when = at + flight.stream->offset + flight.stream->late;
    std::uint32_t others = calendar_.taken(when, plane, flight.banks);  // banks that others have taken
    for (const Flight* f = flights_.data(); f != &flight; ++f)          // in the same slot
        if (f->width > 0 && f->plane == plane && at + f->stream->offset + f->stream->late == when)
            others -= calendar_.common(f->banks, flight.banks);
    if (others == 0) return true;
    if (behind_ >= banks_) return false;
    for (const Flight& f : flights_) {  // in slots before
        const Lane& lane = lanes_[f.stream->lane];
        auto run = lane.runs.rbegin();
        const auto end = lane.runs.rend() - static_cast<std::ptrdiff_t>(lane.head);
        while (run != end && run->from > when) ++run;
        if (run == end || run->last < when || run->plane != plane || (when - run->from) % run->interval != 0)
            continue;
        const std::uint64_t beat = (when - run->from) / run->interval;
        const std::uint32_t position = wrap(run->position + beat * run->velocity);
        others -= calendar_.common(banks_of(position, run->width), flight.banks);
    }
    return others == 0;
}

bool Arbiter::settle_beat(Flight& flight, Cycle at, bool& only_own) {
    AccessStream& s = *flight.stream;
    const Cycle earliest = s.late;
    for (;; ++s.late) {
        flight.plane = s.plane;
        if (take(flight, at)) return true;
        for (flight.plane = 0; ports_ > 1 && flight.plane < ports_; ++flight.plane)
            if (take(flight, at)) return true;
        if (s.late == earliest)
            for (std::uint32_t plane = 0; plane < ports_ && !only_own; ++plane)
                only_own = meets_only_own(flight, at, plane);
        if (s.late >= s.slack) return false;
    }
}

bool Arbiter::settle_slot(Cycle at) {
    for (std::size_t i = 0; i < flights_.size();) {
        Flight& flight = flights_[i];
        bool only_own = false;
        if (flight.width == 0 || settle_beat(flight, at, only_own)) {
            ++i;
        } else if (only_own) {
            for (std::size_t j = i; j < flights_.size(); ++j) ++flights_[j].stream->offset;
            ++behind_;
            hurry(at, std::span(flights_).subspan(i));
        } else {
            while (i-- > 0) {
                if (flights_[i].width > 0) give_back(flights_[i], at);
            }
            return false;
        }
    }
    for (Flight& f : flights_) f.stream->plane = f.plane;
    return true;
}

std::uint64_t Arbiter::settle_steady(Cycle at, std::uint32_t interval, std::uint64_t slots) {
    std::uint64_t free = slots;
    for (std::size_t i = 0; i < flights_.size() && free > 0; ++i) {
        if (flights_[i].width == 0) continue;
        const std::uint64_t found = take_steady(flights_[i], at, interval, free);
        for (std::size_t j = 0; j < i && found < free; ++j)  // they have gone further
            if (flights_[j].width > 0) give_back_steady(flights_[j], at, interval, found, free);
        free = found;
    }
    return free;
}

// Where words follow whole words, all beats of a stream take as many banks.
bool Arbiter::is_series(const Flight& flight) const {
    return calendar_.has_series() && word_of(flight.velocity) * word_ == flight.velocity;
}

BeatSeries Arbiter::series_of(const Flight& flight, Cycle at, std::uint32_t interval) const {
    return {at + flight.stream->offset + flight.stream->late, interval, flight.plane, flight.banks,
            word_of(flight.velocity)};
}

std::uint64_t Arbiter::take_steady(const Flight& flight, Cycle at, std::uint32_t interval,
                                   std::uint64_t slots) {
    if (is_series(flight)) return calendar_.take(series_of(flight, at, interval), slots);
    Flight beat = flight;
    std::uint64_t slot = 0;
    for (; slot < slots && take(beat, at + slot * interval); ++slot) advance(beat, 1);
    return slot;
}

void Arbiter::give_back_steady(const Flight& flight, Cycle at, std::uint32_t interval, std::uint64_t first,
                               std::uint64_t end) {
    if (is_series(flight)) return calendar_.give_back(series_of(flight, at, interval), first, end);
    Flight beat = flight;
    advance(beat, first);
    for (std::uint64_t slot = first; slot < end; ++slot, advance(beat, 1))
        give_back(beat, at + slot * interval);
}

void Arbiter::commit(Cycle at, std::uint32_t interval, std::uint64_t slots) {
    for (Flight& f : flights_) {
        if (f.width > 0) {
            AccessStream& s = *f.stream;
            BeatRun run;
            run.from = at + s.offset + s.late;
            run.last = run.from + (slots - 1) * interval;
            run.count = slots;
            run.interval = interval;
            run.position = f.position;
            run.velocity = f.velocity;
            run.width = f.width;
            run.plane = f.plane;
            enter(lanes_[s.lane], run);
            s.after = run.last + 1;
        }
        advance(f, slots);
    }
}

void Arbiter::enter(Lane& lane, const BeatRun& run) {
    if (used_ != nullptr) used_->mark(run.from, run.interval, run.count);
    lane.free_from = run.last + 1;
    if (lane.head < lane.runs.size()) {
        BeatRun& before = lane.runs.back();
        if (before.interval == run.interval && before.velocity == run.velocity && before.width == run.width &&
            before.plane == run.plane && before.last + run.interval == run.from &&
            wrap(before.position + before.count * before.velocity) == run.position) {
            before.last = run.last;
            before.count += run.count;
            return;
        }
        while (lane.head < lane.runs.size() && lane.runs[lane.head].last < present_) ++lane.head;
    }
    if (lane.head == lane.runs.size()) {
        lane.runs.clear();
        lane.head = 0;
    } else if (lane.head > 64 && lane.head * 2 > lane.runs.size()) {
        lane.runs.erase(lane.runs.begin(), lane.runs.begin() + static_cast<std::ptrdiff_t>(lane.head));
        lane.head = 0;
    }
    lane.runs.push_back(run);
}

void Arbiter::begin(Cycle present) {
    if (present == present_) return;
    calendar_.forget(present_ = present);
    if (used_ != nullptr) used_->settle(present);
}

FlowGrant Arbiter::reserve(Cycle present, Cycle from, std::uint32_t interval, std::uint64_t slots,
                           std::span<AccessStream> streams, std::vector<GrantRun>* runs) {
    begin(present);
    if (runs != nullptr) runs->clear();
    FlowGrant grant;
    Cycle at = from;
    behind_ = 0;
    for (AccessStream& s : streams) {
        s.after = lanes_[s.lane].free_from;
        if (s.after > at + s.offset && s.after - (at + s.offset) > s.slack) at = s.after - s.offset - s.slack;
    }
    const auto granted = [&](std::uint64_t slot, std::uint64_t count) {
        Cycle late = 0;
        for (const AccessStream& s : streams) late = std::max(late, s.late);
        if (runs != nullptr) {
            if (!runs->empty() && runs->back().at + runs->back().slots * interval == at &&
                runs->back().late == late)
                runs->back().slots += count;
            else
                runs->push_back({slot, count, at, late});
        }
        commit(at, interval, count);
        if (slot == 0) grant.first = at;
        at += count * interval;
        grant.last = at - interval;
        return late;
    };
    std::uint64_t together = longest_try;  // how many slots to try together
    for (std::uint64_t slot = 0; slot < slots;) {
        std::uint64_t length = slots - slot;
        for (const AccessStream& s : streams) length = std::min(length, s.beats.left());
        take_off(streams);
        for (const std::uint64_t end = slot + length; slot < end;) {
            hurry(at, flights_);
            for (; !settle_slot(at); ++at, ++grant.conflicts, together = 0) hurry(at + 1, flights_);
            const Cycle late = granted(slot++, 1);
            if (slot == end || (late > 0 && interval > 1)) continue;
            const std::uint64_t tried = std::min(together, end - slot);
            const std::uint64_t steady = tried > 0 ? settle_steady(at, interval, tried) : 0;
            if (steady > 0) granted(slot, steady), slot += steady;
            together = steady < tried ? 0 : std::min(2 * together + 1, longest_try);
        }
        for (AccessStream& s : streams) s.beats.advance(length);
    }
    return grant;
}

FlowGrant Arbiter::reserve_beat(Cycle present, Cycle from, std::uint32_t lane, std::uint32_t plane,
                                BankRange banks) {
    begin(present);
    Cycle& free_from = lanes_[lane].free_from;
    Cycle at = std::max(from, free_from);
    std::uint64_t conflicts = 0;
    if (!calendar_.take(at, plane, banks)) {
        const Cycle wanted = at;
        at = next_free(at, plane, banks);
        conflicts = at - wanted;
    }
    free_from = at + 1;
    if (used_ != nullptr) used_->mark(at);
    return {at, at, conflicts};
}

// Takes the banks in the first cycle from `at` on in which a plane has them; not `plane` in cycle `at`.
Cycle Arbiter::next_free(Cycle at, std::uint32_t plane, BankRange banks) {
    for (;; ++at) {
        for (std::uint32_t other = 0; ports_ > 1 && other < ports_; ++other)
            if (calendar_.take(at, other, banks)) return at;
        if (calendar_.take(at + 1, plane, banks)) return at + 1;
    }
}

}  // namespace octet
