// One matrix product as commands: plan, staging, fills and passes.
#include <algorithm>
#include <numeric>
#include <stdexcept>

#include <fmt/format.h>

#include "sim/lower/gemm_lowering.h"
#include "sim/lower/vector_programs.h"

namespace octet {

GemmLowering::GemmLowering(Lowering& lowering, std::size_t kernel, std::uint64_t item)
    : l_(lowering),
      e_(lowering.emitter),
      machine_(lowering.machine),
      kernel_(kernel),
      item_(item),
      id_(lowering.fused.kernels[kernel].operation),
      op_(lowering.graph.operations[id_]),
      m_(op_.m),
      n_(op_.n),
      k_(op_.k),
      k_tiles_(ceil_div(op_.k, lowering.machine.rows)),
      n_tiles_(ceil_div(op_.n, lowering.machine.cols)) {
    const Kernel& fused = l_.fused.kernels[kernel];
    const Tensor& b = l_.graph.tensors[op_.inputs[1]];
    const bool weight = b.role == TensorRole::weight;
    side_ = op_.transpose_b && !weight ? WeightSide::transposed : WeightSide::normal;
    a_ = l_.block_of(op_.inputs[0], op_, item, op_.a_blocks, m_, k_);
    b_ = side_ == WeightSide::transposed ? l_.block_of(op_.inputs[1], op_, item, op_.b_blocks, n_, k_)
                                         : l_.block_of(op_.inputs[1], op_, item, op_.b_blocks, k_, n_);
    out_ = l_.block_of(fused.output, op_, item, op_.out_blocks, m_, n_);
    TensorId stream = op_.output;  // what the epilogue passes on, operation by operation
    if (op_.has_bias) parameter_views_.push_back(l_.rows_of(op_.inputs[2], 0, 1, 1));
    for (OperationId f : fused.fused) {
        const Operation& operation = l_.graph.operations[f];
        if (operation.kind == OperationKind::add)
            residual_ = l_.block_of(operation.inputs[0] == stream ? operation.inputs[1] : operation.inputs[0],
                                    op_, item, op_.out_blocks, m_, n_);
        for (std::size_t i = 1; i < operation.inputs.size(); ++i)
            if (is_parameter(l_.graph, operation, i))
                parameter_views_.push_back(l_.rows_of(operation.inputs[i], item, op_.batch, 1));
        stream = operation.output;
    }
    VectorProgram program =
        epilogue_program(id_, l_.graph, fused.fused, machine_.storage->encode_scaled != nullptr);
    program.encoded_later = fused.encoded_later;
    program_ = l_.program_of(kernel, std::move(program));
    for (const View* view : {&a_, &b_, &out_, &residual_})
        if (view->matrix != nullptr) e_.pin(*view->matrix);
    for (const View& view : parameter_views_) e_.pin(*view.matrix);
}

Block GemmLowering::a_block(std::uint64_t mi, std::uint64_t ki, std::uint64_t k_tiles) const {
    const std::uint64_t k0 = ki * plan_.k_chunk * machine_.rows;
    return {{a_.block.rows.first + mi * plan_.m_tile, m_of(mi)},
            {a_.block.columns.first + k0, std::min(k_tiles * machine_.rows, k_ - k0)}};
}

Block GemmLowering::b_block(std::uint64_t ni, std::uint64_t n_tiles, std::uint64_t ki,
                            std::uint64_t k_tiles) const {
    const std::uint64_t n0 = ni * plan_.n_group * machine_.cols, k0 = ki * plan_.k_chunk * machine_.rows;
    const std::uint64_t n = std::min(n_tiles * machine_.cols, n_ - n0),
                        k = std::min(k_tiles * machine_.rows, k_ - k0);
    if (side_ == WeightSide::transposed)  // rows are columns of the product
        return {{b_.block.rows.first + n0, n}, {b_.block.columns.first + k0, k}};
    return {{b_.block.rows.first + k0, k}, {b_.block.columns.first + n0, n}};
}

Block GemmLowering::out_block(const View& view, std::uint64_t mi, std::uint64_t ni) const {
    const std::uint64_t n0 = ni * plan_.n_group * machine_.cols;
    return {{view.block.rows.first + mi * plan_.m_tile, m_of(mi)},
            {view.block.columns.first + n0, std::min(n_of(ni) * machine_.cols, n_ - n0)}};
}

void GemmLowering::request_plan() {
    const auto bytes = [](const View& view, std::uint64_t rows, std::uint64_t columns) {
        return view.matrix->layout.most_bytes(rows, std::min(columns, view.matrix->layout.cols()));
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
    r.wide_output = l_.fused.wide[out_.matrix->tensor];
    r.b_one_column = side_ == WeightSide::transposed;
    r.a_row_bytes = bytes(a_, 1, k_);
    r.b_column_bytes =
        side_ == WeightSide::transposed ? bytes(b_, machine_.cols, k_) : bytes(b_, k_, machine_.cols);
    if (machine_.scale_share > 0) r.b_block_bytes = 4 * machine_.cols;
    r.out_row_bytes = bytes(out_, 1, machine_.cols);
    if (r.residual_staged) r.residual_row_bytes = bytes(residual_, 1, machine_.cols);
    for (;;) {
        r.sram_budget = l_.placement.sram().largest_free();
        plan_ = l_.plan_for(r);
        if (plan_.feasible) return;
        // Not even the smallest tiles fit beside what is resident: make room, or say that there is none.
        if (machine_.weight_depth < machine_.rows)
            throw std::invalid_argument(
                fmt::format("buffers.weight.depth: {} rows cannot hold one tile of {} rows (array.rows)",
                            machine_.weight_depth, machine_.rows));
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

void GemmLowering::stage() {
    // Values of K in a granule, of whole chunks and of whole blocks.
    const auto granule_of = [&](const View& view, std::uint64_t chunk_bytes, std::uint64_t pieces) {
        const std::uint64_t chunk = plan_.k_chunk * machine_.rows;
        const std::uint64_t block = view.matrix->layout.grid().length;
        const std::uint64_t whole = block == 0 ? 1 : block / std::gcd(block, chunk);
        return chunk * ceil_div(granule_chunks(chunk_bytes, pieces), whole) * whole;
    };
    const auto bytes_of = [](const View& view, const Block& block) {
        return view.matrix->layout.part(block.rows, block.columns).bytes();
    };
    // Columns of a row-major matrix would be fetched in short pieces: its rows are fetched whole.
    const auto columns_of = [&](const View& view, std::uint64_t chunk_bytes) {
        return view.matrix->layout.is_row_major() ? k_ : granule_of(view, chunk_bytes, 1);
    };
    if (plan_.a != Staging::resident)
        staged_a_.emplace(e_, *a_.matrix, sequence(true, plan_.a), plan_.a_slots, m_,
                          columns_of(a_, bytes_of(a_, a_block(0, 0, plan_.k_chunk))), id_);
    if (plan_.b != Staging::resident) {
        const std::uint64_t bytes = bytes_of(b_, b_block(0, n_of(0), 0, plan_.k_chunk));
        if (side_ == WeightSide::transposed)
            staged_b_.emplace(e_, *b_.matrix, sequence(false, plan_.b), plan_.b_slots, n_,
                              columns_of(b_, bytes), id_);
        else
            staged_b_.emplace(e_, *b_.matrix, sequence(false, plan_.b), plan_.b_slots,
                              granule_of(b_, bytes, n_of(0)), plan_.n_group * machine_.cols, id_);
    }
    if (residual_.matrix != nullptr && !residual_.matrix->resident()) {
        std::vector<Block> blocks;
        const bool columns = plan_.order == LoopOrder::columns_outer;
        for (std::uint64_t outer = 0; outer < (columns ? n_groups_ : m_tiles_); ++outer)
            for (std::uint64_t inner = 0; inner < (columns ? m_tiles_ : n_groups_); ++inner)
                blocks.push_back(columns ? out_block(residual_, inner, outer)
                                         : out_block(residual_, outer, inner));
        staged_residual_.emplace(e_, *residual_.matrix, std::move(blocks), plan_.residual_slots, m_, n_, id_);
    }
    if (!out_.matrix->resident()) {
        const std::uint64_t bytes = bytes_of(out_, out_block(out_, 0, 0));
        for (std::uint64_t i = 0; i < std::min(plan_.out_slots, m_tiles_ * n_groups_); ++i) {
            out_areas_.push_back(e_.reserve(bytes, id_));
            out_free_.push_back(out_areas_.back().free_after);
        }
    }
}

void GemmLowering::run() {
    l_.place_output(*out_.matrix);
    parameters_ = l_.parameters(parameter_views_, id_);
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
    const bool columns = plan_.order == LoopOrder::columns_outer;
    for (std::uint64_t outer = 0; outer < (columns ? n_groups_ : m_tiles_); ++outer)
        for (std::uint64_t inner = 0; inner < (columns ? m_tiles_ : n_groups_); ++inner) {
            const std::uint64_t mi = columns ? inner : outer, ni = columns ? outer : inner;
            for (std::uint64_t ki = 0; ki < k_chunks_; ++ki) chunk(mi, ni, ki);
            epilogue(mi, ni);
        }
    finish();
}

// The half of the buffer that holds the filling `key`, filled now if none does.
BufferHalves::Half& GemmLowering::filled(const FillSource& source, std::uint64_t key, const Block& part,
                                         const Block& staged_in, std::uint64_t tile, FillCommand fill) {
    if (BufferHalves::Half* half = source.halves.find(key)) return *half;
    const std::uint64_t index = source.halves.next_index();
    BufferHalves::Half& half = source.halves.take();
    Needs needs;
    needs.after(Engine::array, half.last_reader);
    Matrix& matrix = *source.view.matrix;
    if (source.staged) {
        source.staged->go_to(staged_in);
        fill.sram = source.staged->strips(part, tile);
        fill.scales = source.staged->scales(part);
        needs.merge(source.staged->ready(part));
    } else {
        fill.sram = matrix.layout.tiles(matrix.sram->base, part.rows, part.columns, tile);
        fill.scales = matrix.layout.scales(matrix.sram->base, part.rows, part.columns);
        needs.merge(matrix.sram_ready);
    }
    fill.values = part.rows.count * part.columns.count;
    fill.rows = static_cast<std::uint32_t>(part.rows.count);
    fill.columns = static_cast<std::uint32_t>(part.columns.count);
    fill.piece_columns = static_cast<std::uint32_t>(tile);
    fill.pitch = matrix.layout.pitch();
    fill.buffer = source.depth == unlimited_depth ? index << 32U : index * source.depth;
    const std::uint32_t sequence = e_.emit(source.engine, id_, needs, fill);
    if (source.staged)
        source.staged->read_by(source.engine, sequence);
    else
        matrix.readers.after(source.engine, sequence);
    half = {key, sequence, 0, fill.buffer};
    return half;
}

BufferHalves::Half& GemmLowering::inputs(std::uint64_t mi, std::uint64_t ki) {
    const Block slabs = a_block(mi, ki, k_of(ki));
    FillCommand fill;
    fill.slabs = static_cast<std::uint32_t>(k_of(ki));
    fill.vectors = fill.vectors_last = static_cast<std::uint32_t>(slabs.rows.count);
    return filled({Engine::input_fill, l_.input_halves_, a_, staged_a_, machine_.input_depth},
                  key_base_ + mi * k_chunks_ + ki, slabs,
                  plan_.a == Staging::chunk ? slabs : a_block(mi, 0, k_tiles_), machine_.rows, fill);
}

// Transposed tiles are read along the reduction: a piece is one tile of C vectors. Others: a column of tiles.
BufferHalves::Half& GemmLowering::weights(std::uint64_t ni, std::uint64_t ki) {
    const std::uint64_t nt = n_of(ni), kt = k_of(ki);
    const Block tiles = b_block(ni, nt, ki, kt);
    FillCommand fill;
    fill.transposed = side_ == WeightSide::transposed;
    fill.slabs = static_cast<std::uint32_t>(nt * kt);
    if (fill.transposed) {
        fill.vectors = fill.vectors_last = static_cast<std::uint32_t>(tiles.rows.count);
    } else {
        fill.slabs_per_piece = static_cast<std::uint32_t>(kt);
        fill.vectors = static_cast<std::uint32_t>(machine_.rows);
        fill.vectors_last = static_cast<std::uint32_t>(tiles.rows.count - (kt - 1) * machine_.rows);
    }
    return filled({Engine::weight_fill, l_.weight_halves_, b_, staged_b_, machine_.weight_depth},
                  key_base_ + (m_tiles_ + ni) * k_chunks_ + ki, tiles,
                  plan_.b == Staging::chunk ? tiles : b_block(ni, nt, 0, k_tiles_),
                  fill.transposed ? machine_.rows : machine_.cols, fill);
}

void GemmLowering::chunk(std::uint64_t mi, std::uint64_t ni, std::uint64_t ki) {
    const std::uint64_t kt = k_of(ki), nt = n_of(ni);
    BufferHalves::Half& input = inputs(mi, ki);
    BufferHalves::Half& weight = weights(ni, ki);
    // Both operands in turn: neither waits for a long block of the other.
    for (bool more = true; more;) {
        more = staged_a_ && staged_a_->load_granule();
        more = (staged_b_ && staged_b_->load_granule()) || more;
    }
    MatmulCommand matmul;
    matmul.input_fill = input.fill;
    matmul.weight_fill = weight.fill;
    matmul.input = input.address;
    matmul.weight = weight.address;
    matmul.m = static_cast<std::uint32_t>(m_of(mi));
    matmul.k_tiles = static_cast<std::uint32_t>(kt);
    matmul.n_tiles = static_cast<std::uint32_t>(nt);
    const bool last_k = ki + 1 == k_chunks_;
    matmul.k_last = static_cast<std::uint32_t>(last_k ? k_ - (k_tiles_ - 1) * machine_.rows : machine_.rows);
    const bool last_n = ni + 1 == n_groups_;
    matmul.n_last = static_cast<std::uint32_t>(last_n ? n_ - (n_tiles_ - 1) * machine_.cols : machine_.cols);
    matmul.first_k = ki == 0;
    matmul.last_k = last_k;
    if (last_k) matmul.epilogue = e_.next_sequence(Engine::vector);
    const std::uint32_t sequence = e_.emit(Engine::array, id_, {}, matmul);
    input.last_reader = weight.last_reader = sequence;
}

void Lowering::product(std::size_t kernel, std::uint64_t item) {
    GemmLowering(*this, kernel, item).run();
}

}  // namespace octet
