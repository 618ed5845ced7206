#include "models/memory/arbiter.h"

#include <algorithm>
#include <bit>
#include <numeric>

namespace octet {

Arbiter::Arbiter(std::uint32_t banks, std::uint32_t ports, std::uint32_t word_bytes, std::uint32_t lanes)
    : banks_(banks),
      ports_(ports),
      word_(word_bytes),
      ring_(banks * word_bytes),
      ring_mask_(std::has_single_bit(ring_) ? ring_ - 1 : 0),
      word_shift_(std::has_single_bit(word_bytes) ? std::countr_zero(word_bytes) : -1),
      lanes_(lanes),
      own_(lanes) {}

bool Arbiter::overlap(std::uint32_t a, std::uint32_t a_width, std::uint32_t b, std::uint32_t b_width) const {
    const std::uint32_t a_word = word_of(a), b_word = word_of(b);
    const std::uint32_t a_words = word_of(a + a_width - 1) - a_word + 1,
                        b_words = word_of(b + b_width - 1) - b_word + 1;
    const std::uint32_t ahead =
        b_word >= a_word ? b_word - a_word : b_word + banks_ - a_word;  // from a's first bank
    return ahead < a_words || ahead + b_words > banks_;
}

Arbiter::BeatRun Arbiter::run_of(const AccessStream& stream, Cycle slot, std::uint32_t interval,
                                 std::uint64_t count) const {
    BeatRun run;
    run.from = slot + stream.offset + stream.late;
    run.interval = interval;
    run.count = count;
    run.last = run.from + (count - 1) * interval;
    run.position = wrap(stream.beats.address());
    run.velocity = wrap(stream.beats.step());
    run.width = stream.beats.width();
    run.plane = stream.plane;
    run.lane = stream.lane;
    return run;
}

std::uint64_t Arbiter::first_meeting(const BeatRun& a, const BeatRun& b, std::uint64_t limit) const {
    if (a.width == 0 || b.width == 0 || a.plane != b.plane || b.last < a.from || b.from > a.last)
        return limit;
    std::uint64_t i = 0, j = 0;                // the first beats of a and b in one cycle
    std::uint64_t a_stride = 1, b_stride = 1;  // and the distance to the next ones
    if (a.interval == 1 && b.interval == 1) {
        if (b.from > a.from)
            i = b.from - a.from;
        else
            j = a.from - b.from;
    } else {
        if (b.from > a.from) i = ceil_div<std::uint64_t>(b.from - a.from, a.interval);
        std::uint32_t tries = 0;
        while ((a.from + i * a.interval - b.from) % b.interval != 0) {
            if (++tries == b.interval) return limit;
            ++i;
        }
        j = (a.from + i * a.interval - b.from) / b.interval;
        const std::uint32_t common = std::gcd(a.interval, b.interval);
        a_stride = b.interval / common;
        b_stride = a.interval / common;
    }
    if (i >= limit || j >= b.count) return limit;
    std::uint32_t pa = wrap(a.position + i * a.velocity), pb = wrap(b.position + j * b.velocity);
    const std::uint32_t da = wrap(a_stride * a.velocity), db = wrap(b_stride * b.velocity);
    if (overlap(pa, a.width, pb, b.width)) return i;
    // Where both move by the same whole number of words they never meet, or always.
    const bool whole = word_of(da) * word_ == da && word_of(db) * word_ == db;
    if (da == db && whole) return limit;
    for (std::uint32_t step = whole ? banks_ : ring_; step > 1; --step) {  // positions repeat after so many
        i += a_stride;
        j += b_stride;
        if (i >= limit || j >= b.count) return limit;
        if ((pa += da) >= ring_) pa -= ring_;
        if ((pb += db) >= ring_) pb -= ring_;
        if (overlap(pa, a.width, pb, b.width)) return i;
    }
    return limit;
}

std::uint64_t Arbiter::first_conflict(const BeatRun& run, std::uint64_t limit, Against against) const {
    for (const std::uint32_t index : active_) {
        if (against == Against::others && own_[index]) continue;
        const Lane& lane = lanes_[index];
        if (lane.free_from <= run.from) continue;
        auto it = lane.runs.begin() + static_cast<std::ptrdiff_t>(lane.head);
        if (it->last < run.from)
            it = std::partition_point(it, lane.runs.end(),
                                      [&](const BeatRun& r) { return r.last < run.from; });
        for (; it != lane.runs.end() && limit > 0; ++it) {
            if (it->from > run.from + (limit - 1) * run.interval) break;
            limit = first_meeting(run, *it, limit);
        }
    }
    return limit;
}

std::uint64_t Arbiter::free_slots(Cycle at, std::uint32_t interval, std::uint64_t limit,
                                  std::span<AccessStream> streams) const {
    std::uint64_t free = limit;
    for (std::size_t i = 0; i < streams.size() && free > 0; ++i) {
        const BeatRun run = run_of(streams[i], at, interval, limit);
        free = first_conflict(run, free);
        for (std::size_t other = 0; other < i && free > 0;
             ++other) {  // beats of these slots among themselves
            const std::uint64_t meeting =
                first_meeting(run, run_of(streams[other], at, interval, limit), limit);
            if (meeting == limit) continue;
            const Cycle own = streams[i].offset + streams[i].late,
                        others = streams[other].offset + streams[other].late;
            // One that is behind meets a beat of a later slot.
            free = std::min(free, meeting + (own > others ? (own - others) / interval : 0));
        }
    }
    return free;
}

bool Arbiter::hurry(Cycle at, std::uint32_t interval, std::span<AccessStream> streams) {
    bool steady = true;
    for (AccessStream& s : streams) {
        if (s.slack == 0) continue;
        const bool waits = s.beats.width() > 0 && s.after > at + s.offset;
        s.late = waits ? s.after - (at + s.offset) : 0;
        steady &= s.late == 0 || interval == 1;
    }
    return steady;
}

bool Arbiter::settle_slot(Cycle at, std::span<AccessStream> streams) {
    slot_.clear();
    for (std::size_t i = 0; i < streams.size();) {
        AccessStream& stream = streams[i];
        BeatRun beat = run_of(stream, at, 1, 1);
        const auto meets_slot = [&] {
            return std::any_of(slot_.begin(), slot_.end(),
                               [&](const BeatRun& b) { return first_meeting(beat, b, 1) == 0; });
        };
        bool found = false, only_own = false;
        const Cycle earliest = stream.late;
        for (;; ++stream.late, beat.from = ++beat.last) {
            for (std::uint32_t attempt = 0; attempt <= ports_ && !found; ++attempt) {
                beat.plane = attempt > 0 ? attempt - 1 : stream.plane;
                if (first_conflict(beat, 1) == 1) {
                    found = !meets_slot();
                    only_own |= stream.late == earliest;
                } else if (stream.late == earliest && behind_ < banks_ &&
                           first_conflict(beat, 1, Against::others) == 1) {
                    only_own = true;
                }
            }
            if (found || stream.late >= stream.slack) break;
        }
        if (found) {
            slot_.push_back(beat);
            ++i;
        } else if (only_own) {
            for (std::size_t j = i; j < streams.size(); ++j) ++streams[j].offset;
            ++behind_;
            hurry(at, 1, streams.subspan(i));
        } else {
            return false;
        }
    }
    for (std::size_t i = 0; i < streams.size(); ++i) streams[i].plane = slot_[i].plane;
    return true;
}

void Arbiter::commit(const BeatRun& run) {
    if (used_ != nullptr) used_->mark(run.from, run.interval, run.count);
    Lane& lane = lanes_[run.lane];
    lane.free_from = run.last + 1;
    if (lane.empty()) {
        lane.runs.clear();
        lane.head = 0;
        active_.push_back(run.lane);
    } else {
        BeatRun& before = lane.runs.back();
        if (before.interval == run.interval && before.velocity == run.velocity && before.width == run.width &&
            before.plane == run.plane && before.last + run.interval == run.from &&
            wrap(before.position + before.count * before.velocity) == run.position) {
            before.last = run.last;
            before.count += run.count;
            return;
        }
        if (lane.head > 64 && lane.head * 2 > lane.runs.size()) {
            lane.runs.erase(lane.runs.begin(), lane.runs.begin() + static_cast<std::ptrdiff_t>(lane.head));
            lane.head = 0;
        }
    }
    lane.runs.push_back(run);
}

void Arbiter::forget(Cycle present) {
    std::erase_if(active_, [&](std::uint32_t index) {
        Lane& lane = lanes_[index];
        while (!lane.empty() && lane.runs[lane.head].last < present) ++lane.head;
        return lane.empty();
    });
}

FlowGrant Arbiter::reserve(Cycle present, Cycle from, std::uint32_t interval, std::uint64_t slots,
                           std::span<AccessStream> streams, std::vector<GrantRun>* runs) {
    forget(present);
    if (runs != nullptr) runs->clear();
    FlowGrant grant;
    Cycle at = from;
    behind_ = 0;
    for (AccessStream& s : streams) {
        own_[s.lane] = true;
        s.after = lanes_[s.lane].free_from;
        if (s.after > at + s.offset && s.after - (at + s.offset) > s.slack) at = s.after - s.offset - s.slack;
    }
    for (std::uint64_t slot = 0; slot < slots;) {
        std::uint64_t length = slots - slot;
        for (const AccessStream& s : streams) length = std::min(length, s.beats.left());
        std::uint64_t free = hurry(at, interval, streams) ? free_slots(at, interval, length, streams) : 0;
        if (free == 0) {
            if (!settle_slot(at, streams)) {
                ++at, ++grant.conflicts;
                continue;
            }
            const bool steady =
                interval == 1 || std::all_of(streams.begin(), streams.end(),
                                             [](const AccessStream& s) { return s.late == 0; });
            free = steady ? free_slots(at, interval, length, streams) : 1;
        }
        for (AccessStream& s : streams) {
            const BeatRun run = run_of(s, at, interval, free);
            if (run.width > 0) {
                commit(run);
                s.after = run.last + 1;
            }
            s.beats.advance(free);
        }
        Cycle late = 0;
        for (const AccessStream& s : streams) late = std::max(late, s.late);
        if (slot == 0) grant.first = at;
        if (runs != nullptr) {
            if (!runs->empty() && runs->back().at + runs->back().slots * interval == at &&
                runs->back().late == late)
                runs->back().slots += free;
            else
                runs->push_back({slot, free, at, late});
        }
        grant.last = at + (free - 1) * interval;
        at += free * interval;
        slot += free;
    }
    for (const AccessStream& s : streams) own_[s.lane] = false;
    return grant;
}

}  // namespace octet
