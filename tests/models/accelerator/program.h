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
    std::uint32_t add(Engine engine, decltype(Command::body) body, Needs needs = {},
                      OperationId operation = 0) {
        commands_.push_back({engine, operation, needs, std::move(body)});
        return ++counts_[static_cast<std::size_t>(engine)];
    }
    std::uint32_t load(Address dram, Address sram, std::uint32_t bytes, Needs needs = {},
                       OperationId operation = 0) {
        return add(Engine::load, DmaCommand{strip(dram, bytes), strip(sram, bytes)}, needs, operation);
    }
    std::uint32_t store(Address sram, Address dram, std::uint32_t bytes, Needs needs = {},
                        OperationId operation = 0) {
        return add(Engine::store, DmaCommand{strip(dram, bytes), strip(sram, bytes)}, needs, operation);
    }
    // `slabs` slabs or tiles of `beats` beats of `width` bytes, contiguous.
    std::uint32_t fill(Engine engine, Address sram, std::uint32_t slabs, std::uint32_t beats,
                       std::uint32_t width, Needs needs = {}, OperationId operation = 0) {
        FillCommand f;
        f.sram = strip(sram, slabs * beats * width);
        f.slabs = f.slabs_per_piece = slabs;
        f.beats = f.beats_last = beats;
        f.values = std::uint64_t{slabs} * beats * width;
        return add(engine, f, needs, operation);
    }
    std::uint32_t program(std::vector<VectorPass> passes) {
        programs_.push_back({std::move(passes)});
        return static_cast<std::uint32_t>(programs_.size()) - 1;
    }
    std::size_t size() const { return commands_.size(); }
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
    c.sram.ports = 4;
    c.sram.capacity_kib = 1 << 16;
    c.dram = IdealDramConfig{1024, 1};
    c.buffers.input_depth = c.buffers.weight_depth = c.buffers.accumulation_depth = unlimited_depth;
    return c;
}

// A whole GEMM as one input fill, one weight fill, one matmul command and its epilogue.
inline void gemm(Program& p, const AcceleratorConfig& c, std::uint32_t m, std::uint32_t k, std::uint32_t n,
                 OperationId operation = 0, std::uint32_t epilogue_program = 0) {
    const auto rows = static_cast<std::uint32_t>(c.array.rows),
               cols = static_cast<std::uint32_t>(c.array.cols);
    MatmulCommand mm;
    mm.m = m;
    mm.k_tiles = ceil_div(k, rows);
    mm.n_tiles = ceil_div(n, cols);
    mm.k_last = k - (mm.k_tiles - 1) * rows;
    mm.n_last = n - (mm.n_tiles - 1) * cols;
    EpilogueCommand e;
    e.program = epilogue_program;
    e.m = m;
    e.n_tiles = mm.n_tiles;
    e.n_last = mm.n_last;
    e.output.sram = {1 << 20, mm.n_tiles, m * cols, m * mm.n_last, m * cols, 0};
    e.output.bits = 8;
    e.output.codec = true;
    mm.input_fill = p.fill(Engine::input_fill, 0, mm.k_tiles, m, rows, {}, operation);
    mm.weight_fill = p.fill(Engine::weight_fill, 1 << 16, mm.k_tiles * mm.n_tiles, rows, cols, {}, operation);
    mm.epilogue = p.add(Engine::vector, e, {}, operation);
    p.add(Engine::array, mm, {}, operation);
}

}  // namespace octet::testing
