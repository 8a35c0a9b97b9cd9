/* SPDX-License-Identifier: Apache-2.0
 *
 * One digit through the emitted digits network: its class and when the first neuron of the last
 * hidden layer spoke. See docs/embedded.md.
 */
#include "digits_cnn.h"
#include "port.h"

/* Pixels of 0..16, as the scanner gave them. */
static const unsigned char digit[DIGITS_CNN_INPUTS] = {
    0, 0,  5, 13, 9,  1, 0,  0, 0,  0,  13, 15, 10, 15, 5, 0,  0,  3, 15, 2, 0,  11,
    8, 0,  0, 4,  12, 0, 0,  8, 8,  0,  0,  5,  8,  0,  0, 9,  8,  0, 0,  4, 11, 0,
    1, 12, 7, 0,  0,  2, 14, 5, 10, 12, 0,  0,  0,  0,  6, 13, 10, 0, 0,  0};

static uint16_t x[DIGITS_CNN_INPUTS], ticks[DIGITS_CNN_NEURONS];
static int32_t potentials[DIGITS_CNN_READOUTS];

static void put_number(const char *what, uint32_t n) {
    char text[12];
    size_t at = sizeof text, length = 0;
    text[--at] = '\n';
    do {
        text[--at] = (char)('0' + n % 10);
        n /= 10;
    } while (n);
    while (what[length]) length++;
    put(what, length);
    put(text + at, sizeof text - at);
}

int main(void) {
    uint32_t spikes = 0;
    for (uint32_t i = 0; i < DIGITS_CNN_INPUTS; i++)
        x[i] = (uint16_t)((digit[i] * DIGITS_CNN_INPUT_TICKS + 8) / 16);
    digits_cnn_run(x, potentials);
    digits_cnn_ticks(ticks);
    for (uint32_t i = 0; i < DIGITS_CNN_NEURONS; i++) spikes += ticks[i] != 0xffff;
    put_number("class  ", digits_cnn_class(potentials));
    put_number("spikes ", spikes);
    return 0;
}
