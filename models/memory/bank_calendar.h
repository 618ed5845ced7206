// Which banks are taken through which port number (plane) in which cycle: one bit each, in pages of 64 cycles
// that exist from the first beat in them until they are past.
#pragma once
#include <algorithm>
#include <cstdint>
#include <memory>
#include <vector>

#include "models/types.h"

namespace octet {

struct BankRange {  // `count` banks from `first` on; after the last bank comes bank 0
    std::uint32_t first = 0, count = 0;
};

// Beats `interval` cycles apart, each `step` banks further than the one before.
struct BeatSeries {
    Cycle from = 0, interval = 1;
    std::uint32_t plane = 0;
    BankRange banks;  // of the first beat
    std::uint32_t step = 0;
};

class BankCalendar {
  public:
    BankCalendar(std::uint32_t banks, std::uint32_t planes)
        : banks_(banks), words_(ceil_div(banks, 64U)), cell_(planes * words_) {}

    // Nothing before `cycle` is asked for any more.
    void forget(Cycle cycle) {
        while (base_ < cycle / page_cycles && head_ < pages_.size()) {
            if (pages_[head_]) spare_.push_back(std::move(pages_[head_]));
            ++head_, ++base_;
        }
        if (head_ == pages_.size()) {
            pages_.clear();
            head_ = 0;
            base_ = cycle / page_cycles;
        } else if (head_ > 1024 && head_ * 2 > pages_.size()) {
            pages_.erase(pages_.begin(), pages_.begin() + static_cast<std::ptrdiff_t>(head_));
            head_ = 0;
        }
    }

    // Takes all banks of the range if they are free.
    bool take(Cycle cycle, std::uint32_t plane, BankRange range) {
        std::uint64_t* word = cell(cycle, plane);
        if (words_ == 1) {
            const std::uint64_t mask = mask_of(range);
            if ((*word & mask) != 0) return false;
            *word |= mask;
            return true;
        }
        if (count(word, range) != 0) return false;
        each_word(range, [&](std::uint32_t i, std::uint64_t mask) { word[i] |= mask; });
        return true;
    }
    void give_back(Cycle cycle, std::uint32_t plane, BankRange range) {
        std::uint64_t* word = cell(cycle, plane);
        if (words_ == 1)
            *word &= ~mask_of(range);
        else
            each_word(range, [&](std::uint32_t i, std::uint64_t mask) { word[i] &= ~mask; });
    }
    // Takes the banks of the first `beats` beats, or of those before the first one that is not free. How
    // many.
    std::uint64_t take(const BeatSeries& series, std::uint64_t beats) {
        return walk(series, 0, beats, [](std::uint64_t& word, std::uint64_t mask) {
            if ((word & mask) != 0) return false;
            word |= mask;
            return true;
        });
    }
    // Those of beats `first` to `end` - 1.
    void give_back(const BeatSeries& series, std::uint64_t first, std::uint64_t end) {
        walk(series, first, end, [](std::uint64_t& word, std::uint64_t mask) {
            word &= ~mask;
            return true;
        });
    }
    // May beats come as a series?
    bool has_series() const { return words_ == 1; }

    // How many banks of the range are taken.
    std::uint32_t taken(Cycle cycle, std::uint32_t plane, BankRange range) {
        return count(cell(cycle, plane), range);
    }

    // How many banks two ranges have in common.
    std::uint32_t common(BankRange a, BankRange b) const {
        const std::uint32_t ahead = b.first >= a.first ? b.first - a.first : b.first + banks_ - a.first;
        const std::uint32_t behind = banks_ - ahead;  // from the first bank of `b` to that of `a`
        return (a.count > ahead ? std::min(a.count - ahead, b.count) : 0) +
               (b.count > behind ? std::min(b.count - behind, a.count) : 0);
    }

  private:
    static constexpr Cycle page_cycles = 64;
    using Page = std::unique_ptr<std::uint64_t[]>;

    std::uint64_t* cell(Cycle cycle, std::uint32_t plane) {
        const std::uint64_t index = head_ + cycle / page_cycles - base_;
        if (index >= pages_.size() || !pages_[index]) open(index);
        return pages_[index].get() + cycle % page_cycles * cell_ + plane * words_;
    }
    void open(std::uint64_t index) {
        if (index >= pages_.size()) pages_.resize(index + 1);
        if (spare_.empty()) {
            pages_[index] = std::make_unique<std::uint64_t[]>(page_cycles * cell_);
        } else {
            pages_[index] = std::move(spare_.back());
            spare_.pop_back();
            std::fill_n(pages_[index].get(), page_cycles * cell_, 0);
        }
    }
    static std::uint64_t ones(std::uint32_t count) {  // 1 to 64
        return ~std::uint64_t{0} >> (64 - count);
    }
    static std::uint32_t ones_in(std::uint64_t bits) {  // std::popcount is a call on the oldest processors
        bits -= bits >> 1 & 0x5555555555555555U;
        bits = (bits & 0x3333333333333333U) + (bits >> 2 & 0x3333333333333333U);
        bits = (bits + (bits >> 4)) & 0x0f0f0f0f0f0f0f0fU;
        return static_cast<std::uint32_t>(bits * 0x0101010101010101U >> 56);
    }
    std::uint64_t mask_of(BankRange range) const {  // at most 64 banks
        const std::uint64_t mask = ones(range.count) << range.first;
        const std::uint32_t end = range.first + range.count;
        return end <= banks_ ? mask : (mask & ones(banks_)) | ones(end - banks_);
    }
    // f(word of the beat, its banks) for beats `beat` to `end` - 1, until it is false: for which beat?
    template <class F>
    std::uint64_t walk(const BeatSeries& series, std::uint64_t beat, std::uint64_t end, F&& f) {
        const std::uint32_t step = series.step, back = (banks_ - step) % 64;
        const std::uint64_t all = ones(banks_);
        std::uint64_t mask = mask_of(
            {static_cast<std::uint32_t>((series.banks.first + beat * step) % banks_), series.banks.count});
        Cycle at = series.from + beat * series.interval;
        const Cycle stride = series.interval * cell_;
        while (beat < end) {
            std::uint64_t* word = cell(at, series.plane);
            const Cycle page_end = (at / page_cycles + 1) * page_cycles;
            const std::uint64_t here = std::min(end - beat, ceil_div(page_end - at, series.interval));
            at += here * series.interval;
            for (const std::uint64_t stop = beat + here; beat < stop; ++beat, word += stride) {
                if (!f(*word, mask)) return beat;
                if (step != 0) mask = (mask << step | mask >> back) & all;
            }
        }
        return end;
    }
    template <class F>
    void each_word(BankRange range, F&& f) const {
        std::uint32_t bank = range.first;
        for (std::uint32_t left = range.count; left > 0;) {
            const std::uint32_t here = std::min({left, 64 - bank % 64, banks_ - bank});
            f(bank / 64, ones(here) << bank % 64);
            left -= here;
            if ((bank += here) == banks_) bank = 0;
        }
    }
    std::uint32_t count(const std::uint64_t* word, BankRange range) const {
        std::uint32_t sum = 0;
        each_word(range, [&](std::uint32_t i, std::uint64_t mask) { sum += ones_in(word[i] & mask); });
        return sum;
    }

    std::uint32_t banks_, words_, cell_;  // cell: words of all planes in one cycle
    std::vector<Page> pages_, spare_;
    std::size_t head_ = 0;
    Cycle base_ = 0;  // the page of pages_[head_]
};

}  // namespace octet
