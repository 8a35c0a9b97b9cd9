// SPDX-License-Identifier: Apache-2.0
//
// What is done over every bus: the window to the chip's configuration, samples through the registers. The bench has the tasks
// set and get of a register; get leaves in `got` what it says. Flits in count up from 0, and so do those out (wrap_chip.svh).

    reg  [31:0] got, model [0:255];   // model: what the words of the configuration hold
    integer     at, n_given = 0;

    task fill_words;
        integer k;
        begin
            set(REG_CFG_ADDR, 0);
            for (k = 0; k < 256; k = k + 1) begin model[k] = $random(seed); set(REG_CFG_DATA, model[k]); end
            at = 256;
        end
    endtask
    task some_word;
        case (below(6))
            0: begin at = below(256); set(REG_CFG_ADDR, at); end
            1, 2: begin model[at & 255] = $random(seed); set(REG_CFG_DATA, model[at & 255]); at = at + 1; end
            3, 4: begin get(REG_CFG_DATA); check(got, model[at & 255], 101); at = at + 1; end
            default: begin get(REG_CFG_ADDR); check(got, at, 102); end
        endcase
    endtask

    task give(input [5:0] word, input [31:0] data);
        begin
            get(REG_STATUS);
            while (got[STATUS_IN_FULL]) get(REG_STATUS);
            set(word, data);
        end
    endtask
    task give_flits(input integer n);
        repeat (n) begin give(REG_IN_LOW, n_given); n_given = n_given + 1; end
    endtask
    task take_sums;
        repeat (sums) begin
            get(REG_STATUS);
            while (!got[STATUS_OUT_VALID]) get(REG_STATUS);
            get(REG_OUT_HIGH); check(got, 32'hc0, 103);
            get(REG_OUT_LOW); check(got, given - 1, 104);
        end
    endtask
    // A sample of so many flits, from its start until it is through.
    task sample(input integer n);
        begin
            get(REG_STATUS);
            while (got[STATUS_BUSY]) get(REG_STATUS);
            set(REG_CONTROL, 1 << CONTROL_START);
            give_flits(n);
            give(REG_IN_END, 0);
            take_sums;
            get(REG_SAMPLES);
            while (got != samples_fed) get(REG_SAMPLES);
        end
    endtask
    // The chip has had all flits given, in order, each once, with IN_HIGH above them.
    task check_fed(input [7:0] high);
        integer k;
        begin
            for (k = 0; k < n_given; k = k + 1) check(fed[k], {high, k}, 105);
            check(n_fed, n_given, 106);
        end
    endtask
