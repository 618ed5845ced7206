// The contract between a program and the machine.
//
// A program is a list of commands in program order. The controller dispatches them, at most one a cycle and
// in that order, into four in-order queues: load, array, vector, store. A queue hands its head to the head's
// engine as soon as that engine can take it; all overlap comes from there. Six engines execute and complete
// commands in order:
//
//   queue   engine        executes
//   load    load          DmaCommand, DRAM to SRAM
//   array   input_fill    FillCommand, SRAM to input buffer
//   array   weight_fill   FillCommand, SRAM to weight buffer
//   array   array         MatmulCommand: passes over the systolic array
//   vector  vector        EpilogueCommand, VectorCommand, MatvecCommand
//   store   store         DmaCommand, SRAM to DRAM
//
// A command starts when `needs` holds: for every engine e, at least needs.done[e] commands of e have
// completed since the start of the run (sequence numbers of an engine's commands count from 1). Program order
// is a valid serial order (a command needs only earlier ones), so a run ends. Addresses are real: two live
// objects never share a byte of a memory, and a later fidelity moves the bytes along them.
#pragma once
#include <array>
#include <cstdint>
#include <variant>
#include <vector>

#include "models/activity.h"
#include "models/formats/block_grid.h"
#include "models/formats/format.h"
#include "models/formats/rounding.h"
#include "models/types.h"

namespace octet {

enum class Engine : std::uint8_t { load, input_fill, weight_fill, array, vector, store, count };
constexpr std::size_t engine_count = static_cast<std::size_t>(Engine::count);
std::string_view name(Engine engine);
enum class Queue : std::uint8_t { load, array, vector, store, count };
constexpr std::size_t queue_count = static_cast<std::size_t>(Queue::count);
std::string_view name(Queue queue);
constexpr Queue queue_of(Engine engine) {
    switch (engine) {
        case Engine::load:
            return Queue::load;
        case Engine::vector:
            return Queue::vector;
        case Engine::store:
            return Queue::store;
        default:
            return Queue::array;
    }
}

// For each engine, how many of its commands must have completed.
struct Needs {
    std::array<std::uint32_t, engine_count> done{};
    void after(Engine engine, std::uint32_t sequence) {
        auto& d = done[static_cast<std::size_t>(engine)];
        if (sequence > d) d = sequence;
    }
    void merge(const Needs& other) {
        for (std::size_t e = 0; e < engine_count; ++e)
            if (other.done[e] > done[e]) done[e] = other.done[e];
    }
};

// `count` pieces of `bytes` each, `stride` apart. The last piece has `last_bytes` and starts `last_shift`
// bytes before its regular place (a narrow last panel has shorter rows). Iterate with address(i) and size(i).
// The vectors of a piece follow one another without gaps, or, if `step` is not 0, begin `step` bytes apart (a
// column of tiles in a row-major matrix); fills and epilogues take such pieces, a DMA does not.
struct Strips {
    Address base = 0;
    std::uint32_t count = 0;
    std::uint32_t bytes = 0;
    std::uint32_t last_bytes = 0;
    std::uint64_t stride = 0;
    std::uint64_t last_shift = 0;
    std::uint64_t step = 0;
    std::uint64_t total() const { return count == 0 ? 0 : std::uint64_t{count - 1} * bytes + last_bytes; }
    Address address(std::uint32_t i) const { return base + i * stride - (i + 1 == count ? last_shift : 0); }
    std::uint32_t size(std::uint32_t i) const { return i + 1 == count ? last_bytes : bytes; }
};

// The scales of a part of a matrix, where they lie beside its values: as a matrix of whole bytes, one row a
// row of the part and one column a block or, if blocks run along the rows, one row a block and one column a
// column.
struct ScalePlane {
    Strips strips;                    // count 0: the format has none
    std::uint32_t piece_columns = 0;  // of it; 0: whole rows, one after another or one a piece
    BlockGrid grid;
    explicit operator bool() const { return strips.count > 0; }
};

// A copy between DRAM and SRAM. Both sides hold the same number of bytes; pieces need not match.
struct DmaCommand {
    Strips dram, sram;
    bool host = false;  // `dram` lies in the memory of the host, behind its link
};

// SRAM to the input buffer (slabs of M vectors of R values) or to the weight buffer (tiles of R rows of C
// values). The pieces are read one after another. A piece holds `slabs_per_piece` slabs or tiles in a row,
// the last one the rest. A slab or tile has `vectors` vectors or rows, the last one of each piece
// `vectors_last`. With `across` there are only `slabs_per_piece` slabs, each with its vectors in all pieces.
struct FillCommand {
    Strips sram;
    std::uint32_t slabs_per_piece = 1;
    std::uint32_t slabs = 1;    // slabs, or weight tiles, in all
    std::uint32_t vectors = 0;  // or rows, of a full slab or tile
    std::uint32_t vectors_last = 0;
    std::uint64_t values = 0;  // values moved, for the counts
    Address buffer = 0;        // first vector or row in the buffer
    bool transposed = false;   // pieces hold columns, the transposer turns them
    bool across = false;
    // The matrix that the pieces hold, each `piece_columns` columns of all its rows (the last may have
    // fewer).
    std::uint32_t rows = 0, columns = 0, piece_columns = 0;
    std::uint32_t pitch = 0;  // bits from one value of a row to the next, 0: those of a value
    std::uint8_t format = 0;  // slot (tensor_formats.h)
    ScalePlane scales{};      // moved before the values
    std::int16_t zero = 0;    // the code of 0, which decoders take off
};

// Passes over the array: for n in n_tiles, for k in k_tiles. All share the M rows of one input tile.
// Input slab of (n, k): slab0 + k of fill `input_fill`. Weight tile of (n, k): tile0 + n * k_tiles + k of
// `weight_fill`. Input stationary: what streams past are columns of the product's second operand, and a tile
// holds rows of its first; all else is the same. Output stationary: the M rows of a fold, at most R; a pass
// is its part with R steps of the reduction, for which a slab holds R columns of M values. Sums of a
// reduction that several commands do (`first_k`, `last_k`) stay in the array: they have one n tile.
struct MatmulCommand {
    std::uint32_t m = 0;  // vectors of every pass
    std::uint32_t k_tiles = 0, n_tiles = 0;
    std::uint32_t k_last = 0, n_last = 0;     // rows used by the last k tile, columns used by the last n tile
    std::uint32_t input_fill = 0, slab0 = 0;  // sequence number of the fill at its engine
    std::uint32_t weight_fill = 0, tile0 = 0;
    bool first_k = true;            // the first k tile starts the sums: nothing is read back
    bool last_k = true;             // the last k tile streams on to the epilogue below
    std::uint32_t epilogue = 0;     // sequence number at the vector engine, if last_k
    Address accumulation = 0;       // first vector in the accumulation buffer, n_tiles * m of them
    Address input = 0, weight = 0;  // in the buffers: what the fills' `buffer` says
    std::uint8_t input_format = 0, weight_format = 0;  // slots
    // Scales that weights are decoded with: that one pass over each slab, and all tiles, read.
    std::uint32_t input_scales = 0, weight_scales = 0;
    // Of the operands, on an array of so many rows and columns.
    std::uint32_t k(std::size_t rows) const {
        return (k_tiles - 1) * static_cast<std::uint32_t>(rows) + k_last;
    }
    std::uint32_t n(std::size_t columns) const {
        return (n_tiles - 1) * static_cast<std::uint32_t>(columns) + n_last;
    }
};

// A tensor or part of one as a vector pass sees it in SRAM.
struct VectorOperand {
    Strips sram;
    std::uint16_t bits = 0;   // of one value
    bool codec = false;       // decoded on the way in, encoded on the way out
    std::uint8_t format = 0;  // slot, if `codec`
    // Columns in a piece (the last may have fewer); 0: whole rows, one after another or one a piece.
    std::uint32_t piece_columns = 0;
    std::uint16_t pitch = 0;  // bits from one value of a row to the next, 0: `bits`
    std::uint64_t stride_bits() const { return pitch != 0 ? pitch : bits; }
    ScalePlane block_scales{};          // of parameters: a piece a vector
    std::vector<TensorScale> scales{};  // of codes, one for each parameter vector; none: 1, around 0
    // A gradient: times its scale behind the decoder, or over it before the encoder, which notes the largest
    // magnitude.
    bool scaled = false;
    TensorScale scale(std::size_t i = 0) const { return i < scales.size() ? scales[i] : TensorScale{}; }
};

// Where the results of a command belong: for who looks on. Heads side by side are columns of one matrix.
struct ResultPart {
    std::uint32_t matrix = 0, first_row = 0, first_column = 0;
};

// What one pass does with every value (or every row), by operation so that fused work is charged to its own
// operation.
struct VectorStage {
    Action action = Action::vector_add;
    OperationId operation = 0;
    bool per_row = false;
};
struct VectorPass {
    std::vector<VectorStage> stages;
    std::uint8_t reads = 0;  // bit i: operand i is read
    bool writes =
        false;  // the output, or operand `writes_operand` if that is not negative (an intermediate result)
    std::int8_t writes_operand = -1;
    bool uses_softmax = false;      // keeps the softmax unit busy too
    bool reads_parameters = false;  // gamma, beta: `parameter_bits` once a pass
    bool row_results = false;       // over one value a row, out of the scratch, or `results`
    std::uint32_t results = 0;     // that a row leaves in the scratch, if they are rows of the output; 0: one
    std::uint8_t row_latency = 0;  // cycles that functions of a row take beside `reduce_latency`
};

// What the passes compute, each result rounded to the vector format (docs/values.md). v is the value in hand,
// at first operand 0 or what leaves the array.
enum class VectorFunction : std::uint8_t {
    take,              // v
    add_parameter,     // v + parameter vector `index`
    add_operand,       // v + operand `index` (of an epilogue: the residual)
    subtract_operand,  // v - operand `index`
    multiply_operand,  // v * operand `index`
    scale,             // v * constant
    relu,
    gelu,
    silu,
    tanh,
    sigmoid,
    gelu_tanh,
    gelu_sigmoid,
    hgelu,
    softmax,             // of a row, or of what `mask` shows of it
    layernorm,           // of a row; parameter vectors 0 and 1 are gamma and beta, the constant is epsilon
    rmsnorm,             // of a row; parameter vector 0 is gamma
    nonorm,              // v * parameter vector `index` + parameter vector `index` + 1
    normalise,           // layernorm, or with `of` rmsnorm, without parameters
    zero,                // 0
    multiply_parameter,  // v * parameter vector `index`
    slope,               // v * slope of the activation `of` at operand `index`
    softmax_backward,    // v is the gradient of a softmax of operand 1
    norm_backward,       // v is the gradient of the norm `of` of operand 1; parameter vector 0 is gamma
    axpy,                // v * constant + operand 1
    moment,              // v * constant + operand 1 * (1 - constant)
    second_moment,       // v * constant + (operand 1 * root of (1 - constant)) squared
    adam,                // v * decay - constant * (operand 1 / (root of operand 2 + epsilon))
    row_squares,         // the sum of the squares of a row: one value a row from here on
    row_sums,            // the sum of a row, likewise
    distance_sums,       // of a row, the sums over the columns of each of `buckets` (distances.h)
    clip_factor          // constant / max(root of v, constant)
};
// Row i of each matrix of `rows` rows sees the columns up to i + offset, the last `window` of them if that is
// not 0.
struct RowMask {
    std::uint32_t rows = 0;  // 0: all columns are seen
    std::uint32_t offset = 0, window = 0;
};
struct VectorStep {
    VectorFunction function = VectorFunction::take;
    OperationId operation = 0;
    std::uint8_t index = 0;
    double constant = 0;
    RowMask mask{};
    VectorFunction of = VectorFunction::take;
    double epsilon = 0, decay = 0;  // adam
    std::uint32_t buckets = 0;      // distance_sums; rows of a matrix: mask.rows
    bool one_way = false;           // distance_sums
    AxpyRounding rounding = AxpyRounding::each_step;
};

struct VectorProgram {
    std::vector<VectorPass> passes;
    std::vector<VectorStep> steps{};
    bool encoded_later = false;  // another command makes of the output what later operations see
    // Of a command with so many rows and columns: the output is a row of one value a row, or has rows of
    // its own.
    struct Shape {
        std::uint32_t rows = 0, columns = 0;
    };
    Shape result(std::uint32_t rows, std::uint32_t columns) const {
        if (passes.empty() || !passes.back().row_results) return {rows, columns};
        const std::uint32_t results = passes.back().results;
        return results == 0 ? Shape{1, rows} : Shape{rows, results};
    }
};

// Scales of a product's operands that are factors of its sums, in fp32: one for each row of the results, one
// for each column. Count 0: that operand has none.
struct LineScales {
    Strips rows, columns;
};

// What happens to the columns that leave a MatmulCommand with last_k: one pass (passes[0]) at the rate they
// come. Operands and output have one piece per n tile, in order of n. `by_column`: what leaves for an n tile
// are its columns, m values each, and blocks of m rows are turned on their way from and to the SRAM.
struct EpilogueCommand {
    std::uint32_t program = 0;  // index into CommandSource::programs()
    std::uint32_t m = 0, n_tiles = 0, n_last = 0;
    bool by_column = false;
    VectorOperand residual;    // sram.count == 0: none
    VectorOperand parameters;  // bias, mask: vectors of one value a column, one a piece
    VectorOperand output;
    float sum_scale = 1;  // of integer sums: the operands' scales multiplied
    LineScales line_scales;
    ResultPart part;
};

// Whole passes over `rows` x `columns` values in SRAM.
struct VectorCommand {
    std::uint32_t program = 0;
    std::uint32_t rows = 0, columns = 0;
    // Those a pass reads by its mask, three at most; some are temporaries.
    std::array<VectorOperand, 4> operands;
    VectorOperand parameters;  // scale and shift of a norm, one value a column each
    VectorOperand output;
    ResultPart part;
    bool by_value = false;  // values lie apart, a row's in a piece: a beat each
};

// One vector times a matrix, or a part of that, on the lanes: the part of the matrix passes row by row, a
// piece after the other, and every product is added to the sum of its result in the accumulation buffer. The
// last part of the reduction is followed by one pass (passes[0]) over the results.
struct MatvecCommand {
    std::uint32_t program = 0;
    std::uint32_t rows = 0, columns = 0;  // of the matrix
    bool row_sums = false;                // it lies as results x k: a result a row; else a result a column
    bool first_k = true, last_k = true;   // as above
    VectorOperand input;                  // the k values that go with it
    VectorOperand matrix;
    VectorOperand residual, parameters, output;  // if last_k, as in an epilogue
    float sum_scale = 1;
    LineScales line_scales;
    ResultPart part;
    std::uint32_t k() const { return row_sums ? columns : rows; }
    std::uint32_t results() const { return row_sums ? rows : columns; }
};

struct Command {
    Engine engine = Engine::load;
    OperationId operation = 0;
    Needs needs;
    std::variant<DmaCommand, FillCommand, MatmulCommand, EpilogueCommand, VectorCommand, MatvecCommand> body;
};

// Where the controller takes the program from. Commands are made as they are asked for, so a program needs no
// memory for all of them at once.
class CommandSource {
  public:
    virtual ~CommandSource() = default;
    virtual bool next(Command& command) = 0;  // false: the program has ended
    virtual const std::vector<VectorProgram>& programs() const = 0;
    virtual std::uint32_t operations() const = 0;  // OperationIds are below this
};

}  // namespace octet
