/* SPDX-License-Identifier: Apache-2.0
 *
 * The locale of a thread that writes or reads numbers: C, in which they have points, whatever the
 * program around has set for itself. Other threads see nothing of it.
 */
#ifndef TTFS_PLAIN_LOCALE_H
#define TTFS_PLAIN_LOCALE_H

#include <locale.h>

/* Sets it for this thread; what was, for uselocale(). Takes no memory. */
locale_t ttfs_plain_locale(void);

#endif
