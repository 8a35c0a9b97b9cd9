/* SPDX-License-Identifier: Apache-2.0
 *
 * The outside of a program that may have no C library.
 */
#ifndef PORT_H
#define PORT_H

#include <stddef.h>

void put(const void *bytes, size_t n);
int main(void);
#if !__STDC_HOSTED__
void *memcpy(void *to, const void *from, size_t n);
void *memset(void *to, int value, size_t n);
void _start(void);
#endif

#endif
