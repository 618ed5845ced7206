'use strict';
// What the page teaches, in paragraphs. Chosen by dataflow and by kind of format.
const dataflowLesson = {
  weight_stationary: [
    'Every square is a processing element (PE): one multiplier-adder and a few registers. A tile of the second operand, the weights, is loaded from the top and stays where it is. Rows of the array are steps of the reduction, columns are outputs.',
    'The vectors of the first operand enter at the left, one row later in each row, and move one PE to the right in every cycle. In each cycle a PE multiplies what passes with its weight, adds the partial sum that comes from above, and hands the new sum down. So the work runs through the array as a diagonal wavefront, and a finished sum leaves below each column.',
    'The next tile of weights comes down under the running work and waits in shadow registers (round dot); the first vector of its pass swaps it in.',
  ],
  input_stationary: [
    'Every square is a processing element (PE): one multiplier-adder and a few registers. It is the weight-stationary array with its operands exchanged: a tile of the first operand is loaded from the top and stays, columns of the second one enter at the left.',
    'In each cycle a PE multiplies what passes with what it holds, adds the partial sum that comes from above, and hands the new sum down. Results leave below, turned: one column of the product after another.',
  ],
  output_stationary: [
    'Every square is a processing element (PE): one multiplier-adder and a few registers. Here the sums stay: each PE owns one result. The first operand enters at the left and moves right, the second one enters at the top and moves down.',
    'In each step a PE multiplies the two values that meet in it and adds the product to its own sum. When the reduction is over, all sums move to drain registers (round dot) and leave downward, a row a cycle, under the next results.',
  ],
};
const formatLesson = {
  posit: [
    'A posit code has a sign, a regime, an exponent and a fraction, and the regime has no fixed length: it is a run of equal bits, ended by the opposite one. A run of r ones means k = r - 1, a run of r zeros means k = -r.',
    'The value is (-1)^sign x 2^(k x 2^es) x 2^exponent x 1.fraction, where es is the number of exponent bits. Near 1 the regime is short and many bits are left for the fraction; very large and very small numbers pay for their range with precision. A negative code is read from its two\u2019s complement, which is what the fields show. All zeros is 0; a one followed by zeros is not a real number (NaR).',
  ],
  minifloat: [
    'A code has a sign, an exponent and a mantissa of fixed lengths, like a small IEEE number: (-1)^sign x 2^(exponent - bias) x 1.mantissa; with an exponent of zero the leading one is missing (subnormal numbers).',
  ],
  integer: ['Codes are whole numbers in two\u2019s complement. A tensor has one scale: a value is its code times the scale.'],
  block_scaled: ['A code is one element of a block; all elements of a block share a scale, a power of two, which is applied to the sum below the array and not in it.'],
  codebook: ['A code is an index into a list of values; the tensor has one scale beside it.'],
};
