// The arbiter's rule, cycle by cycle and bank by bank: slow, and simple enough to be believed.
#pragma once
#include <map>
#include <set>
#include <span>
#include <vector>

#include "models/types.h"

namespace octet::testing {

struct ReferenceStream {
    std::uint32_t lane = 0, offset = 0, plane = 0;
    Cycle slack = 0;
    struct Beat {
        Address address = 0;
        std::uint32_t width = 0;
    };
    std::vector<Beat> beats;
    std::vector<Cycle> late{};  // of every beat, once it has its grant
};

class Calendar {
  public:
    Calendar(std::uint32_t banks, std::uint32_t ports, std::uint32_t word)
        : banks_(banks), ports_(ports), word_(word) {}

    // The cycle of every slot.
    std::vector<Cycle> reserve(Cycle from, std::uint32_t interval, std::uint64_t slots,
                               std::span<ReferenceStream> streams) {
        std::vector<Cycle> grants;
        std::uint32_t behind = 0;
        std::set<std::uint32_t> own;
        for (const auto& s : streams) {
            own.insert(s.lane);
            if (lane_free_[s.lane] > from + s.offset + s.slack)
                from = lane_free_[s.lane] - s.offset - s.slack;
        }
        for (Cycle at = from; grants.size() < slots; ++at) {
            std::map<Place, std::uint32_t> taken;  // by the beats of this slot
            std::vector<std::uint32_t> chosen(streams.size());
            std::vector<Cycle> late(streams.size());
            bool waits = false;
            for (std::size_t i = 0; i < streams.size() && !waits;) {
                ReferenceStream& s = streams[i];
                if (s.beats[grants.size()].width == 0) {  // no beat
                    chosen[i++] = s.plane;
                    continue;
                }
                bool only_own = false, found = false;
                std::vector<std::uint32_t> planes{s.plane};
                for (std::uint32_t plane = 0; plane < ports_; ++plane) planes.push_back(plane);
                // A beat that is due waits for the one before it, and, in an elastic stream, for its banks.
                const Cycle due = at + s.offset, first = std::max(due, s.slack > 0 ? lane_free_[s.lane] : 0);
                for (Cycle when = first; when <= due + s.slack && !found; ++when)
                    for (const std::uint32_t plane : planes) {
                        bool blocked_by_others = false, blocked_by_own = false, blocked_by_slot = false;
                        const auto places = touched(s, grants.size(), when, plane);
                        for (const Place& p : places) {
                            if (const auto it = used_.find(p); it != used_.end())
                                (own.count(it->second) != 0 ? blocked_by_own : blocked_by_others) = true;
                            blocked_by_slot |= taken.count(p) != 0;
                        }
                        if (!blocked_by_others && !blocked_by_own && !blocked_by_slot) {
                            for (const Place& p : places) taken[p] = s.lane;
                            chosen[i] = plane;
                            late[i] = when - due;
                            found = true;
                            break;
                        }
                        if (when == first && !blocked_by_others && (behind < banks_ || !blocked_by_own))
                            only_own = true;
                    }
                if (found) {
                    ++i;
                } else if (only_own) {
                    ++behind;
                    for (std::size_t j = i; j < streams.size(); ++j) ++streams[j].offset;
                } else {
                    waits = true;
                }
            }
            if (waits) continue;
            used_.insert(taken.begin(), taken.end());
            for (std::size_t i = 0; i < streams.size(); ++i) {
                streams[i].plane = chosen[i];
                streams[i].late.push_back(late[i]);
                if (streams[i].beats[grants.size()].width > 0)
                    lane_free_[streams[i].lane] = at + streams[i].offset + late[i] + 1;
            }
            grants.push_back(at);
            at += interval - 1;
        }
        return grants;
    }

  private:
    struct Place {
        Cycle cycle;
        std::uint32_t bank, plane;
        auto operator<=>(const Place&) const = default;
    };
    std::vector<Place> touched(const ReferenceStream& s, std::size_t slot, Cycle when,
                               std::uint32_t plane) const {
        std::set<Place> places;
        const auto& beat = s.beats[slot];
        for (Address byte = beat.address; byte < beat.address + beat.width; ++byte)
            places.insert({when, static_cast<std::uint32_t>(byte / word_ % banks_), plane});
        return {places.begin(), places.end()};
    }

    std::uint32_t banks_, ports_, word_;
    std::map<Place, std::uint32_t> used_;  // by which lane
    std::map<std::uint32_t, Cycle> lane_free_;
};

}  // namespace octet::testing
