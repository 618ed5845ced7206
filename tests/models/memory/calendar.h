// The arbiter's rule, cycle by cycle and bank by bank: slow, and simple enough to be believed.
#pragma once
#include <map>
#include <set>
#include <span>
#include <vector>

#include "models/types.h"

namespace octet::testing {

struct ReferenceStream {
    std::uint32_t lane = 0, width = 0, offset = 0, plane = 0;
    std::vector<Address> beats;  // the address of every beat
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
            if (lane_free_[s.lane] > from + s.offset) from = lane_free_[s.lane] - s.offset;
        }
        for (Cycle at = from; grants.size() < slots; ++at) {
            std::map<Place, std::uint32_t> taken;  // by the beats of this slot
            std::vector<std::uint32_t> chosen(streams.size());
            bool waits = false;
            for (std::size_t i = 0; i < streams.size() && !waits;) {
                ReferenceStream& s = streams[i];
                bool only_own = false, found = false;
                std::vector<std::uint32_t> planes{s.plane};
                for (std::uint32_t plane = 0; plane < ports_; ++plane) planes.push_back(plane);
                for (const std::uint32_t plane : planes) {
                    bool blocked_by_others = false, blocked_by_own = false, blocked_by_slot = false;
                    const auto places = touched(s, grants.size(), at, plane);
                    for (const Place& p : places) {
                        if (const auto it = used_.find(p); it != used_.end())
                            (own.count(it->second) != 0 ? blocked_by_own : blocked_by_others) = true;
                        blocked_by_slot |= taken.count(p) != 0;
                    }
                    if (!blocked_by_others && !blocked_by_own && !blocked_by_slot) {
                        for (const Place& p : places) taken[p] = s.lane;
                        chosen[i] = plane;
                        found = true;
                        break;
                    }
                    if (!blocked_by_others && (behind < banks_ || !blocked_by_own)) only_own = true;
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
                lane_free_[streams[i].lane] = at + streams[i].offset + 1;
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
    std::vector<Place> touched(const ReferenceStream& s, std::size_t slot, Cycle at,
                               std::uint32_t plane) const {
        std::set<Place> places;
        for (Address byte = s.beats[slot]; byte < s.beats[slot] + s.width; ++byte)
            places.insert({at + s.offset, static_cast<std::uint32_t>(byte / word_ % banks_), plane});
        return {places.begin(), places.end()};
    }

    std::uint32_t banks_, ports_, word_;
    std::map<Place, std::uint32_t> used_;  // by which lane
    std::map<std::uint32_t, Cycle> lane_free_;
};

}  // namespace octet::testing
