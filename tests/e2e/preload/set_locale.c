/* SPDX-License-Identifier: Apache-2.0
 *
 * A library to preload: the program has the locale of its environment, as many programs set it that
 * a library finds itself in.
 */
#include <locale.h>

__attribute__((constructor)) static void set_locale(void) {
    setlocale(LC_ALL, "");
}
