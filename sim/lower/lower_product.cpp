// One matrix product as commands: plan, staging, fills and passes.
#include <algorithm>
#include <numeric>
#include <stdexcept>

#include <fmt/format.h>

#include "sim/lower/gemm_lowering.h"

namespace octet {

GemmLowering::GemmLowering(Lowering& lowering, std::size_t kernel, std::uint64_t item)
    : l_(lowering),
      e_(lowering.emitter),
      machine_(lowering.machine),
      kernel_(kernel),
      item_(item),
      id_(lowering.fused.kernels[kernel].operation),
      op_(lowering.graph.operations[id_]),
      m_(machine_.inputs_stay() ? op_.n : op_.m),
      n_(machine_.inputs_stay() ? op_.m : op_.n),
      k_(op_.k),
      k_tiles_(ceil_div(k_, machine_.rows)),
      n_tiles_(ceil_div(n_, machine_.cols)) {
    ProductViews views = l_.product_views(kernel, item);
    const OperandSide second = views.second_turned ? OperandSide::transposed : OperandSide::normal;
    if (machine_.inputs_stay()) {
        a_ = views.second;
        a_side_ = second == OperandSide::transposed ? OperandSide::normal : OperandSide::transposed;
        b_ = views.first;
        b_side_ = views.first_turned ? OperandSide::normal : OperandSide::transposed;
    } else {
        a_ = views.first;
        a_side_ = views.first_turned ? OperandSide::transposed : OperandSide::normal;
        b_ = views.second;
        b_side_ = second;
    }
    // A turned operand streams by tile columns of the result; where sums stay those are a fold's rows.
    a_tile_ = a_side_ == OperandSide::transposed && !machine_.sums_stay() ? machine_.cols : machine_.rows;
    out_ = views.out;
    residual_ = views.residual;
    parameter_views_ = std::move(views.parameters);
    program_ = views.program;
}

Block GemmLowering::a_block(std::uint64_t mi, std::uint64_t ki, std::uint64_t k_tiles) const {
    const std::uint64_t m0 = mi * plan_.m_tile, m = m_of(mi), k0 = ki * plan_.k_chunk * machine_.rows,
                        k = std::min(k_tiles * machine_.rows, k_ - k0);
    if (a_side_ == OperandSide::transposed)
        return {{a_.block.rows.first + k0, k}, {a_.block.columns.first + m0, m}};
    return {{a_.block.rows.first + m0, m}, {a_.block.columns.first + k0, k}};
}

Block GemmLowering::b_block(std::uint64_t ni, std::uint64_t n_tiles, std::uint64_t ki,
                            std::uint64_t k_tiles) const {
    const std::uint64_t n0 = ni * plan_.n_group * machine_.cols, k0 = ki * plan_.k_chunk * machine_.rows;
    const std::uint64_t n = std::min(n_tiles * machine_.cols, n_ - n0),
                        k = std::min(k_tiles * machine_.rows, k_ - k0);
    if (b_side_ == OperandSide::transposed)  // rows are columns of the product
        return {{b_.block.rows.first + n0, n}, {b_.block.columns.first + k0, k}};
    return {{b_.block.rows.first + k0, k}, {b_.block.columns.first + n0, n}};
}

Block GemmLowering::out_block(const View& view, std::uint64_t mi, std::uint64_t n_tile,
                              std::uint64_t n_tiles) const {
    const std::uint64_t m0 = mi * plan_.m_tile, n0 = n_tile * machine_.cols,
                        n = std::min(n_tiles * machine_.cols, n_ - n0);
    const std::uint64_t row = view.block.rows.first, column = view.block.columns.first;
    if (machine_.inputs_stay()) return {{row + n0, n}, {column + m0, m_of(mi)}};
    return {{row + m0, m_of(mi)}, {column + n0, n}};
}

void GemmLowering::request_plan() {
    const auto bytes = [this](const View& view, std::uint64_t rows, std::uint64_t columns) {
        return l_.layout_of(view).most_bytes(rows, std::min(columns, view.matrix->layout.cols()));
    };
    GemmRequest r;
    r.m = m_;
    r.n = n_;
    r.k = k_;
    r.a_resident = a_.matrix->resident();
    r.b_resident = b_.matrix->resident();
    r.out_resident = out_.matrix->resident();
    r.residual = residual_.matrix != nullptr;
    r.residual_staged = r.residual && !residual_.matrix->resident();
    r.wide_output = out_.matrix->layout.format().bits > 8;
    r.b_one_column = b_side_ == OperandSide::transposed;
    r.a_row_bytes = bytes(a_, 1, k_);
    if (a_side_ == OperandSide::transposed) {  // tile columns of C rows of a each; the last may be narrow
        r.a_row_bytes = ceil_div(bytes(a_, k_, a_tile_) + k_, std::min(a_tile_, m_));
        r.a_tile = a_tile_;
    }
    r.b_column_bytes =
        b_side_ == OperandSide::transposed ? bytes(b_, machine_.cols, k_) : bytes(b_, k_, machine_.cols);
    r.a_scale_share = l_.layout_of(a_).scale_share();
    r.b_scale_share = l_.layout_of(b_).scale_share();
    r.b_block_bytes = 4 * l_.layout_of(b_).scale_bytes() * machine_.cols;
    r.out_row_bytes = bytes(out_, 1, machine_.cols) + (machine_.inputs_stay() ? 1 : 0);
    if (r.residual_staged) r.residual_row_bytes = bytes(residual_, 1, machine_.cols);
    for (;;) {
        r.sram_budget = l_.placement.sram().largest_free();
        plan_ = l_.plan_for(r);
        if (plan_.feasible) return;
        // Not even the smallest tiles fit beside what is resident: make room, or say that there is none.
        const auto too_small = [](std::uint64_t depth, std::uint64_t wanted, std::string_view message) {
            if (depth < wanted)
                throw std::invalid_argument(fmt::format(fmt::runtime(message), depth, wanted));
        };
        too_small(machine_.weight_depth, machine_.rows,
                  "buffers.weight.depth: {} rows cannot hold one tile of {} rows (array.rows)");
        if (machine_.sums_stay())
            too_small(machine_.input_depth, machine_.rows,
                      "buffers.input.depth: {} vectors cannot hold one block of {} columns (array.rows)");
        if (r.a_tile > 0 && !machine_.sums_stay()) {
            const std::uint64_t block = std::min(m_, a_tile_);
            too_small(machine_.input_depth, block,
                      "buffers.input.depth: {} vectors cannot hold one block of {} (array.cols)");
            too_small(machine_.accumulation_depth, block,
                      "buffers.accumulation.depth: {} vectors cannot hold one block of {} (array.cols)");
        }
        const auto wanted = e_.reserve(r.sram_budget + machine_.sram_word, id_);
        l_.placement.sram().release(wanted, {});
    }
}

// The blocks an operand is staged in, in the order in which the loop nest comes to them. Chunks that are
// still in a half of the buffer are not fetched again.
std::vector<Block> GemmLowering::sequence(bool of_a, Staging staging) const {
    std::vector<Block> blocks;
    BufferHalves halves(of_a ? machine_.input_slots : machine_.weight_slots);
    const auto visit = [&](std::uint64_t mi, std::uint64_t ni) {
        for (std::uint64_t ki = 0; ki < (staging == Staging::chunk ? k_chunks_ : 1); ++ki) {
            const std::uint64_t count = staging == Staging::chunk ? k_of(ki) : k_tiles_;
            if (staging == Staging::chunk) {
                const std::uint64_t key = (of_a ? mi : ni) * k_chunks_ + ki;
                if (halves.find(key) != nullptr) continue;
                halves.take().key = key;
            }
            const Block block = of_a ? a_block(mi, ki, count) : b_block(ni, n_of(ni), ki, count);
            if (blocks.empty() || !(blocks.back() == block)) blocks.push_back(block);
        }
    };
    if (plan_.order == LoopOrder::columns_outer) {
        for (std::uint64_t ni = 0; ni < n_groups_; ++ni)
            for (std::uint64_t mi = 0; mi < m_tiles_; ++mi) visit(mi, ni);
    } else {
        for (std::uint64_t mi = 0; mi < m_tiles_; ++mi)
            for (std::uint64_t ni = 0; ni < n_groups_; ++ni) visit(mi, ni);
    }
    return blocks;
}

template <class F>
void GemmLowering::each_leaving(F&& f) const {
    const bool columns = plan_.order == LoopOrder::columns_outer;
    for (std::uint64_t outer = 0; outer < (columns ? n_groups_ : m_tiles_); ++outer)
        for (std::uint64_t inner = 0; inner < (columns ? m_tiles_ : n_groups_); ++inner) {
            const std::uint64_t mi = columns ? inner : outer, ni = columns ? outer : inner;
            const std::uint64_t first = ni * plan_.n_group, end = first + n_of(ni);
            for (std::uint64_t n = first; n < end; n += leaving_together())
                f(mi, n, std::min(leaving_together(), end - n));
        }
}

void GemmLowering::stage() {
    // Values of K in a granule, of whole chunks and of whole blocks.
    const auto granule_of = [&](const View& view, std::uint64_t chunk_bytes, std::uint64_t pieces) {
        const std::uint64_t chunk = plan_.k_chunk * machine_.rows;
        const std::uint64_t block = l_.layout_of(view).grid().length;
        const std::uint64_t whole = block == 0 ? 1 : block / std::gcd(block, chunk);
        return chunk * ceil_div(granule_chunks(chunk_bytes, pieces), whole) * whole;
    };
    const auto bytes_of = [this](const View& view, const Block& block) {
        return l_.layout_of(view).part(block.rows, block.columns).bytes();
    };
    // Columns of a row-major matrix would be fetched in short pieces: its rows are fetched whole.
    const auto columns_of = [&](const View& view, std::uint64_t chunk_bytes) {
        return view.matrix->layout.is_row_major() ? k_ : granule_of(view, chunk_bytes, 1);
    };
    const auto scales_too = [this](const View& view) { return !l_.has_line_scales(*view.matrix); };
    if (plan_.a != Staging::resident) {
        const std::uint64_t bytes = bytes_of(a_, a_block(0, 0, plan_.k_chunk));
        if (a_side_ == OperandSide::transposed)
            staged_a_.emplace(e_, *a_.matrix, sequence(true, plan_.a), plan_.a_slots,
                              granule_of(a_, bytes, 1), plan_.m_tile, id_, scales_too(a_));
        else
            staged_a_.emplace(e_, *a_.matrix, sequence(true, plan_.a), plan_.a_slots, m_,
                              columns_of(a_, bytes), id_, scales_too(a_));
    }
    if (plan_.b != Staging::resident) {
        const std::uint64_t bytes = bytes_of(b_, b_block(0, n_of(0), 0, plan_.k_chunk));
        if (b_side_ == OperandSide::transposed)
            staged_b_.emplace(e_, *b_.matrix, sequence(false, plan_.b), plan_.b_slots, n_,
                              columns_of(b_, bytes), id_, scales_too(b_));
        else
            staged_b_.emplace(e_, *b_.matrix, sequence(false, plan_.b), plan_.b_slots,
                              granule_of(b_, bytes, n_of(0)), plan_.n_group * machine_.cols, id_,
                              scales_too(b_));
    }
    if (residual_.matrix != nullptr && !residual_.matrix->resident()) {
        std::vector<Block> blocks;
        each_leaving([&](std::uint64_t mi, std::uint64_t n_tile, std::uint64_t n_tiles) {
            blocks.push_back(out_block(residual_, mi, n_tile, n_tiles));
        });
        staged_residual_.emplace(e_, *residual_.matrix, std::move(blocks), plan_.residual_slots, op_.m, op_.n,
                                 id_);
    }
    if (!out_.matrix->resident()) {
        const std::uint64_t bytes = bytes_of(out_, out_block(out_, 0, 0, leaving_together()));
        for (std::uint64_t i = 0;
             i < std::min(plan_.out_slots, m_tiles_ * ceil_div(n_tiles_, leaving_together())); ++i)
            out_areas_.push_back(e_.staging_area(bytes, id_));
    }
}

void GemmLowering::run() {
    l_.place_output(*out_.matrix);
    parameters_ = l_.parameters(parameter_views_, id_);
    row_lines_ = l_.lines_of(machine_.inputs_stay() ? b_ : a_, id_);
    column_lines_ = l_.lines_of(machine_.inputs_stay() ? a_ : b_, id_);
    request_plan();
    m_tiles_ = ceil_div(m_, plan_.m_tile);
    n_groups_ = ceil_div(n_tiles_, plan_.n_group);
    k_chunks_ = ceil_div(k_tiles_, plan_.k_chunk);
    KernelChoice& choice = l_.choices[kernel_];
    if (!choice.plan.feasible) {
        choice.plan = plan_;
        choice.output_resident = out_.matrix->resident();
    }
    stage();
    key_base_ = l_.key_;
    l_.key_ += (m_tiles_ + n_groups_) * k_chunks_;
    for (std::optional<Step> step = Step{}; step; step = after(*step)) chunk(*step);
    finish();
}

// The next one of the loops, chunks of K innermost.
std::optional<GemmLowering::Step> GemmLowering::after(Step step) const {
    if (++step.ki < k_chunks_) return step;
    step.ki = 0;
    const bool columns = plan_.order == LoopOrder::columns_outer;
    std::uint64_t &inner = columns ? step.mi : step.ni, &outer = columns ? step.ni : step.mi;
    if (++inner < (columns ? m_tiles_ : n_groups_)) return step;
    inner = 0;
    if (++outer < (columns ? n_groups_ : m_tiles_)) return step;
    return std::nullopt;
}

// A half of the buffer for the filling `key`.
BufferHalves::Half& GemmLowering::begin_filling(const FillSource& source, std::uint64_t key) {
    const std::uint64_t index = source.halves.next_index();
    BufferHalves::Half& half = source.halves.take();
    half.key = key;
    half.fill = e_.next_sequence(source.engine);
    half.address = source.depth == unlimited_depth ? index << 32U : index * source.depth;
    half.free_after = half.last_reader;
    half.last_reader = 0;
    return half;
}

// A part of it, from vector `offset` of the half on.
void GemmLowering::fill_part(const FillSource& source, const BufferHalves::Half& half, std::uint64_t offset,
                             const Block& part, const Block& staged_in, std::uint64_t tile,
                             FillCommand fill) {
    Needs needs;
    needs.after(Engine::array, half.free_after);
    Matrix& matrix = *source.view.matrix;
    if (source.staged) {
        source.staged->go_to(staged_in);
        fill.sram = source.staged->strips(part, tile);
        fill.scales = source.staged->scales(part);
        needs.merge(source.staged->ready(part));
    } else {
        fill.sram = matrix.layout.tiles(matrix.sram->base, part.rows, part.columns, tile);
        fill.scales = l_.layout_of(source.view).scales(matrix.sram->base, part.rows, part.columns);
        needs.merge(matrix.sram_ready);
    }
    fill.values = part.rows.count * part.columns.count;
    fill.rows = static_cast<std::uint32_t>(part.rows.count);
    fill.columns = static_cast<std::uint32_t>(part.columns.count);
    fill.piece_columns = static_cast<std::uint32_t>(tile);
    fill.pitch = matrix.layout.pitch();
    fill.format = matrix.format;
    fill.zero = static_cast<std::int16_t>(l_.zero_of(matrix));
    fill.buffer = half.address + offset;
    const std::uint32_t sequence = e_.emit(source.engine, id_, needs, fill);
    if (source.staged)
        source.staged->read_by(source.engine, sequence);
    else
        matrix.readers.after(source.engine, sequence);
}

// The half that holds the filling `key`, filled now if none does.
BufferHalves::Half& GemmLowering::filled(const FillSource& source, std::uint64_t key, const Block& part,
                                         const Block& staged_in, std::uint64_t tile,
                                         const FillCommand& fill) {
    if (BufferHalves::Half* half = source.halves.find(key)) return *half;
    BufferHalves::Half& half = begin_filling(source, key);
    fill_part(source, half, 0, part, staged_in, tile, fill);
    return half;
}

BufferHalves::Half& GemmLowering::inputs(std::uint64_t mi, std::uint64_t ki) {
    const Block slabs = a_block(mi, ki, k_of(ki));
    FillCommand fill;
    fill.slabs = static_cast<std::uint32_t>(k_of(ki));
    const bool transposed = a_side_ == OperandSide::transposed;
    fill.transposed = transposed != machine_.sums_stay();
    if (transposed) {  // a piece holds all of K for C rows of a, and so a part of every slab
        fill.across = true;
        fill.slabs_per_piece = fill.slabs;
        fill.vectors = static_cast<std::uint32_t>(machine_.rows);
        fill.vectors_last = static_cast<std::uint32_t>(slabs.rows.count - (k_of(ki) - 1) * machine_.rows);
    } else {
        fill.vectors = fill.vectors_last = static_cast<std::uint32_t>(slabs.rows.count);
    }
    return filled({Engine::input_fill, l_.input_halves_, a_, staged_a_, machine_.input_depth},
                  key_base_ + mi * k_chunks_ + ki, slabs,
                  plan_.a == Staging::chunk ? slabs : a_block(mi, 0, k_tiles_), a_tile_, fill);
}

GemmLowering::FillSource GemmLowering::weight_source() {
    return {Engine::weight_fill, l_.weight_halves_, b_, staged_b_, machine_.weight_depth};
}

// Tiles that are read as they lie: a piece is a column of tiles.
BufferHalves::Half& GemmLowering::weights(const Step& step) {
    const std::uint64_t nt = n_of(step.ni), kt = k_of(step.ki);
    const Block tiles = b_block(step.ni, nt, step.ki, kt);
    FillCommand fill;
    fill.slabs = static_cast<std::uint32_t>(nt * kt);
    fill.slabs_per_piece = static_cast<std::uint32_t>(kt);
    fill.vectors = static_cast<std::uint32_t>(machine_.rows);
    fill.vectors_last = static_cast<std::uint32_t>(tiles.rows.count - (kt - 1) * machine_.rows);
    return filled(weight_source(), weight_key(step), tiles, staged_b(step), machine_.cols, fill);
}

// Each tile column of a group has a fill of its own. Transposed tiles are read along the reduction: a piece
// is one tile of C vectors.
void GemmLowering::tile_column(const BufferHalves::Half& half, const Step& step, std::uint64_t n) {
    const std::uint64_t kt = k_of(step.ki), first = n * machine_.cols;
    const Block tiles = b_block(step.ni, n_of(step.ni), step.ki, kt);
    FillCommand fill;
    if (b_side_ == OperandSide::normal) {  // rows of a turned operand that stay: tiles as they lie
        fill.slabs = fill.slabs_per_piece = static_cast<std::uint32_t>(kt);
        fill.vectors = static_cast<std::uint32_t>(machine_.rows);
        fill.vectors_last = static_cast<std::uint32_t>(tiles.rows.count - (kt - 1) * machine_.rows);
        const ColumnRange columns{tiles.columns.first + first,
                                  std::min(machine_.cols, tiles.columns.count - first)};
        return fill_part(weight_source(), half, n * kt * machine_.rows, {tiles.rows, columns}, staged_b(step),
                         machine_.cols, fill);
    }
    const std::uint64_t rows = std::min(machine_.cols, tiles.rows.count - first);
    fill.transposed = true;
    fill.slabs = static_cast<std::uint32_t>(kt);
    fill.vectors = fill.vectors_last = static_cast<std::uint32_t>(rows);
    fill_part(weight_source(), half, n * kt * machine_.rows,
              {{tiles.rows.first + first, rows}, tiles.columns}, staged_b(step), machine_.rows, fill);
}

// Both operands in turn: neither waits for a long block of the other.
void GemmLowering::load_ahead() {
    for (bool more = true; more;) {
        more = staged_a_ && staged_a_->load_granule();
        more = (staged_b_ && staged_b_->load_granule()) || more;
    }
}

void GemmLowering::chunk(const Step& step) {
    const std::uint64_t nt = n_of(step.ni), together = std::min(nt, leaving_together());
    BufferHalves::Half& input = inputs(step.mi, step.ki);
    if (b_side_ == OperandSide::normal && !machine_.inputs_stay()) {
        BufferHalves::Half& weight = weights(step);
        load_ahead();
        return passes(step, input, weight, 0, nt);
    }
    BufferHalves::Half* weight = l_.weight_halves_.find(weight_key(step));
    if (weight == nullptr) {
        weight = &begin_filling(weight_source(), weight_key(step));
        for (std::uint64_t n = 0; n < nt; ++n) tile_column(*weight, step, n);
    }
    load_ahead();
    // Commands of the array are short where each is one tile column: the tiles of the next group are filled
    // between them, as the queue is in order.
    const std::optional<Step> next = after(step);
    BufferHalves::Half* ahead = nullptr;
    if (next && nt > 1 && &l_.weight_halves_.next() != weight &&
        l_.weight_halves_.find(weight_key(*next)) == nullptr)
        ahead = &begin_filling(weight_source(), weight_key(*next));
    const std::uint64_t filled_ahead = ahead == nullptr ? 0 : n_of(next->ni);
    for (std::uint64_t n = 0; n < std::max(nt, filled_ahead); n += together) {
        if (n < nt) passes(step, input, *weight, n, together);
        if (n < filled_ahead) tile_column(*ahead, *next, n);
    }
}

// A command of the array for tile columns [n, n + count) of a group.
void GemmLowering::passes(const Step& step, BufferHalves::Half& input, BufferHalves::Half& weight,
                          std::uint64_t n, std::uint64_t count) {
    const std::uint64_t kt = k_of(step.ki), n_tile = step.ni * plan_.n_group + n;
    MatmulCommand matmul;
    matmul.input_fill = input.fill;
    matmul.weight_fill = weight.fill + static_cast<std::uint32_t>(n);
    matmul.input = input.address;
    matmul.input_format = a_.matrix->format;
    matmul.weight_format = b_.matrix->format;
    matmul.weight = weight.address + n * kt * machine_.rows;
    // Scales of weights that are decoded here: a slab is all rows of a, a tile R x C values of b.
    const auto scales = [&](const View& view, const Block& part, bool rows_are_k, std::uint64_t across) {
        return static_cast<std::uint32_t>(l_.layout_of(view).scales_of_tiles(
            part, rows_are_k ? machine_.rows : across, rows_are_k ? across : machine_.rows));
    };
    if (a_.matrix->format != 0)
        matmul.input_scales =
            scales(a_, a_block(step.mi, step.ki, kt), a_side_ == OperandSide::transposed, m_of(step.mi));
    if (b_.matrix->format != 0) {
        const bool normal = b_side_ == OperandSide::normal;
        Block tiles = b_block(step.ni, n + count, step.ki, kt);
        (normal ? tiles.columns.first : tiles.rows.first) += n * machine_.cols;
        (normal ? tiles.columns.count : tiles.rows.count) -= n * machine_.cols;
        matmul.weight_scales = scales(b_, tiles, normal, machine_.cols);
    }
    matmul.m = static_cast<std::uint32_t>(m_of(step.mi));
    matmul.k_tiles = static_cast<std::uint32_t>(kt);
    matmul.n_tiles = static_cast<std::uint32_t>(count);
    matmul.first_k = step.ki == 0;
    matmul.last_k = step.ki + 1 == k_chunks_;
    matmul.k_last =
        static_cast<std::uint32_t>(matmul.last_k ? k_ - (k_tiles_ - 1) * machine_.rows : machine_.rows);
    const bool last_n = n_tile + count == n_tiles_;
    matmul.n_last = static_cast<std::uint32_t>(last_n ? n_ - (n_tiles_ - 1) * machine_.cols : machine_.cols);
    if (matmul.last_k) matmul.epilogue = e_.next_sequence(Engine::vector);
    input.last_reader = weight.last_reader = e_.emit(Engine::array, id_, {}, matmul);
    if (matmul.last_k) epilogue(step.mi, n_tile, count);
}

void Lowering::product(std::size_t kernel, std::uint64_t item) {
    GemmLowering(*this, kernel, item).run();
}

}  // namespace octet
