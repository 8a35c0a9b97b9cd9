/* SPDX-License-Identifier: Apache-2.0
 *
 * The tools of an FPGA flow, run one after the other in a folder of their own.
 */
#ifndef TTFS_SYNTH_TOOLS_H
#define TTFS_SYNTH_TOOLS_H

#include "base.h"
#include "progress.h"

#include <sys/types.h>

typedef struct {
    const char *work;   /* the folder that the tools see, and nothing else of this machine */
    const char *out;    /* the compiled folder, where the log of a tool that fails is kept */
    const char *device; /* as files of it are called */
    TtfsProgress progress;
    TtfsArena *arena;
    TtfsDiag *diag;
    const char *part; /* folder of `out` for that log; NULL: fpga */
} TtfsTools;

typedef struct {
    const char *stage;   /* as progress tells it */
    const char *package; /* that brings the tool */
    const char *log;     /* file in `work`; what the tool says goes there */
    const char *argv[24];
} TtfsTool;

/* Whether a tool is installed; false with SYNTH_FLOW, as ttfs_tool_run says it. */
bool ttfs_tool_there(const TtfsTools *t, const TtfsTool *tool);
/* A tool that was started. */
typedef struct {
    pid_t pid;    /* 0: it cannot be started, for `why` */
    int why;      /* errno */
    double until; /* when it is given up */
    bool late;    /* it was */
    pid_t *held;  /* ends it when memory runs out; NULL: it has ended */
} TtfsToolRun;

/* Starts a tool that may take $TTFS_TOOL_MINUTES (60 where that is no number), and is to be waited
 * for. */
TtfsToolRun ttfs_tool_start(const TtfsTools *t, const TtfsTool *tool);
/* Waits for it; true when it ended well. Asks progress meanwhile, and ends it with STOPPED. */
bool ttfs_tool_wait(const TtfsTools *t, TtfsToolRun *run);
/* The error, SYNTH_FLOW, of a tool that did not; none when it was stopped. */
bool ttfs_tool_failed(const TtfsTools *t, const TtfsTool *tool, const TtfsToolRun *run);
/* Starts a tool and waits for it. False with SYNTH_FLOW: it is not installed, or failed; then the
 * end of its log is in the message and the log is OUT/PART/DEVICE_LOG. Or STOPPED. */
bool ttfs_tool_run(const TtfsTools *t, const TtfsTool *tool);
/* Removes the log that an earlier failure of the tool left. */
void ttfs_tool_forget(const TtfsTools *t, const TtfsTool *tool);
/* The text of a file in `work`, in the arena; NULL after an error. */
const char *ttfs_tool_text(const TtfsTools *t, const char *name);

#endif
