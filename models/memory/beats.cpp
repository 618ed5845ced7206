#include "models/memory/beats.h"

namespace octet {

BeatCursor::RunBeats BeatCursor::run_beats(const Strips& strips, std::uint64_t width) {
    RunBeats beats;
    if (strips.count == 0) return beats;
    beats.each = static_cast<std::uint32_t>(ceil_div<std::uint64_t>(strips.bytes, width));
    beats.last = static_cast<std::uint32_t>(ceil_div<std::uint64_t>(strips.last_bytes, width));
    beats.total = std::uint64_t{strips.count - 1} * beats.each + beats.last;
    beats.width = std::max<std::uint64_t>(strips.count > 1 ? ceil_div(strips.bytes, beats.each) : 1,
                                          ceil_div(strips.last_bytes, beats.last));
    return beats;
}

BeatCursor BeatCursor::per_strip(const Strips& strips, std::uint32_t beats, std::uint32_t beats_last) {
    BeatCursor c;
    c.mode_ = Mode::per_strip;
    c.strips_ = strips;
    c.beats_ = beats;
    c.beats_last_ = beats_last;
    c.next_strip();
    return c;
}

BeatCursor BeatCursor::vectors(const Strips& strips, std::uint64_t step, std::uint64_t first_byte) {
    BeatCursor c;
    const std::uint64_t total = strips.total();
    if (total == 0) return linear(strips.base, 0);
    first_byte %= total;
    c.mode_ = Mode::vectors;
    c.strips_ = strips;
    c.step_ = step;
    c.strip_ =
        static_cast<std::uint32_t>(std::min<std::uint64_t>(first_byte / strips.bytes, strips.count - 1));
    c.offset_ = first_byte - std::uint64_t{c.strip_} * strips.bytes;
    c.next_strip();
    return c;
}

void BeatCursor::next_strip() {
    switch (mode_) {
        case Mode::linear:
            left_ = endless;
            return;
        case Mode::per_strip: {
            if (strip_ >= strips_.count) return;
            const bool last = strip_ + 1 == strips_.count;
            const std::uint32_t beats = last ? beats_last_ : beats_;
            address_ = strips_.address(strip_);
            if (strips_.step != 0) {  // vectors apart from one another
                step_ = strips_.step;
                left_ = beats;
                ++strip_;
            } else if (beats == 1 && !last) {  // one beat a strip: the strips themselves are the steps
                step_ = strips_.stride;
                left_ = strips_.count - 1 - strip_;
                strip_ = strips_.count - 1;
            } else {
                step_ = ceil_div(strips_.size(strip_), beats);
                left_ = beats;
                ++strip_;
            }
            return;
        }
        case Mode::vectors:
            while (offset_ >= strips_.size(strip_)) {
                offset_ -= strips_.size(strip_);
                strip_ = strip_ + 1 == strips_.count ? 0 : strip_ + 1;
            }
            address_ = strips_.address(strip_) + offset_;
            left_ = ceil_div(strips_.size(strip_) - offset_, step_);
            offset_ += left_ * step_;
            return;
    }
}

}  // namespace octet
