/* SPDX-License-Identifier: Apache-2.0
 *
 * The C library has the locale C ready: there is nothing to free.
 */
#include "plain_locale.h"

locale_t ttfs_plain_locale(void) {
    return uselocale(newlocale(LC_ALL_MASK, "C", (locale_t)0));
}
