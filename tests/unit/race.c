/* SPDX-License-Identifier: Apache-2.0
 *
 * A race on purpose, between this thread and another: a thread sanitizer that does not end this
 * program with its exit code is not at work. Built with it alone (tools/threads.sh); the test must
 * fail.
 */
#include <pthread.h>
#include <stdio.h>

static void *count(void *sum) {
    ++*(volatile unsigned *)sum;
    return NULL;
}

int main(void) {
    unsigned sum = 0;
    pthread_t other;
    if (pthread_create(&other, NULL, count, &sum) != 0) return 0;
    count(&sum);
    pthread_join(other, NULL);
    printf("counted to %u\n", sum);
    return 0;
}
