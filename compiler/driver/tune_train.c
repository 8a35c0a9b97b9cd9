/* SPDX-License-Identifier: Apache-2.0
 *
 * Options to the settings of a training.
 */
#include "tune_train.h"

#include "tune_graph.h"

bool ttfs_tune_train(TtfsTuneStart *s, const TtfsTuneOptions *o, double seconds,
                     TtfsTuneReport *report, TtfsDiag *diag) {
    const TtfsTuneSamples samples = {.encode = ttfs_tune_encode,
                                     .context = s,
                                     .count = s->session.count,
                                     .classes = s->classes,
                                     .logits = s->logits,
                                     .like = s->like,
                                     .teach = s->example ? ttfs_tune_show : NULL,
                                     .imitates = s->imitates,
                                     .moves = ttfs_tune_moves(&s->move)};
    const TtfsTuneSettings settings = {.epochs = o->epochs,
                                       .batch = o->batch,
                                       .seed = o->seed,
                                       .threads = o->session.threads,
                                       .rate = o->rate,
                                       .pace = o->pace,
                                       .validate = o->validate,
                                       .sparsity = o->sparsity,
                                       .time_noise = o->time_noise,
                                       .drop = o->drop,
                                       .weight_noise = o->weight_noise,
                                       .seconds = seconds,
                                       .frozen = s->frozen,
                                       .pow2 = ttfs_tune_pow2(s),
                                       .accept = s->session.out.has_plan ? ttfs_tune_accept : NULL,
                                       .context = s,
                                       .progress = o->session.progress};
    return ttfs_tune(&s->net, s->offset, s->layer, &samples, &settings, s->file, report, diag);
}
