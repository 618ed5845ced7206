// Which address each beat of a transfer reads or writes.
//
// A cursor walks over strips and yields linear pieces: so many beats at a constant distance. A transfer with
// one beat in every strip is one piece too.
#pragma once
#include <algorithm>

#include "models/accelerator/command.h"

namespace octet {

class BeatCursor {
  public:
    BeatCursor() = default;
    // Beats `step` bytes apart, without end.
    static BeatCursor linear(Address base, std::uint64_t step) {
        BeatCursor c;
        c.address_ = base;
        c.step_ = step;
        c.left_ = endless;
        return c;
    }
    // Beats of at most `width` bytes that strips take, each of them beats of its own.
    struct RunBeats {
        std::uint32_t each = 0, last = 0;  // of every strip, of the last one
        std::uint64_t total = 0;
        std::uint64_t width = 0;  // of the widest beat
    };
    static RunBeats run_beats(const Strips& strips, std::uint64_t width);
    // Every strip takes `beats` beats, the last one `beats_last`.
    static BeatCursor per_strip(const Strips& strips, std::uint32_t beats, std::uint32_t beats_last);
    // Vectors of `step` bytes from the bytes of all strips in a row, starting over at their end (an operand
    // that is smaller than its pass is read again). A vector that crosses the end of a strip counts at its
    // first byte.
    static BeatCursor vectors(const Strips& strips, std::uint64_t step, std::uint64_t first_byte = 0);

    // The same beats, each `bytes` further on (another part of a wide beat).
    BeatCursor shifted(std::uint64_t bytes) const {
        BeatCursor c = *this;
        c.address_ += bytes;
        c.strips_.base += bytes;
        return c;
    }

    Address address() const { return address_; }
    std::uint64_t step() const { return step_; }
    std::uint64_t left() const { return left_; }  // beats until address or step changes
    void advance(std::uint64_t beats) {
        address_ += beats * step_;
        if ((left_ -= beats) == 0) next_strip();
    }

  private:
    enum class Mode : std::uint8_t { linear, per_strip, vectors };
    static constexpr std::uint64_t endless = ~std::uint64_t{0};
    void next_strip();

    Mode mode_ = Mode::linear;
    Strips strips_;
    std::uint32_t strip_ = 0, beats_ = 0, beats_last_ = 0;
    Address address_ = 0;
    std::uint64_t step_ = 0, left_ = 0;
    std::uint64_t offset_ = 0;  // vectors: where the next vector starts in its strip
};

}  // namespace octet
