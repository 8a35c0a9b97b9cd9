// SPDX-License-Identifier: Apache-2.0
//
// The wrapper of a Verilated chip (sim_chip.cpp) around one whose evaluations are also written as a
// value change dump: what it takes for the chip is this class. Verilator's writer has no file but
// the functions of sim_waves.h.

#include "Vttfs_top.h"
#include "sim_waves.h"
#include "verilated.h"
#include "verilated_vcd_c.h"

#include <memory>
#include <new>
#include <string>

namespace {

class Sink final : public VerilatedVcdFile {
  public:
    explicit Sink(const TtfsSimWaves &w) : waves(w) {}
    bool open(const std::string &) override {
        return true;
    }
    void close() override {}
    ssize_t write(const char *bytes, ssize_t n) override {
        waves.put(waves.context, bytes, static_cast<uint64_t>(n));
        return n;
    }
    const TtfsSimWaves waves;
};

// The sink outlives the writer, which flushes into it.
class Watched final : public Vttfs_top {
  public:
    Watched(VerilatedContext *context, const char *name)
        : Vttfs_top((context->traceEverOn(true), context), name) {}

    void *const rootp = nullptr; // every evaluation is dumped: none can be left out
    void eval() {
        Vttfs_top::eval();
        if (vcd) dump();
    }
    void watch(const TtfsSimWaves *waves) {
        vcd.reset();
        sink.reset();
        if (!waves) return;
        sink.reset(new Sink(*waves));
        vcd.reset(new VerilatedVcdC(sink.get()));
        trace(vcd.get(), 99);
        vcd->open("");
    }

  private:
    // Once more in the same half of a cycle, with other inputs, is a picosecond later.
    void dump() {
        const uint64_t half = sink->waves.half_period;
        if (clk_i != clock) time = half * halves++, clock = clk_i;
        vcd->dump(time++);
    }

    std::unique_ptr<Sink> sink;
    std::unique_ptr<VerilatedVcdC> vcd;
    int clock = -1;
    uint64_t halves = 0, time = 0; // halves of a period that have begun; of the next dump
};

} // namespace

#define Vttfs_top Watched
#include "sim_chip.cpp"

extern "C" int ttfs_sim_waves(void *chip, const TtfsSimWaves *waves) {
    try {
        static_cast<Chip *>(chip)->top->watch(waves);
        return 1;
    } catch (const std::bad_alloc &) {
        return 0;
    }
}
