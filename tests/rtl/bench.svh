// SPDX-License-Identifier: Apache-2.0
//
// What every bench has: clock, reset, counted checks, an end. With +corrupt the expected value of one
// check is changed: the bench must say "noticed" of that one, no "at" of any other, and fail. It ends soon
// after that one then, as it ends without: the checks behind it are those that pass without +corrupt. A bench
// that ends in a way of its own says so (own_end) and goes on to it.

    reg clk = 0, rst_n = 0;
    always #5 clk = !clk;

    integer checks = 0, errors = 0, seed = 1;
    reg corrupt, own_end = 0;
    initial corrupt = $test$plusargs("corrupt");

    task check(input [255:0] got, input [255:0] want, input integer what);
        reg changed;
        reg [255:0] expected;
        begin
            checks = checks + 1;
            changed = corrupt && checks == 20;
            expected = changed ? want ^ 1 : want;
            if (got !== expected) begin
                errors = errors + 1;
                if (changed && got === want) $display("noticed");
                else if (errors < 6) $display("at %0t: %0d: %0d (%h), expected %0d (%h)", $time, what,
                    got, got, expected, expected);
            end
            if (corrupt && checks == 100 && !own_end) finish(0);
        end
    endtask

    function integer below(input integer n);  // random, 0..n-1
        below = $unsigned($random(seed)) % n;
    endfunction

    // Inputs change just after the clock edge, outputs are looked at just before the next.
    task tick;
        begin
            @(posedge clk);
            #1;
        end
    endtask

    task reset;
        begin
            rst_n = 0;
            repeat (3) tick;
            rst_n = 1;
        end
    endtask

    task finish(input integer least);
        begin
            if (checks < least) $display("only %0d checks", checks);
            if (errors == 0 && checks >= least) $display("PASS %0d checks", checks);
            else $display("FAIL %0d of %0d checks", errors, checks);
            $finish;
        end
    endtask

    // A bench that makes no check in 100,000 cycles hangs, and so does one without an end in 10 million: the longest
    // has its end after 300,000, and 3,000 at most between two checks.
    integer checks_seen = -1;
    initial begin
        while (checks != checks_seen && $time < 100000000) begin
            checks_seen = checks;
            #1000000;
        end
        $display("FAIL hung");
        $finish;
    end
