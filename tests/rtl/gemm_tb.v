module gemm_tb;
    parameter M = 20, N = 19, K = 33, L = 16;      // manifest.json: rows and cols of a and b; lanes
    reg [7:0]  a [0:M*K-1], b [0:K*N-1], expected [0:M*N-1];
    reg [63:0] cycle_of [0:M*N-1];
    reg [63:0] cycle = 0;
    reg clock = 0;
    reg [8*256-1:0] folder;
    integer i, at, checked = 0, wrong = 0;

    initial begin
        if (!$value$plusargs("golden=%s", folder)) folder = "golden";
        $readmemh({folder, "/a.hex"}, a);
        $readmemh({folder, "/b.hex"}, b);
        $readmemh({folder, "/result.hex"}, expected);
        $readmemh({folder, "/cycles.hex"}, cycle_of);
    end

    always #5 clock = ~clock;
    always @(posedge clock) cycle <= cycle + 1;

    // The device under test: in the cycle of a write the row, the first column, how many codes, and the codes,
    // the first one lowest.
    wire           valid;
    wire [31:0]    row, column, count;
    wire [8*L-1:0] codes;
    dut #(M, N, K, L) unit (.clock(clock), .cycle(cycle), .valid(valid), .row(row), .column(column),
                            .count(count), .codes(codes));

    always @(posedge clock) if (valid) begin
        for (i = 0; i < count; i = i + 1) begin
            at = row * N + column + i;
            checked = checked + 1;
            if (codes[8*i +: 8] !== expected[at] || cycle !== cycle_of[at]) begin
                wrong = wrong + 1;
                $display("result %0d,%0d: code %h in cycle %0d, expected %h in cycle %0d",
                         row, column + i, codes[8*i +: 8], cycle, expected[at], cycle_of[at]);
            end
        end
        if (checked == M * N) begin
            $display("%0d results, %0d wrong", checked, wrong);
            $finish;
        end
    end

    initial #1000000 begin
        $display("%0d of %0d results came", checked, M * N);
        $finish;
    end
endmodule
