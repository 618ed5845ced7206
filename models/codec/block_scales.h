// The scales of a matrix in blocks, as numbers: internal to the codec.
#pragma once
#include <array>
#include <span>

#include "models/codec/matrix_codes.h"
#include "models/formats/block_scale.h"

namespace octet {

// Finds the scale of every value.
class BlockScaling {
  public:
    BlockScaling(const CodedMatrix& matrix, const FormatInfo& format, ScaleCodes scales);
    // The scales that the values ask for.
    template <class Number>
    static ScaleCodes choose(const CodedMatrix& matrix, const CodedFormat& format,
                             std::span<const Number> values);

    const ScaleCodes& codes() const { return scales_; }
    Code of(std::size_t row, std::size_t column) const {
        return scales_.codes[along_rows_ ? block_[row] * scales_.columns + column
                                         : row * scales_.columns + block_[column]];
    }
    // Scales are factors of eight bits from here on.
    double value_of(std::size_t row, std::size_t column) const { return values_[of(row, column)]; }
    bool powers_of_two() const { return values_ == E8m0Code::values.data(); }
    // Multiplies values of a row, from column `first` on, by their scales, or (powers of two) divides them:
    // what an element stands for. Values of a block that is not a number become one, or 0.
    void multiply(std::size_t row, std::size_t first, std::span<float> values) const;
    template <class Number>
    void divide(std::size_t row, std::size_t first, std::span<const Number> values,
                std::span<Number> elements) const;

  private:
    ScaleCodes scales_;
    const double* values_;
    bool along_rows_;
    std::vector<std::uint32_t> block_;  // by position along the blocks
};

}  // namespace octet
