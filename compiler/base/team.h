/* SPDX-License-Identifier: Apache-2.0
 *
 * Team: threads that wait for work and do it together. Waiting threads spin for some microseconds
 * and then sleep, so that a team between two runs costs nothing and one that comes soon begins
 * soon.
 */
#ifndef TTFS_TEAM_H
#define TTFS_TEAM_H

#include <stdbool.h>
#include <stdint.h>

typedef struct TtfsTeam TtfsTeam;

/* A team of `size` (>= 1) members, the caller being member 0. Where threads cannot be had it has
 * fewer, down to the caller alone; ttfs_team_size says how many. Without memory it leaves for
 * the guard. */
TtfsTeam *ttfs_team_open(uint32_t size);
void ttfs_team_close(TtfsTeam *t);
uint32_t ttfs_team_size(const TtfsTeam *t);
/* Calls work(context, member, members) on the caller, who is member 0, and on those members that
 * come before the caller has returned from it; returns when all that began have returned. So `work`
 * takes its parts from a counter until there are none, and waits for nobody: a member whose core is
 * taken by another program costs nothing. What members wrote is seen after. One caller at a time.
 */
void ttfs_team_run(TtfsTeam *t, void (*work)(void *context, uint32_t member, uint32_t members),
                   void *context);

/* Inside a run: memory ran out in a member, so what is left need not be done. */
bool ttfs_team_starved(const TtfsTeam *t);

#endif
