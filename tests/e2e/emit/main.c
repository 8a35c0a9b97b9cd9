/* SPDX-License-Identifier: Apache-2.0
 *
 * Runs samples.h through an emitted network called `net` and writes what came out, sample by
 * sample: ticks (unless SHARED says that there are none), potentials, class if the network has one.
 * Then the same from real values, where there is such a run.
 */
#include "net.h"
#include "port.h"
#include "samples.h"

static int32_t potentials[NET_READOUTS];

static void report(void) {
#ifndef SHARED
    static uint16_t ticks[NET_NEURONS];
    net_ticks(ticks);
    put(ticks, sizeof ticks);
#endif
    put(potentials, sizeof potentials);
#ifdef NET_CLASSES
    uint32_t class = net_class(potentials);
    put(&class, sizeof class);
#endif
}

int main(void) {
    for (size_t i = 0; i < sizeof integers / sizeof *integers; i++) {
        net_run(integers[i], potentials);
        report();
    }
#ifdef REAL
    for (size_t i = 0; i < sizeof reals / sizeof *reals; i++) {
        net_run_real(reals[i], potentials);
        report();
    }
#endif
    return 0;
}
