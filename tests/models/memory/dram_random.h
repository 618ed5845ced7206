// Random parts, and streams that provoke what a controller has to decide.
#pragma once
#include <algorithm>
#include <random>

#include "models/memory/dram_stream.h"

namespace octet::testing {

class DramDice {
  public:
    explicit DramDice(unsigned seed) : random_(seed) {}
    int pick(int low, int high) { return std::uniform_int_distribution<int>(low, high)(random_); }

    DramDeviceConfig part() {
        DramDeviceConfig c;
        c.standard = "random";
        const int widths[] = {8, 16, 32, 64, 128};
        c.device_width = widths[pick(0, 4)];
        c.burst_length = 4 << pick(0, 2);
        c.channels = pick(0, 3) == 0 ? pick(2, 3) : 1;
        c.ranks = pick(0, 3) == 0 ? pick(2, 3) : 1;
        c.bank_groups = pick(0, 1) == 0 ? 1 : pick(2, 4);
        c.banks = pick(1, 4);
        c.rows = static_cast<std::uint64_t>(pick(0, 2) == 0 ? pick(3, 40) : 1 << pick(4, 10));
        c.columns =
            static_cast<std::uint64_t>(c.burst_length * (pick(0, 2) == 0 ? pick(3, 20) : 1 << pick(2, 6)));
        const int ccd_s = pick(0, 3) == 0 ? pick(1, 3) : c.burst_length / 2 + pick(0, 1) * pick(0, 3);
        const int ras = pick(8, 60), rp = pick(3, 25), rcd = pick(2, 25), rrd = pick(1, 12),
                  wtr = pick(1, 14);
        c.timing = {{"RL", pick(3, 30)},
                    {"WL", pick(2, 24)},
                    {"tRCDRD", rcd},
                    {"tRCDWR", pick(2, rcd)},
                    {"tRP", rp},
                    {"tRPab", rp + pick(0, 6)},
                    {"tRAS", ras},
                    {"tRC", ras + rp + pick(-3, 3)},
                    {"tRRD_S", rrd},
                    {"tRRD_L", rrd + pick(0, 5)},
                    {"tFAW", pick(rrd, 5 * rrd)},
                    {"tWR", pick(1, 30)},
                    {"tRTP", pick(1, 14)},
                    {"tWTR_S", wtr},
                    {"tWTR_L", wtr + pick(0, 8)},
                    {"tCCD_S", ccd_s},
                    {"tCCD_L", std::max(1, ccd_s + pick(-2, 4))},
                    {"tREFI", pick(0, 5) == 0 ? 0 : pick(600, 3000)},
                    {"tRFC", pick(20, 250)}};
        c.read_queue = pick(0, 1) == 0 ? 32 : pick(1, 40);
        c.write_buffer = pick(0, 1) == 0 ? 32 : pick(1, 40);
        c.bank_queue = pick(0, 1) == 0 ? 8 : pick(1, 10);
        c.open_page = pick(0, 3) != 0;
        c.row_hit_cap = pick(0, 1) == 0 ? 4 : pick(1, 8);
        std::vector<std::string> fields{"row", "rank", "bankgroup", "bank", "column"};
        if (pick(0, 1) == 0) fields.emplace_back("channel");
        if (pick(0, 1) == 0) std::shuffle(fields.begin(), fields.end(), random_);
        c.mapping.clear();
        for (const std::string& field : fields) c.mapping += (c.mapping.empty() ? "" : "|") + field;
        return c;
    }

    // Runs of neighbours, jumps inside a few places, repeated addresses; reads and writes in streaks; pauses.
    std::vector<DramRequest> stream(int length) {
        std::vector<DramRequest> requests;
        std::vector<std::uint64_t> places;
        for (int i = pick(1, 12); i > 0; --i) places.push_back(random_() % (1U << pick(10, 26)));
        const int writes = pick(0, 3) == 0 ? 0 : pick(0, 10);   // in ten
        const int pauses = pick(0, 1) == 0 ? 0 : pick(1, 100);  // in a thousand
        std::uint64_t address = 0;
        DramClock earliest = 0;
        for (bool write = pick(1, 10) <= writes; static_cast<int>(requests.size()) < length;) {
            if (pick(0, 9) == 0) write = pick(1, 10) <= writes;
            const int how = pick(0, 9);
            if (how < 6)
                address += 64;
            else if (how < 8)
                address = places[static_cast<std::size_t>(pick(0, static_cast<int>(places.size()) - 1))] +
                          static_cast<std::uint64_t>(pick(0, 3)) * 64;
            else if (how < 9)
                address = random_() % (1U << 26);
            for (int run = how < 6 ? pick(1, 20) : 1; run > 0; --run) {
                if (pick(1, 1000) <= pauses)
                    earliest += static_cast<DramClock>(pick(1, pick(0, 3) == 0 ? 2000 : 40));
                requests.push_back({address, write, earliest});
                if (run > 1) address += 64;
            }
        }
        return requests;
    }

  private:
    std::mt19937 random_;
};

class DramList : public DramRequests {
  public:
    explicit DramList(std::vector<DramRequest> requests) : requests_(std::move(requests)) {}
    std::size_t read(std::span<DramRequest> room) override {
        const std::size_t n = std::min(room.size(), requests_.size() - at_);
        std::copy_n(requests_.begin() + static_cast<std::ptrdiff_t>(at_), n, room.begin());
        at_ += n;
        return n;
    }

  private:
    std::vector<DramRequest> requests_;
    std::size_t at_ = 0;
};

}  // namespace octet::testing
