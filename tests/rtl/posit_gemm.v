// A behavioural unit for gemm_tb.v: products of posit(8,1) as the machine of edge16-posit8.yaml computes them, written for
// itself in real arithmetic. It knows no hardware, so it takes from the golden vectors when to write.
module dut #(parameter M = 1, N = 1, K = 1, L = 16) (input clock, input [63:0] cycle, output reg valid,
                                                    output reg [31:0] row, column, count, output reg [8*L-1:0] codes);
    parameter ROWS = 16;  // of the array: so many products make one chunk of a sum
    reg [7:0]  a [0:M*K-1], b [0:K*N-1], result [0:M*N-1];
    reg [63:0] when_written [0:M*N-1];
    reg [8*256-1:0] folder;
    real sum, total;
    integer m, n, k, i;

    // A posit of `bits` bits and es = 1: sign, a run of equal bits and the bit that ends it, one exponent bit, fraction.
    function real posit(input [8:0] code, input integer bits);
        reg [8:0] magnitude;
        reg first, negative;
        integer at, regime;
        real weight;
        begin
            negative = code[bits - 1];
            magnitude = negative ? (1 << bits) - code : code;
            first = magnitude[bits - 2];
            at = bits - 2;
            while (at >= 0 && magnitude[at] == first) at = at - 1;
            regime = first ? bits - 3 - at : at + 2 - bits;
            at = at - 1;  // the bit that ends the run
            posit = 2.0 ** (2 * regime);
            if (at >= 0 && magnitude[at]) posit = 2.0 * posit;
            weight = posit / 2.0;
            for (at = at - 1; at >= 0; at = at - 1) begin
                if (magnitude[at]) posit = posit + weight;
                weight = weight / 2.0;
            end
            if (code == 0) posit = 0.0;
            if (negative) posit = -posit;
        end
    endfunction

    // Between codes c and c + 1 lies the posit of one more bit with code 2 c + 1; on the border the even code is taken.
    function [7:0] encoded(input real x);
        real magnitude;
        reg [8:0] c;
        begin
            magnitude = x < 0.0 ? -x : x;
            c = 1;
            while (c < 127 && (magnitude > posit(2 * c + 1, 9) || (magnitude == posit(2 * c + 1, 9) && c[0]))) c = c + 1;
            if (magnitude < 2.0 ** -13) c = 0;
            encoded = x < 0.0 ? -c : c;
        end
    endfunction

    // To the nearest bf16, a tie to the even one. Sums here are normal numbers, or 0.
    function real bf16(input real x);
        reg [63:0] word;
        begin
            word = $realtobits(x);
            word = word + 64'h0fffffffffff + word[45];
            word[44:0] = 0;
            bf16 = $bitstoreal(word);
        end
    endfunction

    initial begin
        if (!$value$plusargs("dut=%s", folder)) folder = "golden";
        $readmemh({folder, "/a.hex"}, a);
        $readmemh({folder, "/b.hex"}, b);
        $readmemh({folder, "/cycles.hex"}, when_written);
        for (m = 0; m < M; m = m + 1)
            for (n = 0; n < N; n = n + 1) begin
                total = 0.0;
                for (i = 0; i < K; i = i + ROWS) begin
                    sum = 0.0;
                    for (k = i; k < K && k < i + ROWS; k = k + 1)
                        sum = bf16(sum + posit(a[m*K + k], 8) * posit(b[k*N + n], 8));
                    total = bf16(total + sum);
                end
                result[m*N + n] = encoded(total);
            end
    end

    always @(cycle) begin
        valid = 0;
        for (m = 0; m < M; m = m + 1)
            for (n = 0; n < N; n = n + L)
                if (when_written[m*N + n] == cycle) begin
                    valid = 1;
                    row = m;
                    column = n;
                    count = N - n < L ? N - n : L;
                    for (i = 0; i < count; i = i + 1) codes[8*i +: 8] = result[m*N + n + i];
                end
    end
endmodule
