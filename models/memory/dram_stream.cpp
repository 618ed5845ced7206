#include "models/memory/dram_stream.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace octet {
namespace {

class Stream {
  public:
    Stream(const DramDeviceConfig& config, DramRequests& requests)
        : requests_(requests),
          part_(config),
          mapping_(part_, config.mapping),
          burst_shift_(std::has_single_bit(part_.burst_bytes) ? std::countr_zero(part_.burst_bytes) : -1) {
        for (std::uint32_t i = 0; i < part_.channels; ++i) channels_.emplace_back(part_, DramQueues(config));
    }

    void log(std::vector<std::vector<DramCommand>>& logs) {
        logs.resize(channels_.size());
        for (std::size_t i = 0; i < channels_.size(); ++i) channels_[i].log(&logs[i]);
    }

    DramStreamResult run() {
        fetch();
        if (channels_.size() == 1)
            while (advance(std::span<DramChannel, 1>(channels_))) {
            }
        else
            while (advance(std::span(channels_))) {
            }
        for (const DramChannel& channel : channels_)
            result_.clocks = std::max(result_.clocks, channel.last_beat());
        for (const DramChannel& channel : channels_) result_.counts += channel.counts(result_.clocks);
        return std::move(result_);
    }

  private:
    struct Waiting {  // a read whose bursts are under way
        DramClock taken = 0, done = 0;
        std::uint32_t bursts = 0;
    };

    // One clock in which something happens; false: there will be none.
    template <class Channels>
    bool advance(Channels channels) {
        DramClock now = dram_never;
        if (offering_ && channels[place_.channel].has_room(request_.write))
            now = std::max(offer_from_, request_.earliest);
        const DramClock offer = now;
        if (offering_)
            for (DramChannel& channel : channels)
                if (channel.next() < offer) channel.rest_until(offer);
        for (const DramChannel& channel : channels) now = std::min(now, channel.next());
        if (!offering_ && served()) return false;
        for (DramChannel& channel : channels)
            if (channel.next() <= now) {
                channel.step(now);
                finish(channel);
            }
        if (now >= offer || (offering_ && now >= std::max(offer_from_, request_.earliest) &&
                             channels[place_.channel].has_room(request_.write)))
            take(channels[place_.channel], now);
        return true;
    }

    void fetch() {
        if (at_ == held_) {
            held_ = requests_.read(buffer_);
            at_ = 0;
        }
        offering_ = held_ > 0;
        if (!offering_) return;
        request_ = buffer_[at_++];
        const std::uint64_t first = request_.address / DramRequest::bytes * DramRequest::bytes;
        const std::uint64_t burst = burst_of(first);
        left_ = static_cast<std::uint32_t>(burst_of(first + DramRequest::bytes - 1) - burst + 1);
        burst_ = burst;
        place_ = cursor_.place(burst_);
        tag_ = DramChannel::no_tag;
        ++(request_.write ? result_.writes : result_.reads);
        if (request_.write) return;
        if (free_.empty()) {
            free_.push_back(static_cast<std::uint32_t>(waiting_.size()));
            waiting_.emplace_back();
        }
        tag_ = free_.back();
        free_.pop_back();
        waiting_[tag_] = {dram_never, 0, left_};
        ++under_way_;
    }

    std::uint64_t burst_of(std::uint64_t address) const {
        return burst_shift_ >= 0 ? address >> burst_shift_ : address / part_.burst_bytes;
    }
    void take(DramChannel& channel, DramClock now) {
        if (tag_ != DramChannel::no_tag) waiting_[tag_].taken = std::min(waiting_[tag_].taken, now);
        channel.take(now, place_, burst_, request_.write, tag_);
        finish(channel);
        offer_from_ = now + 1;
        if (--left_ > 0) {
            place_ = cursor_.place(++burst_);
            return;
        }
        fetch();
        if (!offering_)
            for (DramChannel& each : channels_) each.last(now);
    }

    void finish(DramChannel& channel) {
        if (channel.done().empty()) return;
        for (const DramChannel::Done& done : channel.done()) {
            Waiting& read = waiting_[done.tag];
            read.done = std::max(read.done, done.at);
            if ((read.bursts -= done.bursts) > 0) continue;
            result_.latency.add(read.done - read.taken);
            result_.clocks = std::max(result_.clocks, read.done);
            free_.push_back(done.tag);
            --under_way_;
        }
        channel.done().clear();
    }

    bool served() const {
        return under_way_ == 0 &&
               std::ranges::all_of(channels_, [](const DramChannel& c) { return c.empty(); });
    }

    DramRequests& requests_;
    DramPart part_;
    DramMapping mapping_;
    DramCursor cursor_{mapping_};
    int burst_shift_;
    std::vector<DramChannel> channels_;
    std::array<DramRequest, 1024> buffer_;
    std::size_t at_ = 0, held_ = 0;

    bool offering_ = false;  // the burst below is on offer
    DramRequest request_;
    std::uint64_t burst_ = 0;
    std::uint32_t left_ = 0;  // bursts of the request, this one included
    DramPlace place_;
    std::uint32_t tag_ = DramChannel::no_tag;
    DramClock offer_from_ = 0;

    std::vector<Waiting> waiting_;
    std::vector<std::uint32_t> free_;
    std::uint64_t under_way_ = 0;
    DramStreamResult result_;
};

}  // namespace

std::uint64_t LatencyCounts::quantile(double part) const {
    const auto rank = static_cast<std::uint64_t>(std::ceil(part * static_cast<double>(total_)));
    std::uint64_t seen = 0;
    for (std::size_t clocks = 0;; ++clocks)
        if ((seen += counts_.at(clocks)) >= std::max<std::uint64_t>(rank, 1)) return clocks;
}

DramStreamResult run_dram_stream(const DramDeviceConfig& config, DramRequests& requests,
                                 std::vector<std::vector<DramCommand>>* logs) {
    Stream stream(config, requests);
    if (logs != nullptr) stream.log(*logs);
    return stream.run();
}

}  // namespace octet
