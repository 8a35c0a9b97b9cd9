// SPDX-License-Identifier: Apache-2.0
//
// A Verilated chip behind the C interface sim_abi.h. In: configuration words, the spikes of a
// sample; out: what the trace and readout ports say, with the cycles of every slot. Every loop has
// a bound: a chip that does not answer is given up. Compiled together with the Verilated sources.

#include "Vttfs_top.h"
#include "sim_abi.h"
#include "verilated.h"

#include <cstring>
#include <memory>
#include <new>

namespace {

constexpr uint32_t kWait = 1u << 20; // cycles that a word or a start may wait
constexpr int kDrain = 8;            // cycles in which the last readouts leave

// Bits [lsb, lsb + width) of a port, whatever type Verilator gave it; bits it lacks are zero.
template <typename T> uint32_t bits(const T &port, uint32_t lsb, uint32_t width) {
    const auto *bytes = reinterpret_cast<const unsigned char *>(&port);
    uint64_t v = 0;
    for (uint32_t i = 0; i < 5 && lsb / 8 + i < sizeof port; i++)
        v |= static_cast<uint64_t>(bytes[lsb / 8 + i]) << (8 * i);
    return static_cast<uint32_t>(v >> (lsb % 8) & ((UINT64_C(1) << width) - 1));
}

struct Chip {
    TtfsSimShape shape;
    VerilatedContext context;
    std::unique_ptr<Vttfs_top> top;

    // What the Verilog leaves undefined (memories, registers without reset, x) is random bits, the
    // same in every run: a chip that depends on them differs from the reference.
    explicit Chip(const TtfsSimShape &s) : shape(s) {
        context.threads(1); // else it makes a pool of threads that nobody uses
        context.randReset(2);
        context.randSeed(1);
        top.reset(new Vttfs_top(&context, "ttfs"));
    }
    ~Chip() {
        top->final();
    }

    // The first half of a cycle: inputs are set, outputs settle.
    void settle() {
        top->clk_i = 0;
        top->eval();
    }
    // The second half: the clock's edge.
    void edge() {
        top->clk_i = 1;
        top->eval();
    }
    void cycle() {
        settle();
        edge();
    }
};

// The input side of a sample: one spike after the other, then the end marker.
struct Feeder {
    const TtfsSimSample &sample;
    uint32_t next = 0;
    bool ended = false;

    void drive(Vttfs_top &top) const {
        bool spike = next < sample.inputs;
        top.in_valid_i = !ended;
        top.in_end_i = !spike;
        top.in_id_i = spike ? sample.in_id[next] : 0;
        top.in_tick_i = spike ? sample.in_tick[next] : 0;
    }
    void advance(const Vttfs_top &top) {
        if (ended || !top.in_ready_o) return;
        if (next < sample.inputs)
            next++;
        else
            ended = true;
    }
};

// Records what the ports say in this cycle; false when there is no more room.
bool record(const Chip &chip, TtfsSimSample &s, uint32_t slot) {
    const Vttfs_top &top = *chip.top;
    for (uint32_t c = 0; c < chip.shape.cores; c++) {
        if (!bits(top.trace_valid_o, c, 1)) continue;
        if (s.spikes == s.spike_room) return false;
        s.spike[s.spikes++] = {
            slot, c, bits(top.trace_tick_o, c * chip.shape.tick_bits, chip.shape.tick_bits),
            bits(top.trace_id_o, c * chip.shape.id_bits, chip.shape.id_bits)};
    }
    if (top.ro_valid_o && top.ro_ready_i) {
        if (s.readouts == s.readout_room) return false;
        uint32_t value = top.ro_value_o, sign = 1u << (chip.shape.acc_bits - 1);
        s.readout[s.readouts++] = {slot, static_cast<uint32_t>(top.ro_id_o),
                                   static_cast<int32_t>((value ^ sign) - sign)};
    }
    return true;
}

// Waits for the chip to be ready, then starts a sample.
bool start(Chip &chip) {
    Vttfs_top &top = *chip.top;
    top.start_i = 0;
    top.ro_ready_i = 1;
    bool busy = true;
    for (uint32_t i = 0; i < kWait && busy; i++) {
        chip.settle();
        busy = top.busy_o;
        if (busy) chip.edge();
    }
    if (busy) return false;
    top.start_i = 1;
    chip.cycle();
    top.start_i = 0;
    return true;
}

uint32_t run(Chip &chip, TtfsSimSample &s) {
    Vttfs_top &top = *chip.top;
    Feeder feeder{s};
    if (!start(chip)) return TTFS_SIM_HUNG;
    for (;;) {
        feeder.drive(top);
        chip.settle();
        uint32_t slot = top.slot_o < s.slots ? top.slot_o : s.slots - 1;
        bool done = top.done_o;
        s.end_slot = slot;
        s.cycles++;
        s.slot_cycles[slot] += top.slot_valid_o;
        if (!record(chip, s, slot)) return TTFS_SIM_FLOOD;
        feeder.advance(top);
        chip.edge();
        if (done) break;
        if (s.slot_cycles[slot] > s.slot_limit[slot]) return TTFS_SIM_HUNG;
    }
    top.in_valid_i = 0;
    for (int i = 0; i < kDrain; i++) {
        chip.settle();
        if (!record(chip, s, s.slots - 1)) return TTFS_SIM_FLOOD;
        chip.edge();
    }
    return TTFS_SIM_DONE;
}

void reset(Chip &chip) {
    Vttfs_top &top = *chip.top;
    top.rst_ni = 0;
    top.cfg_valid_i = 0;
    top.start_i = 0;
    top.in_valid_i = 0;
    top.ro_ready_i = 0;
    for (int i = 0; i < 8; i++) chip.cycle();
    top.rst_ni = 1;
    chip.cycle();
}

bool configure(Chip &chip, uint32_t address, uint32_t data) {
    Vttfs_top &top = *chip.top;
    top.cfg_valid_i = 1;
    top.cfg_addr_i = address;
    top.cfg_data_i = data;
    bool ready = false;
    for (uint32_t i = 0; i < kWait && !ready; i++) {
        chip.settle();
        ready = top.cfg_ready_o;
        chip.edge();
    }
    top.cfg_valid_i = 0;
    return ready;
}

} // namespace

// Memory may run out in all that the simulator does; no exception leaves through C.
extern "C" {

uint32_t ttfs_sim_abi(void) {
    return TTFS_SIM_ABI;
}

void *ttfs_sim_create(const TtfsSimShape *shape) {
    try {
        auto chip = std::make_unique<Chip>(*shape);
        reset(*chip);
        return chip.release();
    } catch (const std::bad_alloc &) {
        return nullptr;
    }
}

void ttfs_sim_destroy(void *chip) {
    delete static_cast<Chip *>(chip);
}

int ttfs_sim_configure(void *chip, uint32_t address, uint32_t data) {
    try {
        return configure(*static_cast<Chip *>(chip), address, data);
    } catch (const std::bad_alloc &) {
        return -1;
    }
}

void ttfs_sim_sample(void *chip_, TtfsSimSample *s) {
    Chip &chip = *static_cast<Chip *>(chip_);
    s->cycles = 0;
    s->spikes = s->readouts = 0;
    std::memset(s->slot_cycles, 0, s->slots * sizeof *s->slot_cycles);
    try {
        s->end = run(chip, *s);
        // A chip that was given up starts the next sample out of reset; its memories keep the
        // image.
        if (s->end != TTFS_SIM_DONE) reset(chip);
    } catch (const std::bad_alloc &) {
        s->end = TTFS_SIM_STARVED;
    }
}

} // extern "C"
