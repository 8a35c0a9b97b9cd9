/* SPDX-License-Identifier: Apache-2.0
 *
 * How many of a test's random cases are tried. By the hundred they hold numbers against one
 * another; the address sanitizer looks at the memory that the same code takes, case by case, and
 * there a quarter of them is tried.
 */
#ifndef SHARE_H
#define SHARE_H

#ifdef __SANITIZE_ADDRESS__
enum { SANITIZED = 1 };
#else
enum { SANITIZED = 0 };
#endif
#define A_SHARE(cases) (SANITIZED ? (cases) / 4 : (cases))

#endif
