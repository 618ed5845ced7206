// Programs written by hand, for tests of single rules.
#pragma once
#include <vector>

#include "models/accelerator/run.h"

namespace octet::testing {

class Program : public CommandSource {
  public:
    explicit Program(std::uint32_t operations = 1) : operations_(operations) {}

    bool next(Command& command) override {
        if (position_ == commands_.size()) return false;
        command = commands_[position_++];
        return true;
    }
    const std::vector<VectorProgram>& programs() const override { return programs_; }
    std::uint32_t operations() const override { return operations_; }

    // Every call appends a command and returns its sequence number at its engine.
    std::uint32_t add(Engine engine, decltype(Command::body) body, const Needs& needs = {},
                      OperationId operation = 0) {
        commands_.push_back({engine, operation, needs, std::move(body)});
        return ++counts_[static_cast<std::size_t>(engine)];
    }
    std::uint32_t load(Address dram, Address sram, std::uint32_t bytes, const Needs& needs = {},
                       OperationId operation = 0) {
        return add(Engine::load, DmaCommand{strip(dram, bytes), strip(sram, bytes)}, needs, operation);
    }
    std::uint32_t store(Address sram, Address dram, std::uint32_t bytes, const Needs& needs = {},
                        OperationId operation = 0) {
        return add(Engine::store, DmaCommand{strip(dram, bytes), strip(sram, bytes)}, needs, operation);
    }
    // `slabs` slabs or tiles of `beats` beats of `width` bytes, contiguous.
    std::uint32_t fill(Engine engine, Address sram, std::uint32_t slabs, std::uint32_t beats,
                       std::uint32_t width, const Needs& needs = {}, OperationId operation = 0) {
        FillCommand f;
        f.sram = strip(sram, slabs * beats * width);
        f.slabs = f.slabs_per_piece = slabs;
        f.vectors = f.vectors_last = beats;
        f.values = std::uint64_t{slabs} * beats * width;
        return add(engine, f, needs, operation);
    }
    std::uint32_t program(std::vector<VectorPass> passes) {
        programs_.push_back({std::move(passes), {}});
        return static_cast<std::uint32_t>(programs_.size()) - 1;
    }
    std::uint32_t count(Engine engine) const { return counts_[static_cast<std::size_t>(engine)]; }
    std::vector<Command>& commands() { return commands_; }

    static Strips strip(Address base, std::uint32_t bytes) { return {base, 1, bytes, bytes, bytes, 0}; }
    static Needs after(Engine engine, std::uint32_t sequence) {
        Needs needs;
        needs.after(engine, sequence);
        return needs;
    }

  private:
    std::uint32_t operations_;
    std::size_t position_ = 0;
    std::vector<Command> commands_;
    std::vector<VectorProgram> programs_;
    std::array<std::uint32_t, engine_count> counts_{};
};

// A machine in which nothing but the array limits: memories are wide, latencies short.
inline AcceleratorConfig ample_machine(int rows, int cols) {
    AcceleratorConfig c;
    c.array.rows = rows;
    c.array.cols = cols;
    c.vector.lanes = cols;
    c.sram.banks = 64;
    c.sram.ports = 8;
    c.sram.capacity_kib = 1 << 16;
    c.dram = IdealDramConfig{1024, 1};
    c.buffers.input_depth = c.buffers.weight_depth = c.buffers.accumulation_depth = unlimited_depth;
    return c;
}

// A matrix product of m x k by k x n.
struct Product {
    std::uint32_t m = 1, k = 1, n = 1;
    OperationId operation = 0;
    std::uint32_t k_step = ~0U, n_step = ~0U;  // tiles of one matmul command, in each direction
    std::uint16_t output_bits = 8;
};

// Fills of whole operands: input slabs at 0, weight tiles at 4 MiB.
struct Filled {
    std::uint32_t input = 0, weight = 0;
};
inline Filled add_fills(Program& p, const AcceleratorConfig& c, const Product& g, const Needs& needs = {}) {
    const auto rows = static_cast<std::uint32_t>(c.array.rows),
               cols = static_cast<std::uint32_t>(c.array.cols);
    const std::uint32_t k_tiles = ceil_div(g.k, rows), n_tiles = ceil_div(g.n, cols);
    return {p.fill(Engine::input_fill, 0, k_tiles, g.m, rows, needs, g.operation),
            p.fill(Engine::weight_fill, 4 << 20, k_tiles * n_tiles, rows, cols, needs, g.operation)};
}

// Its epilogues and matmul commands, column chunk by column chunk; results at 8 MiB. Weight tiles of a chunk
// lie n-major: so a product that is cut along k takes its tiles with k_step == all of k_tiles or has one
// column tile a chunk.
inline void add_passes(Program& p, const AcceleratorConfig& c, const Product& g, const Filled& filled,
                       std::uint32_t epilogue_program = 0, const Needs& needs = {}) {
    const auto rows = static_cast<std::uint32_t>(c.array.rows),
               cols = static_cast<std::uint32_t>(c.array.cols);
    const std::uint32_t k_tiles = ceil_div(g.k, rows), n_tiles = ceil_div(g.n, cols);
    const std::uint32_t k_step = std::min(g.k_step, k_tiles), n_step = std::min(g.n_step, n_tiles);
    for (std::uint32_t n = 0; n < n_tiles; n += n_step) {
        const std::uint32_t chunk = std::min(n_step, n_tiles - n);
        const std::uint32_t n_last = n + chunk == n_tiles ? g.n - (n_tiles - 1) * cols : cols;
        EpilogueCommand e;
        e.program = epilogue_program;
        e.m = g.m;
        e.n_tiles = chunk;
        e.n_last = n_last;
        const std::uint32_t width = cols * g.output_bits / 8;
        e.output.sram = {(8 << 20) + n * g.m * width,      chunk,       g.m * width,
                         g.m * n_last * g.output_bits / 8, g.m * width, 0};
        e.output.bits = g.output_bits;
        e.output.codec = g.output_bits == 8;
        const std::uint32_t epilogue = p.add(Engine::vector, e, {}, g.operation);
        for (std::uint32_t k = 0; k < k_tiles; k += k_step) {
            MatmulCommand mm;
            mm.m = g.m;
            mm.k_tiles = std::min(k_step, k_tiles - k);
            mm.n_tiles = chunk;
            mm.k_last = k + mm.k_tiles == k_tiles ? g.k - (k_tiles - 1) * rows : rows;
            mm.n_last = n_last;
            mm.input_fill = filled.input;
            mm.slab0 = k;
            mm.weight_fill = filled.weight;
            mm.tile0 = n * k_tiles + k;
            mm.first_k = k == 0;
            mm.last_k = k + mm.k_tiles == k_tiles;
            mm.epilogue = mm.last_k ? epilogue : 0;
            p.add(Engine::array, mm, needs, g.operation);
        }
    }
}

inline void add_product(Program& p, const AcceleratorConfig& c, const Product& g) {
    add_passes(p, c, g, add_fills(p, c, g));
}

}  // namespace octet::testing
