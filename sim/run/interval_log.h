// Intervals of one track, in order of time, in a few bytes each.
#pragma once
#include <cstdint>
#include <vector>

#include "models/types.h"

namespace octet {

class IntervalLog {
  public:
    struct Interval {
        Cycle from = 0, to = 0;
        std::uint8_t state = 0;
        OperationId operation = 0;
        bool same(const Interval& other) const {
            return state == other.state && operation == other.operation;
        }
    };

    // Not before the end of the one before. Equal ones that touch become one.
    void add(const Interval& interval) {
        if (interval.to <= interval.from) return;
        if (last_.to == interval.from && last_.to > last_.from && last_.same(interval)) {
            last_.to = interval.to;
            return;
        }
        write();
        last_ = interval;
    }
    // Nothing more comes: from now on it can be read.
    void close() {
        write();
        last_ = {};
    }

    class Reader {
      public:
        explicit Reader(const IntervalLog& log) : log_(log) {}
        // False: there is none left, and what is then in `interval` lies after all time.
        bool next(Interval& interval) {
            if (at_ == log_.bytes_.size()) {
                interval = {~Cycle{0}, ~Cycle{0}, 0, 0};
                return false;
            }
            interval.from = interval_.to + number();
            interval.to = interval.from + number();
            const std::uint64_t state = number();
            interval.state = static_cast<std::uint8_t>(state >> 1U);
            interval.operation = interval_.operation;
            if ((state & 1U) != 0) interval.operation = static_cast<OperationId>(number());
            interval_ = interval;
            return true;
        }

      private:
        std::uint64_t number() {
            std::uint64_t value = 0;
            for (unsigned shift = 0;; shift += 7) {
                const std::uint8_t byte = log_.bytes_[at_++];
                value |= std::uint64_t{byte & 0x7fU} << shift;
                if (byte < 0x80) return value;
            }
        }
        const IntervalLog& log_;
        std::size_t at_ = 0;
        Interval interval_;
    };

  private:
    // Seven bits a byte, the lowest first: distance from the end of the one before, length, twice the state
    // plus one if an operation follows, else it is that of the one before.
    void write() {
        if (last_.to <= last_.from) return;
        number(last_.from - written_.to);
        number(last_.to - last_.from);
        const bool another = last_.operation != written_.operation;
        number(std::uint64_t{last_.state} * 2 + (another ? 1 : 0));
        if (another) number(last_.operation);
        written_ = last_;
    }
    void number(std::uint64_t value) {
        for (; value >= 0x80; value >>= 7U) bytes_.push_back(static_cast<std::uint8_t>(value | 0x80U));
        bytes_.push_back(static_cast<std::uint8_t>(value));
    }

    std::vector<std::uint8_t> bytes_;
    Interval last_, written_;
};

}  // namespace octet
