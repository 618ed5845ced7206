#include "models/memory/beats.h"

namespace octet {

VectorStrips::VectorStrips(const Strips& given, std::uint64_t each, std::uint64_t in_last)
    : strips(given), vectors(each), last(in_last) {
    const std::uint64_t together = std::uint64_t{strips.count - 1} * strips.bytes;
    if (strips.count < 2 || strips.step != 0 || strips.stride != strips.bytes || strips.last_shift != 0 ||
        together + strips.last_bytes > 0xffffffffU)
        return;
    if (strips.last_bytes * vectors == std::uint64_t{strips.bytes} * last) {  // the last vectors are as wide
        vectors = last = vectors * (strips.count - 1) + last;
        strips = {strips.base,
                  1,
                  static_cast<std::uint32_t>(together + strips.last_bytes),
                  static_cast<std::uint32_t>(together + strips.last_bytes),
                  0,
                  0};
    } else if (strips.count > 2) {
        vectors *= strips.count - 1;
        strips = {strips.base, 2, static_cast<std::uint32_t>(together), strips.last_bytes, together, 0};
    }
}

BeatCursor BeatCursor::linear(Address base, std::uint64_t step, std::uint64_t width) {
    BeatCursor c;
    c.address_ = base;
    c.step_ = step;
    c.width_ = width;
    c.left_ = endless;
    return c;
}

BeatCursor BeatCursor::groups(const VectorStrips& strips, std::uint64_t group) {
    BeatCursor c;
    c.mode_ = Mode::groups;
    c.strips_ = strips.strips;
    c.vectors_ = strips.vectors;
    c.last_ = strips.last;
    c.group_ = group;
    c.next_piece();
    return c;
}

BeatCursor BeatCursor::members(const VectorStrips& strips, std::uint64_t group, std::uint64_t member) {
    BeatCursor c;
    c.mode_ = Mode::members;
    c.strips_ = strips.strips;
    c.vectors_ = strips.vectors;
    c.last_ = strips.last;
    c.group_ = group;
    c.member_ = member;
    c.next_piece();
    return c;
}

BeatCursor BeatCursor::vectors(const Strips& strips, std::uint64_t step, std::uint64_t first_byte) {
    BeatCursor c;
    const std::uint64_t total = strips.total();
    if (total == 0) return linear(strips.base, 0, step);
    first_byte %= total;
    c.mode_ = Mode::vectors;
    c.strips_ = strips;
    c.step_ = c.width_ = step;
    c.strip_ =
        static_cast<std::uint32_t>(std::min<std::uint64_t>(first_byte / strips.bytes, strips.count - 1));
    c.offset_ = first_byte - std::uint64_t{c.strip_} * strips.bytes;
    c.next_piece();
    return c;
}

// The beats of a strip that are alike, then, if there are any, those at its end that are not.
void BeatCursor::take_regular(std::uint64_t beats, std::uint64_t width, bool rest) {
    left_ = beats;
    width_ = width;
    rest_ = rest;
    if (!rest) ++strip_;
}

void BeatCursor::take_rest(std::uint64_t beats, std::uint64_t width) {
    left_ = beats;
    width_ = width;
    rest_ = false;
    ++strip_;
}

void BeatCursor::next_piece() {
    switch (mode_) {
        case Mode::linear:
            left_ = endless;
            return;
        case Mode::groups: {
            if (strip_ >= strips_.count) return;
            const bool last = strip_ + 1 == strips_.count;
            const std::uint64_t vectors = last ? last_ : vectors_;
            const std::uint64_t bytes = ceil_div<std::uint64_t>(strips_.size(strip_), vectors);
            const std::uint64_t full = vectors / group_, rest = vectors % group_;
            address_ = strips_.address(strip_);
            if (!last && full + (rest > 0 ? 1 : 0) == 1) {  // one beat a strip: the strips are the steps
                step_ = strips_.stride;
                width_ = vectors * bytes;
                left_ = strips_.count - 1 - strip_;
                strip_ = strips_.count - 1;
                return;
            }
            step_ = group_ * bytes;
            if (rest_ || full == 0) {
                address_ += full * step_;
                take_rest(1, rest * bytes);
            } else {
                take_regular(full, step_, rest > 0);
            }
            return;
        }
        case Mode::members: {
            if (strip_ >= strips_.count) return;
            const std::uint64_t vectors = strip_ + 1 == strips_.count ? last_ : vectors_;
            const std::uint64_t beats = ceil_div(vectors, group_);
            const std::uint64_t present = vectors > member_ ? ceil_div(vectors - member_, group_) : 0;
            address_ = strips_.address(strip_) + member_ * strips_.step;
            step_ = group_ * strips_.step;
            if (rest_ || present == 0)
                take_rest(beats - present, 0);
            else
                take_regular(present, ceil_div<std::uint64_t>(strips_.size(strip_), vectors),
                             present < beats);
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
