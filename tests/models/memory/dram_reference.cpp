#include "tests/models/memory/dram_reference.h"

#include <set>

namespace octet::testing {

ReferenceResult reference_dram(const DramDeviceConfig& c, const std::vector<DramRequest>& requests) {
    ReferenceResult result;
    result.commands.resize(static_cast<std::size_t>(c.channels));
    std::deque<ReferenceChannel> channels;
    for (int i = 0; i < c.channels; ++i)
        channels.emplace_back(c, result, result.commands[static_cast<std::size_t>(i)]);

    struct Offer {
        std::size_t request;
        std::uint64_t burst;
    };
    std::deque<Offer> offers;
    const std::uint64_t bytes = static_cast<std::uint64_t>(c.device_width) * c.burst_length / 8;
    std::vector<std::size_t> left(requests.size(), 0);
    for (std::size_t i = 0; i < requests.size(); ++i) {
        const std::uint64_t first = requests[i].address / 64 * 64;
        for (std::uint64_t burst = first / bytes; burst * bytes < first + 64; ++burst) {
            offers.push_back({i, burst});
            ++left[i];
        }
    }
    std::vector<std::optional<DramClock>> taken(requests.size());
    std::vector<DramClock> end(requests.size(), 0);
    std::set<std::size_t> unserved;
    for (std::size_t i = 0; i < requests.size(); ++i)
        if (!requests[i].write) unserved.insert(i);

    for (DramClock now = 0;; ++now) {
        bool busy = !offers.empty() || !unserved.empty();
        for (const ReferenceChannel& channel : channels) busy |= !channel.empty();
        if (!busy) {
            for (ReferenceChannel& channel : channels) {  // the state that the last clock left
                for (DramClock rest = now; rest <= result.clocks; ++rest) channel.count_active();
                channel.close_books(result.clocks);
            }
            break;
        }
        for (ReferenceChannel& channel : channels) channel.clock(now);
        if (!offers.empty()) {
            const Offer offer = offers.front();
            const DramRequest& request = requests[offer.request];
            const ReferencePlace place = place_of(c, offer.burst);
            ReferenceChannel& channel = channels[static_cast<std::size_t>(place.channel)];
            if (now >= request.earliest && channel.room(request.write)) {
                if (!taken[offer.request]) taken[offer.request] = now;
                channel.take(now, offer.burst, place, request.write, offer.request);
                offers.pop_front();
                if (offers.empty())
                    for (ReferenceChannel& each : channels) each.ended = true;
            }
        }
        for (ReferenceChannel& channel : channels) {
            for (const auto& [request, at] : channel.served) {
                end[request] = std::max(end[request], at);
                if (--left[request] > 0) continue;
                result.latencies.push_back(end[request] - *taken[request]);
                result.clocks = std::max(result.clocks, end[request]);
                unserved.erase(request);
            }
            channel.served.clear();
        }
    }
    return result;
}

}  // namespace octet::testing
