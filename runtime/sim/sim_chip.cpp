// SPDX-License-Identifier: Apache-2.0
//
// A Verilated chip behind the C interface sim_abi.h. In: configuration words, the input flits of a
// turn, the memory outside; out: the flits of the trace and output ports, with the cycles of every
// slot. Every loop has a bound: a chip that does not answer is given up. Compiled together with the
// Verilated sources.

#include "Vttfs_top.h"
#include "sim_abi.h"
#include "verilated.h"

#include <algorithm>
#include <cstring>
#include <deque>
#include <memory>
#include <new>
#include <string>
#include <vector>

// The leak sanitizer's, where the program that loads this runs under it.
extern "C" __attribute__((weak)) void __lsan_disable();
extern "C" __attribute__((weak)) void __lsan_enable();

namespace {

constexpr uint32_t kWait = 1u << 20; // cycles that a word, a start or a slot's begin may wait
constexpr uint32_t kFlit =
    512; // cycles more, a flit that may come or go, where a link lies before the chip
constexpr int kDrain = 8;            // cycles in which the last flits leave
constexpr uint32_t kMemoryWait = 16; // below so many cycles a burst waits for its first word

// Bits [lsb, lsb + width) of a port, whatever type Verilator gave it; bits it lacks are zero.
template <typename T> uint64_t bits(const T &port, uint32_t lsb, uint32_t width) {
    const auto *bytes = reinterpret_cast<const unsigned char *>(&port);
    uint64_t v = 0;
    for (uint32_t got = 0; got < width;) {
        uint32_t at = lsb + got, take = std::min(8 - at % 8, width - got);
        if (at / 8 >= sizeof port) break;
        v |= static_cast<uint64_t>(bytes[at / 8] >> at % 8 & ((1u << take) - 1)) << got;
        got += take;
    }
    return v;
}

// The input side of a turn: one flit after the other, then the end marker.
struct Feeder {
    const uint64_t *flits = nullptr;
    uint32_t left = 0;
    bool ended = true;

    Feeder() = default;
    Feeder(const uint64_t *at, uint32_t n) : flits(at), left(n), ended(false) {}
    void drive(Vttfs_top &top) const {
        top.in_valid_i = !ended;
        top.in_end_i = !left;
        top.in_flit_i = left ? *flits : 0;
    }
    void advance(const Vttfs_top &top) {
        if (ended || !top.in_ready_o) return;
        ended = !left;
        if (left) left--, flits++;
    }
};

// While there is one the leak sanitizer does not look at what is allocated.
struct Unwatched {
    Unwatched() {
        if (__lsan_disable) __lsan_disable();
    }
    ~Unwatched() {
        if (__lsan_enable) __lsan_enable();
    }
};

// Verilator joins names in a buffer that every thread has and that nobody frees: made here, once
// and long enough.
void make_name_buffer() {
    const std::string longest(1000, 'n');
    Unwatched buffer;
    Verilated::catName(longest.c_str(), "");
}

bool add(TtfsSimFlits &flits, uint64_t flit) {
    if (flits.len == flits.room) return false;
    flits.at[flits.len++] = flit;
    return true;
}

// Flits that came before their turn's call: as many as it has room for.
struct Waiting {
    std::vector<uint64_t> flits;
    uint32_t room = 0;
    bool fits = true;

    void put(uint64_t flit) {
        fits = fits && flits.size() < room;
        if (fits) flits.push_back(flit);
    }
    // To the turn that they are of; true when that has room for all. As many may wait again.
    bool take(TtfsSimFlits &to) {
        bool all = fits;
        for (uint64_t flit : flits) all = all && add(to, flit);
        flits.clear();
        room = to.room;
        fits = true;
        return all;
    }
};

// A turn that has begun before the one in front of it is done: what goes in, what has come so far,
// the cycles until that was done, and those between the two calls, in which it may be done itself.
struct Behind {
    bool runs = false, done = false;
    Feeder feeder;
    Waiting trace, out;
    uint64_t ahead = 0, cycles = 0;
};

// Where the clock's edge alone triggers, half of the evaluations can go: no output depends on an
// input in the same cycle, so all that the first half of a cycle is for is that the clock was low.
// False where that is not so, or where this Verilator calls what the clock was otherwise.
template <template <std::size_t> class Triggers, std::size_t n>
constexpr bool single(const Triggers<n> *) {
    return n == 1;
}
template <typename Root>
auto forgets(Root *root, int)
    -> decltype(root->__Vtrigrprev__TOP__clk_i, single(&root->__VactTriggered)) {
    if (!single(&root->__VactTriggered)) return false;
    root->__Vtrigrprev__TOP__clk_i = 0;
    return true;
}
template <typename Root> bool forgets(Root *, long) {
    return false;
}

struct Chip {
    TtfsSimShape shape;
    VerilatedContext context;
    std::unique_ptr<Vttfs_top> top;
    Behind behind;
    bool odd = false; // the number of the turn that ends next

    // What the Verilog leaves undefined (memories, registers without reset, x) is random bits, the
    // same in every run: a chip that depends on them differs from the reference.
    explicit Chip(const TtfsSimShape &s) : shape(s) {
        make_name_buffer();
        context.threads(1); // else it makes a pool of threads that nobody uses
        context.randReset(2);
        context.randSeed(1);
        top.reset(new Vttfs_top(&context, "ttfs"));
        top->clk_i = 0;
        top->eval();
    }
    ~Chip() {
        top->final();
    }

    // The first half of a cycle: inputs are set, outputs are there.
    void settle() {
        if (forgets(top->rootp, 0)) return;
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

// The memory outside: answers bursts in order, each after some cycles, the same in every turn; what
// lies beyond its end never.
class Memory {
  public:
    explicit Memory(TtfsSimTurn &s) : turn(s) {}

    void drive(Vttfs_top &top) {
        top.mem_req_ready_i = next_random() % 4 != 0;
        bool valid = !bursts.empty() && wait == 0 && bursts.front().at < turn.memory_words;
        top.mem_valid_i = valid;
        top.mem_data_i = valid ? turn.memory[bursts.front().at] : next_random();
    }
    void advance(const Vttfs_top &top) {
        if (wait) wait--;
        if (top.mem_valid_i && top.mem_ready_o) take_word();
        if (!top.mem_req_valid_o || !top.mem_req_ready_i) return;
        bursts.push_back({top.mem_req_addr_o, top.mem_req_words_o});
        turn.asked = std::max(turn.asked, top.mem_req_addr_o + top.mem_req_words_o);
        if (bursts.size() == 1) wait = next_random() % kMemoryWait;
    }

  private:
    struct Burst {
        uint32_t at, words;
    };
    void take_word() {
        Burst &b = bursts.front();
        b.at++;
        if (--b.words) return;
        bursts.pop_front();
        wait = next_random() % kMemoryWait;
    }
    uint32_t next_random() { // xorshift
        state ^= state << 13;
        state ^= state >> 17;
        return state ^= state << 5;
    }

    TtfsSimTurn &turn;
    std::deque<Burst> bursts;
    uint32_t wait = 0, state = 1;
};

// Is a flit of the turn behind the one that ends next?
bool is_behind(const Chip &chip, uint64_t flit) {
    return chip.behind.runs && (flit >> chip.shape.turn_bit & 1) != chip.odd;
}

// Where a flit goes that the turn made, or, once that is done, the one behind it (`s` is null).
bool put(Waiting &behind, TtfsSimFlits *flits, bool is_behind, uint64_t flit) {
    if (flits && !is_behind) return add(*flits, flit);
    behind.put(flit);
    return true;
}

// Records what the ports say in this cycle; false when there is no more room.
bool record(Chip &chip, TtfsSimTurn *s) {
    const Vttfs_top &top = *chip.top;
    const uint32_t width = chip.shape.flit_bits;
    TtfsSimFlits *trace = s ? &s->trace : nullptr, *out = s ? &s->out : nullptr;
    for (uint32_t first = 0; first < chip.shape.cores; first += 64) {
        uint64_t valid = bits(top.trace_valid_o, first, std::min(64u, chip.shape.cores - first));
        for (; valid; valid &= valid - 1) {
            uint32_t core = first + static_cast<uint32_t>(__builtin_ctzll(valid));
            uint64_t flit = bits(top.trace_flit_o, core * width, width);
            if (!put(chip.behind.trace, trace, is_behind(chip, flit), flit)) return false;
        }
    }
    if (!top.out_valid_o || !top.out_ready_i) return true;
    uint64_t flit = bits(top.out_flit_o, 0, width);
    return put(chip.behind.out, out, is_behind(chip, flit), flit);
}

bool wait_idle(Chip &chip) {
    for (uint32_t i = 0; i < kWait; i++) {
        chip.settle();
        if (!chip.top->busy_o) return true;
        chip.edge();
    }
    return false;
}

// Waits for the chip to be ready, then starts a turn.
bool start(Chip &chip) {
    if (!wait_idle(chip)) return false;
    chip.top->start_i = 1;
    chip.cycle();
    chip.top->start_i = 0;
    return true;
}

// Steps until the turn is done.
uint32_t run_slots(Chip &chip, TtfsSimTurn &s) {
    Vttfs_top &top = *chip.top;
    Feeder feeder(s.in, s.inputs);
    Memory memory{s};
    const uint64_t wait = kWait + uint64_t{kFlit} * (uint64_t{s.inputs} + s.out.room);
    for (uint64_t idle = 0; idle < wait; s.cycles++) {
        feeder.drive(top);
        memory.drive(top);
        chip.settle();
        uint32_t slot = std::min<uint32_t>(top.slot_o, s.slots - 1);
        bool done = top.done_o;
        s.end_slot = slot;
        s.slot_cycles[slot] += top.slot_valid_o;
        idle += !top.slot_valid_o;
        if (!record(chip, &s)) return TTFS_SIM_FLOOD;
        feeder.advance(top);
        memory.advance(top);
        chip.edge();
        if (done) return TTFS_SIM_DONE;
        if (s.slot_cycles[slot] > s.slot_limit[slot]) break;
    }
    return TTFS_SIM_HUNG;
}

uint32_t run(Chip &chip, TtfsSimTurn &s) {
    Vttfs_top &top = *chip.top;
    if (!start(chip)) return TTFS_SIM_HUNG;
    uint32_t end = run_slots(chip, s);
    top.in_valid_i = top.mem_valid_i = 0;
    for (int i = 0; end == TTFS_SIM_DONE && i < kDrain; i++) {
        chip.settle();
        if (!record(chip, &s)) end = TTFS_SIM_FLOOD;
        chip.edge();
    }
    return end;
}

// What came of the turn before its call: nobody is behind it yet.
bool take_behind(Behind &behind, TtfsSimTurn &s) {
    s.cycles = behind.cycles;
    s.ahead = behind.ahead;
    behind.runs = behind.done = false;
    behind.cycles = behind.ahead = 0;
    bool trace = behind.trace.take(s.trace), out = behind.out.take(s.out);
    return trace && out;
}

// In this half of a cycle: the next turn begins, if the chip takes it.
void begin_next(Chip &chip, const TtfsSimTurn &s) {
    Behind &behind = chip.behind;
    if (behind.runs || !behind.feeder.ended || chip.top->busy_o) return;
    behind.feeder = Feeder(s.next, s.nexts);
    behind.runs = true;
    chip.top->start_i = 1;
    chip.settle();
}

// A cycle of the turn, with the next one behind it; false when there is no more room.
bool cycle_early(Chip &chip, TtfsSimTurn &s, Memory &memory, bool *done) {
    Vttfs_top &top = *chip.top;
    chip.behind.feeder.drive(top);
    memory.drive(top);
    chip.settle();
    *done = top.done_o;
    if (!record(chip, &s)) return false;
    chip.behind.feeder.advance(top);
    memory.advance(top);
    chip.behind.ahead += chip.behind.runs;
    begin_next(chip, s);
    chip.edge();
    top.start_i = 0;
    return true;
}

// Steps until the turn is done, with the next one behind it.
uint32_t run_early(Chip &chip, TtfsSimTurn &s) {
    bool runs = chip.behind.runs, done = chip.behind.done;
    if (!take_behind(chip.behind, s)) return TTFS_SIM_FLOOD;
    if (!runs && !start(chip)) return TTFS_SIM_HUNG;
    if (!runs) chip.behind.feeder = Feeder(s.in, s.inputs);
    Memory memory{s};
    for (; !done && s.cycles <= s.slot_limit[0]; s.cycles++)
        if (!cycle_early(chip, s, memory, &done)) return TTFS_SIM_FLOOD;
    s.slot_cycles[0] = s.cycles;
    return done ? TTFS_SIM_DONE : TTFS_SIM_HUNG;
}

// A cycle of an access, in which a turn that has begun goes on.
void step(Chip &chip) {
    Behind &behind = chip.behind;
    bool runs = behind.runs && !behind.done;
    if (runs) behind.feeder.drive(*chip.top);
    chip.settle();
    if (!runs) return;
    record(chip, nullptr);
    behind.done = chip.top->done_o;
    behind.feeder.advance(*chip.top);
    behind.cycles++;
}

// True when the chip is ready then.
bool reset(Chip &chip) {
    Vttfs_top &top = *chip.top;
    top.rst_ni = 0;
    top.cfg_valid_i = 0;
    top.start_i = 0;
    top.in_valid_i = 0;
    top.mem_valid_i = top.mem_req_ready_i = 0;
    top.out_ready_i = 1;
    chip.behind = Behind();
    chip.odd = false;
    for (int i = 0; i < 8; i++) chip.cycle();
    top.rst_ni = 1;
    chip.cycle();
    return wait_idle(chip);
}

// One access: taken when the chip is ready; true when it was.
bool access(Chip &chip, bool write, uint32_t address, uint32_t data) {
    Vttfs_top &top = *chip.top;
    top.cfg_valid_i = 1;
    top.cfg_write_i = write;
    top.cfg_addr_i = address;
    top.cfg_data_i = data;
    bool ready = false;
    for (uint32_t i = 0; i < kWait && !ready; i++) {
        step(chip);
        ready = top.cfg_ready_o;
        chip.edge();
    }
    top.cfg_valid_i = 0;
    return ready;
}

bool answer(Chip &chip, uint32_t *data) {
    for (uint32_t i = 0; i < kWait; i++) {
        step(chip);
        bool valid = chip.top->cfg_rvalid_o;
        *data = chip.top->cfg_rdata_o;
        chip.edge();
        if (valid) return true;
    }
    return false;
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
        reset(*chip); // who asks of a chip that stays busy sees it
        return chip.release();
    } catch (const std::bad_alloc &) {
        return nullptr;
    }
}

void ttfs_sim_destroy(void *chip) {
    delete static_cast<Chip *>(chip);
}

int ttfs_sim_write(void *chip, uint32_t address, uint32_t data) {
    try {
        return access(*static_cast<Chip *>(chip), true, address, data);
    } catch (const std::bad_alloc &) {
        return -1;
    }
}

int ttfs_sim_read(void *chip_, uint32_t address, uint32_t *data) {
    Chip &chip = *static_cast<Chip *>(chip_);
    try {
        return access(chip, false, address, 0) && answer(chip, data);
    } catch (const std::bad_alloc &) {
        return -1;
    }
}

int ttfs_sim_reset(void *chip) {
    try {
        return reset(*static_cast<Chip *>(chip));
    } catch (const std::bad_alloc &) {
        return -1;
    }
}

void ttfs_sim_turn(void *chip_, TtfsSimTurn *s) {
    Chip &chip = *static_cast<Chip *>(chip_);
    s->cycles = s->ahead = 0;
    s->end_slot = s->flags = s->asked = 0;
    s->trace.len = s->out.len = 0;
    std::memset(s->slot_cycles, 0, s->slots * sizeof *s->slot_cycles);
    try {
        s->end = s->next ? run_early(chip, *s) : run(chip, *s);
        s->flags = chip.top->flags_o;
        chip.odd = !chip.odd;
        // A chip that was given up starts the next turn out of reset.
        if (s->end != TTFS_SIM_DONE) reset(chip);
    } catch (const std::bad_alloc &) {
        s->end = TTFS_SIM_STARVED;
    }
}

} // extern "C"
