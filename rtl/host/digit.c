/* SPDX-License-Identifier: Apache-2.0
 *
 * A processor beside the chip: configures it, gives it one sample over its registers, and says the
 * class and the potentials on the serial line. No libc. In: digit.h, which litex_sim.py makes of a
 * compiled folder and of the system's addresses.
 */
#include <stdint.h>

#include "digit.h"
#include "ttfs_registers.h"

static volatile uint32_t *word_of(uint32_t address) {
    return (volatile uint32_t *)(uintptr_t)address;
}

static uint32_t get(uint32_t reg) {
    return *word_of(TTFS_BASE + reg);
}

static void put(uint32_t reg, uint32_t value) {
    *word_of(TTFS_BASE + reg) = value;
}

static void say(const char *text) {
    for (; *text; text++) {
        while (*word_of(UART_TXFULL)) {
        }
        *word_of(UART_RXTX) = (uint32_t)*text;
    }
}

static void say_number(int32_t value) {
    char text[12];
    uint32_t left = value < 0 ? 0u - (uint32_t)value : (uint32_t)value;
    int at = sizeof text - 1;
    text[at] = 0;
    do {
        text[--at] = (char)('0' + left % 10);
        left /= 10;
    } while (left);
    if (value < 0) text[--at] = '-';
    say(text + at);
}

static void configure(void) {
    while (get(TTFS_REG_STATUS) & TTFS_REG_STATUS_BUSY) {
    }
    for (uint32_t i = 0; i < RUNS; i++) {
        put(TTFS_REG_CFG_ADDR, runs[i].address);
        for (uint32_t k = 0; k < runs[i].words; k++)
            put(TTFS_REG_CFG_DATA, image[runs[i].first + k]);
    }
}

/* The flit that waits, if one does. A sum is one flit, with its value in the lowest bits; sums come
 * in order. */
static int take(int32_t *sums) {
    static uint32_t taken;
    if (!(get(TTFS_REG_STATUS) & TTFS_REG_STATUS_OUT_VALID)) return 0;
    uint32_t low = get(TTFS_REG_OUT_LOW);
    sums[taken++ % OUTPUTS] = (int32_t)(low << (32 - VALUE_BITS)) >> (32 - VALUE_BITS);
    return 1;
}

/* A turn with the sample's flits, or with none. */
static void turn(const uint32_t *high, const uint32_t *low, uint32_t n, int32_t *sums) {
    while (get(TTFS_REG_STATUS) & TTFS_REG_STATUS_BUSY) {
    }
    put(TTFS_REG_IRQ, 7);
    put(TTFS_REG_CONTROL, TTFS_REG_CONTROL_START);
    for (uint32_t i = 0; i <= n; i++) {
        while (get(TTFS_REG_STATUS) & TTFS_REG_STATUS_IN_FULL) take(sums);
        if (i < n) put(TTFS_REG_IN_HIGH, high[i]);
        if (i < n)
            put(TTFS_REG_IN_LOW, low[i]);
        else
            put(TTFS_REG_IN_END, 0);
    }
    while (take(sums) || !(get(TTFS_REG_IRQ) & TTFS_REG_IRQ_DONE)) {
    }
    while (take(sums)) {
    }
}

int main(void) {
    int32_t sums[OUTPUTS];
    uint32_t best = 0;
    configure();
    say("flags ");
    say_number((int32_t)get(TTFS_REG_FLAGS));
    turn(flits_high, flits_low, FLITS, sums);
    for (uint32_t i = 1; i < TURNS; i++) turn(0, 0, 0, sums);
    say("\npotentials");
    for (uint32_t i = 0; i < OUTPUTS; i++) {
        say(" ");
        say_number(sums[i]);
        if (sums[i] > sums[best]) best = i;
    }
    say("\nclass ");
    say_number((int32_t)best);
    say("\ncycles ");
    say_number((int32_t)get(TTFS_REG_CYCLES));
    say("\n");
    *word_of(FINISH) = 1;
    for (;;) {
    }
}
