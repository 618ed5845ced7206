// Which bytes each beat of a transfer reads or writes.
//
// A cursor walks over strips and yields linear pieces: so many beats of the same width at a constant
// distance.
#pragma once
#include <algorithm>

#include "models/accelerator/command.h"

namespace octet {

// Strips that hold vectors of equal size: `vectors` each, the last strip `last`. Strips that follow one
// another without a gap are one.
struct VectorStrips {
    VectorStrips(const Strips& strips, std::uint64_t vectors, std::uint64_t last);
    // Strips of bytes, each as few vectors of at most `width` bytes as it takes.
    static VectorStrips of_bytes(const Strips& strips, std::uint64_t width) {
        return {strips, ceil_div<std::uint64_t>(strips.bytes, width),
                ceil_div<std::uint64_t>(strips.last_bytes, width)};
    }

    Strips strips;
    std::uint64_t vectors, last;
    std::uint64_t count(std::uint32_t strip) const { return strip + 1 == strips.count ? last : vectors; }
    std::uint64_t bytes(std::uint32_t strip) const {
        return ceil_div<std::uint64_t>(strips.size(strip), count(strip));
    }
    std::uint64_t widest() const {  // bytes of a vector
        return std::max(strips.count > 1 ? bytes(0) : 1, bytes(strips.count - 1));
    }
    // Beats of `group` vectors; the last one of a strip may have fewer.
    std::uint64_t beats(std::uint32_t strip, std::uint64_t group) const {
        return ceil_div(count(strip), group);
    }
    std::uint64_t beats(std::uint64_t group) const {
        return (strips.count - 1) * ceil_div(vectors, group) + ceil_div(last, group);
    }
};

class BeatCursor {
  public:
    BeatCursor() = default;
    // Beats of `width` bytes, `step` bytes apart, without end.
    static BeatCursor linear(Address base, std::uint64_t step, std::uint64_t width);
    // Beats of `group` vectors that lie side by side.
    static BeatCursor groups(const VectorStrips& strips, std::uint64_t group);
    // Vector `member` of every group, nothing where the group has no such vector: for vectors that lie
    // `strips.step` bytes apart.
    static BeatCursor members(const VectorStrips& strips, std::uint64_t group, std::uint64_t member);
    // Vectors of `step` bytes from the bytes of all strips in a row, starting over at their end (an operand
    // that is smaller than its pass is read again). A vector that crosses the end of a strip counts at its
    // first byte.
    static BeatCursor vectors(const Strips& strips, std::uint64_t step, std::uint64_t first_byte = 0);

    // The same beats, of each only `bytes` bytes from byte `begin` on.
    BeatCursor part(std::uint64_t begin, std::uint64_t bytes) const {
        BeatCursor c = *this;
        c.begin_ += begin;
        c.bytes_ = c.touched_ = std::min(bytes, bytes_ - std::min(begin, bytes_));
        return c;
    }
    // Of each beat the word that holds byte `index` * `word`; the last such part also has what is beyond it.
    BeatCursor word(std::uint64_t index, std::uint64_t word) const {
        BeatCursor c = *this;
        c.begin_ += index * word;
        c.bytes_ = word;
        c.touched_ = 1;
        return c;
    }

    Address address() const { return address_ + begin_; }
    std::uint64_t step() const { return step_; }
    std::uint32_t width() const {
        const std::uint64_t rest = width_ > begin_ ? width_ - begin_ : 0;
        return static_cast<std::uint32_t>(rest > bytes_ ? touched_ : rest);
    }
    std::uint64_t left() const { return left_; }  // beats until step or width changes
    void advance(std::uint64_t beats) {
        address_ += beats * step_;
        if ((left_ -= beats) == 0) next_piece();
    }

  private:
    enum class Mode : std::uint8_t { linear, groups, members, vectors };
    static constexpr std::uint64_t endless = ~std::uint64_t{0};
    void next_piece();
    void take_regular(std::uint64_t beats, std::uint64_t width, bool rest);
    void take_rest(std::uint64_t beats, std::uint64_t width);

    Mode mode_ = Mode::linear;
    Strips strips_;
    std::uint64_t vectors_ = 0, last_ = 0, group_ = 1, member_ = 0;
    std::uint32_t strip_ = 0;
    bool rest_ = false;  // next are the beats at the end of the strip
    Address address_ = 0;
    std::uint64_t step_ = 0, width_ = 0, left_ = 0;
    std::uint64_t begin_ = 0, bytes_ = endless, touched_ = endless;  // part of a beat
    std::uint64_t offset_ = 0;  // vectors: where the next vector starts in its strip
};

}  // namespace octet
