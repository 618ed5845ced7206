#include "sim/lower/plan_course.h"

#include <algorithm>
#include <vector>

namespace octet {
namespace {

double d(std::uint64_t v) {
    return static_cast<double>(v);
}

// The DMA's load engine: one transfer after another.
struct Loader {
    double latency, slower;
    double free = 0;  // the next transfer can begin
};

// One operand on its way from DRAM through its ring of areas into the two halves of its buffer.
class Operand {
  public:
    struct Sizes {
        double load = 0;             // cycles to load a block
        std::uint64_t parts = 1;     // chunks of a block
        std::uint64_t granules = 1;  // in which it arrives
        std::uint64_t slots = 0;     // areas; 0: resident
        std::uint64_t blocks = 0;    // in all, repeated ones included
        bool all_stay = false;       // each different block has an area of its own
        double fill = 0, first = 0;  // cycles to fill a chunk, and until its first slab or tile is there
    };
    Operand(const Sizes& sizes, std::uint64_t halves, double latency) : sizes_(sizes), latency_(latency) {
        slots_.resize(sizes.slots);
        halves_.resize(halves);
    }

    // The chunk `part` of block `block`, under the name `key`, is in a half of the buffer, or is filled now.
    void fill(std::uint64_t key, std::uint64_t block, std::uint64_t part, Loader& loader) {
        for (Half& half : halves_)
            if (half.key == key) {
                half_ = &half;
                return;
            }
        half_ = &halves_[next_];
        next_ = (next_ + 1) % halves_.size();
        double start = std::max(free_, half_->read);
        if (sizes_.slots > 0) {
            go_to(block, loader);
            const Slot& slot = slots_[position_ % slots_.size()];
            const std::uint64_t granule = part % sizes_.parts * sizes_.granules / sizes_.parts + 1;
            start = std::max(start, slot.start + (slot.end - slot.start) * d(granule) / d(sizes_.granules) +
                                        loader.latency);
        }
        free_ = start + sizes_.fill;
        *half_ = {key, start + sizes_.first + latency_, free_ + latency_, half_->read};
        if (sizes_.slots > 0) slots_[position_ % slots_.size()].read = half_->last;
    }
    // As far as the ring allows.
    void load_ahead(Loader& loader) {
        while (loaded_ < sizes_.blocks && loaded_ < position_ + slots_.size()) load(loader);
    }
    double first() const { return half_->first; }  // slab or tile of the current chunk
    double last() const { return half_->last; }
    void read_until(double cycle) { half_->read = cycle; }

  private:
    struct Slot {
        double start = 0, end = 0;  // of its load
        double read = 0;            // by the last fill from it
    };
    struct Half {
        std::uint64_t key = ~std::uint64_t{0};
        double first = 0, last = 0;
        double read = 0;  // by the last pass that needs it
    };
    void go_to(std::uint64_t block, Loader& loader) {
        if (sizes_.all_stay)
            position_ = block;
        else if (block != current_ && current_ != ~std::uint64_t{0})
            ++position_;
        current_ = block;
        while (loaded_ <= position_) load(loader);
    }
    void load(Loader& loader) {
        Slot& slot = slots_[loaded_ % slots_.size()];
        slot.start = std::max(loader.free, slot.read);
        loader.free = slot.end = slot.start + sizes_.load * loader.slower;
        ++loaded_;
    }

    Sizes sizes_;
    double latency_;
    std::vector<Slot> slots_;
    std::vector<Half> halves_;
    Half* half_ = nullptr;
    std::size_t next_ = 0;
    std::uint64_t position_ = 0, loaded_ = 0, current_ = ~std::uint64_t{0};
    double free_ = 0;  // the fill engine
};

class Course {
  public:
    Course(const GemmPlan& plan, const GemmRequest& r, const MachineShape& machine, double slower)
        : plan_(plan),
          machine_(machine),
          n_tiles_(ceil_div(r.n, machine.cols)),
          k_tiles_(ceil_div(r.k, machine.rows)),
          m_tiles_(ceil_div(r.m, plan.m_tile)),
          n_groups_(ceil_div(n_tiles_, plan.n_group)),
          k_chunks_(ceil_div(k_tiles_, plan.k_chunk)),
          loader_{machine.dram_latency + 3, slower},
          a_(sizes_of_a(r), machine.input_slots, d(machine.fill_latency)),
          b_(sizes_of_b(r), machine.weight_slots, d(machine.fill_latency)) {
        pass_ = d(machine.reduction_cycles(plan.m_tile, r.k)) / d(k_tiles_);
        entry_ = machine.overlap && !machine.sums_stay() ? d(machine.rows) : 0;
        const std::uint64_t beats = machine.result_beats(r.n, r.wide_output);
        result_ = d(beats * plan.m_tile);
        slack_ = d(beats * std::min(machine.drain_depth, plan.m_tile));
        if (!r.out_resident) {
            areas_.resize(std::max<std::uint64_t>(1, plan.out_slots));
            store_ = machine.move_cycles(columns(r) * d(plan.m_tile * r.out_row_bytes),
                                         m_tiles_ == 1 ? 1 : d(plan.n_group));
        }
        if (r.residual_staged) {
            residual_.resize(std::max<std::uint64_t>(1, plan.residual_slots));
            residual_load_ = slower * machine.move_cycles(columns(r) * d(plan.m_tile * r.residual_row_bytes),
                                                          m_tiles_ == 1 ? 1 : d(plan.n_group));
        }
    }

    CourseTimes times() {
        constexpr std::uint64_t most_chunks = 256;
        const std::uint64_t visits = m_tiles_ * n_groups_, inner = columns_outer() ? m_tiles_ : n_groups_;
        std::uint64_t half = std::max<std::uint64_t>(2, most_chunks / 2 / k_chunks_);
        if (half > inner) half = half / inner * inner;
        const std::uint64_t followed = 2 * half >= visits ? visits : 2 * half;
        CourseTimes middle;
        for (std::uint64_t v = 0; v < followed; ++v) {
            visit(v);
            if (v + 1 == half) middle = so_far();
        }
        CourseTimes times = so_far();
        const double rest = d(visits - followed) / d(half);
        times.total += (times.total - middle.total) * rest;
        times.array += (times.array - middle.array) * rest;
        return times;
    }

  private:
    CourseTimes so_far() const { return {end_, array_ - first_}; }
    bool columns_outer() const { return plan_.order == LoopOrder::columns_outer; }

    // Tile columns of a group: the last one may be narrow.
    double columns(const GemmRequest& r) const {
        return d(r.n) / d(std::min(r.n, machine_.cols)) / d(n_groups_);
    }

    // `pieces`: of one of `own` blocks of all of K and of one chunk of it, in DRAM.
    Operand::Sizes sizes_of(Staging staging, std::uint64_t slots, double all_k_bytes, double pieces,
                            double chunk_pieces, double columns_per_chunk, std::uint64_t own,
                            std::uint64_t other, bool outer, std::uint64_t halves) const {
        Operand::Sizes s;
        if (staging == Staging::resident) return s;
        s.slots = slots;
        const double chunk_bytes = all_k_bytes * d(plan_.k_chunk) / d(k_tiles_);
        if (staging == Staging::tile) {
            s.load = machine_.move_cycles(all_k_bytes, pieces);
            s.parts = k_chunks_;
            s.all_stay = own <= slots;
            s.blocks = outer || s.all_stay ? own : own * other;
            const std::uint64_t together = granule_chunks(static_cast<std::uint64_t>(chunk_bytes),
                                                          static_cast<std::uint64_t>(columns_per_chunk));
            s.granules = std::max<std::uint64_t>(1, ceil_div(k_chunks_, together));
        } else {
            const std::uint64_t different = own * k_chunks_;
            const bool stays = outer ? k_chunks_ <= halves : different <= halves;
            s.load = machine_.move_cycles(chunk_bytes, chunk_pieces);
            s.all_stay = different <= slots;
            s.blocks = s.all_stay || stays ? different : different * other;
        }
        return s;
    }
    Operand::Sizes sizes_of_a(const GemmRequest& r) const {
        Operand::Sizes s = sizes_of(plan_.a, plan_.a_slots, d(plan_.m_tile * r.a_row_bytes),
                                    m_tiles_ == 1 ? 1 : d(k_tiles_), m_tiles_ == 1 ? 1 : d(plan_.k_chunk), 1,
                                    m_tiles_, n_groups_, !columns_outer(), machine_.input_slots);
        s.first = d(plan_.m_tile) / d(machine_.input_rate) * (1 + r.a_scale_share);
        s.fill = s.first * d(plan_.k_chunk);
        if (machine_.sums_stay()) s.first += d(machine_.rows);  // through the transposer
        return s;
    }
    Operand::Sizes sizes_of_b(const GemmRequest& r) const {
        Operand::Sizes s = sizes_of(plan_.b, plan_.b_slots, columns(r) * d(r.b_column_bytes), 1,
                                    k_chunks_ == 1 ? 1 : d(plan_.n_group), d(plan_.n_group), n_groups_,
                                    m_tiles_, columns_outer(), machine_.weight_slots);
        s.first = d(machine_.rows) / d(machine_.weight_rate) * (1 + r.b_scale_share);
        s.fill = s.first * d(plan_.k_chunk * plan_.n_group);
        if (machine_.inputs_stay()) s.first += d(machine_.rows);
        return s;
    }

    void visit(std::uint64_t index) {
        const std::uint64_t inner = columns_outer() ? m_tiles_ : n_groups_;
        const std::uint64_t mi = columns_outer() ? index % inner : index / inner,
                            ni = columns_outer() ? index / inner : index % inner;
        for (std::uint64_t ki = 0; ki < k_chunks_; ++ki) chunk(mi, ni, ki);
        results();
    }

    void chunk(std::uint64_t mi, std::uint64_t ni, std::uint64_t ki) {
        const std::uint64_t a_key = mi * k_chunks_ + ki, b_key = ni * k_chunks_ + ki;
        a_.fill(a_key, plan_.a == Staging::tile ? mi : a_key, ki, loader_);
        b_.fill(b_key, plan_.b == Staging::tile ? ni : b_key, ki, loader_);
        a_.load_ahead(loader_);
        b_.load_ahead(loader_);
        const double passes = d(plan_.k_chunk * plan_.n_group);
        start_ = std::max({array_, a_.first(), b_.first() + entry_});
        if (first_ < 0) first_ = start_;
        const double after_last_slab = passes - d(plan_.k_chunk) + 1;
        array_ = std::max(
            {start_ + passes * pass_, a_.last() + after_last_slab * pass_, b_.last() + entry_ + pass_});
        a_.read_until(array_);
        b_.read_until(array_);
    }

    // Of the tile whose last chunk has just been passed.
    void results() {
        const double streams = start_ + d(plan_.k_chunk - 1) * pass_;  // the first results leave
        double accepted = streams;
        const std::uint64_t tile = tile_++;
        if (!areas_.empty()) accepted = std::max(accepted, areas_[tile % areas_.size()]);
        if (!residual_.empty()) {
            double& free = residual_[tile % residual_.size()];
            loader_.free = std::max(loader_.free, free) + residual_load_;
            accepted = std::max(accepted, loader_.free + loader_.latency);
        }
        array_ += accepted - streams;
        const double arrived = array_ + (machine_.overlap ? d(machine_.drain) : 0) + 1;
        unit_ = std::max({unit_ + d(plan_.n_group) * result_,
                          accepted + d(machine_.drain) + d(plan_.n_group) * result_, arrived});
        array_ = std::max(array_, unit_ - slack_ - d(machine_.drain));
        if (!residual_.empty()) residual_[tile % residual_.size()] = unit_;
        end_ = std::max(arrived, unit_);
        if (areas_.empty()) return;
        stored_ = std::max(stored_, unit_) + store_;
        areas_[tile % areas_.size()] = stored_ + loader_.latency;
        end_ = stored_ + loader_.latency;
    }

    const GemmPlan& plan_;
    const MachineShape& machine_;
    std::uint64_t n_tiles_, k_tiles_, m_tiles_, n_groups_, k_chunks_;
    Loader loader_;
    Operand a_, b_;
    double pass_ = 0;    // cycles of one pass
    double entry_ = 0;   // of a tile's weights before a pass, if not part of it
    double result_ = 0;  // of a tile's results in the vector unit
    double slack_ = 0;   // by which they may lie behind the array
    double store_ = 0, residual_load_ = 0;
    std::vector<double> areas_;     // of results: when each is free again
    std::vector<double> residual_;  // likewise
    std::uint64_t tile_ = 0;
    // Cycles from which on these are free, and in which the latest chunk began.
    double first_ = -1;  // the first chunk
    double array_ = 0, start_ = 0, unit_ = 0, stored_ = 0, end_ = 0;
};

}  // namespace

CourseTimes course_of(const GemmPlan& plan, const GemmRequest& request, const MachineShape& machine,
                      double slower) {
    return Course(plan, request, machine, slower).times();
}

}  // namespace octet
