// Where every matrix of every tensor lies, in DRAM and in SRAM, and which commands its bytes wait for.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "sim/lower/kernels.h"
#include "sim/lower/layout.h"
#include "sim/lower/machine_shape.h"
#include "sim/lower/memory_space.h"

namespace octet {

// One matrix of a tensor.
struct Matrix {
    TensorId tensor = no_tensor;
    Layout layout;
    std::uint8_t format = 0;  // slot of its format, if that is no vector format
    Address dram = 0;
    bool has_dram = false;  // `dram` has been given
    bool in_dram = false;   // DRAM holds its values (once `dram_ready`)
    Needs dram_ready;
    std::optional<MemorySpace::Region> sram;  // resident
    Needs sram_ready;                         // when its values are in SRAM
    Needs readers;                            // commands that read the SRAM copy
    std::uint64_t uses_left = 0;              // work items that still read it
    bool transposed = false;                  // `layout` is that of the transpose (a static weight)
    bool host = false;                        // lies in the memory of the host instead of DRAM
    bool parameter = false;  // fetched from DRAM row by row, as a bias or a look-up table: of no use in SRAM
    bool placed = false;     // its producer has decided between SRAM and DRAM
    std::vector<Block> written;        // parts in SRAM, while they are not all of a result,
    std::uint64_t written_values = 0;  // and their values
    bool resident() const { return sram.has_value(); }
};

class Placement {
  public:
    // `grids`: by tensor of the storage format's blocks.
    Placement(const Graph& graph, const FusedGraph& fused, const std::vector<BlockGrid>& grids,
              const MachineShape& machine, std::uint64_t dram_alignment);

    Matrix& matrix(TensorId tensor, std::uint64_t index) { return matrices_[first_[tensor] + index]; }
    MemorySpace& sram() { return sram_; }
    const BumpSpace& dram() const { return dram_; }  // one space for DRAM and host
    std::uint64_t host_bytes() const { return host_bytes_; }
    void give_dram_address(Matrix& matrix);
    // By table a row of zeros in DRAM: words beyond the ends of a sample.
    const std::map<TensorId, Address>& zeros() const { return zeros_; }

    // One work item less will read the matrix; the last one frees its SRAM.
    void used(Matrix& matrix);
    // The resident matrix, not pinned, whose next reader comes last; nullptr if there is none.
    Matrix* victim(const std::vector<const Matrix*>& pinned, std::size_t kernel);
    void make_resident(Matrix& matrix, const MemorySpace::Region& region);
    void drop(Matrix& matrix);  // frees the SRAM copy

  private:
    void count_readers(const Graph& graph, const FusedGraph& fused);

    std::vector<Matrix> matrices_;  // fixed once built: pointers to them stay valid
    std::vector<std::size_t> first_;
    std::vector<std::vector<std::size_t>> readers_;  // by tensor: kernels that read it, ascending
    std::vector<Matrix*> resident_;
    MemorySpace sram_;
    BumpSpace dram_;
    std::map<TensorId, Address> zeros_;
    std::uint64_t host_bytes_ = 0;
};

}  // namespace octet
