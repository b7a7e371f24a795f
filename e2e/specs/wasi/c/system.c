#include "check.h"
#include <stdlib.h>
#include <unistd.h>

// Arguments: conformance system "two words" "". Environment: NAME=value, EMPTY=.
void check_system(void) {
  size_t count, size;
  OK(__wasi_args_sizes_get(&count, &size));
  EXPECT(count, 4);
  EXPECT(size, 30);
  uint8_t *args[4], text[64];
  OK(__wasi_args_get(args, text));
  EXPECT(strcmp((char *)args[0], "conformance"), 0);
  EXPECT(strcmp((char *)args[2], "two words"), 0);
  EXPECT(strcmp((char *)args[3], ""), 0);
  OK(__wasi_environ_sizes_get(&count, &size));
  EXPECT(count, 2);
  EXPECT(size, 18);
  EXPECT(strcmp(getenv("NAME"), "value"), 0);
  EXPECT(strcmp(getenv("EMPTY"), ""), 0);
  EXPECT(getenv("HOME") == NULL, 1);

  __wasi_timestamp_t resolution, first, second;
  for (int id = 0; id < 4; id += 1) {
    OK(__wasi_clock_res_get(id, &resolution));
    EXPECT(resolution, 1000000);
    OK(__wasi_clock_time_get(id, 0, &first));
    OK(__wasi_clock_time_get(id, 1, &second));
    EXPECT(first <= second, 1);
    EXPECT(first % 1000000, 0);
  }
  EXPECT(__wasi_clock_res_get(4, &resolution), __WASI_ERRNO_INVAL);
  EXPECT(__wasi_clock_time_get(4, 0, &first), __WASI_ERRNO_INVAL);
  OK(__wasi_clock_time_get(__WASI_CLOCKID_REALTIME, 0, &first));
  // After 2020, and before 2100.
  EXPECT(first > 1577836800000000000ull && first < 4102444800000000000ull, 1);

  static uint8_t random[100000];
  OK(__wasi_random_get(random, sizeof random));
  int seen[256] = {0}, kinds = 0;
  for (size_t i = 0; i < sizeof random; i += 1) seen[random[i]] = 1;
  for (int i = 0; i < 256; i += 1) kinds += seen[i];
  EXPECT(kinds, 256);
  EXPECT(random[70000] | random[70001] | random[70002] | random[70003] | random[99996] | random[99997] ? 1 : 0, 1);
  OK(__wasi_random_get(random, 0));
  OK(__wasi_sched_yield());

  size_t length;
  __wasi_roflags_t flags;
  __wasi_fd_t accepted;
  EXPECT(__wasi_sock_accept(DIR, 0, &accepted), __WASI_ERRNO_NOTSOCK);
  EXPECT(__wasi_sock_recv(DIR, NULL, 0, 0, &length, &flags), __WASI_ERRNO_NOTSOCK);
  EXPECT(__wasi_sock_send(DIR, NULL, 0, 0, &length), __WASI_ERRNO_NOTSOCK);
  EXPECT(__wasi_sock_shutdown(DIR, __WASI_SDFLAGS_WR), __WASI_ERRNO_NOTSOCK);
  EXPECT(__wasi_sock_shutdown(90, __WASI_SDFLAGS_WR), __WASI_ERRNO_BADF);
}

static __wasi_subscription_t clock_in(uint64_t userdata, __wasi_clockid_t id, uint64_t timeout, uint16_t flags) {
  __wasi_subscription_t subscription = {.userdata = userdata};
  subscription.u.tag = __WASI_EVENTTYPE_CLOCK;
  subscription.u.u.clock = (__wasi_subscription_clock_t){.id = id, .timeout = timeout, .flags = flags};
  return subscription;
}

static __wasi_subscription_t ready(uint64_t userdata, __wasi_eventtype_t type, __wasi_fd_t fd) {
  __wasi_subscription_t subscription = {.userdata = userdata};
  subscription.u.tag = type;
  subscription.u.u.fd_read.file_descriptor = fd;
  return subscription;
}

static uint64_t now(void) {
  __wasi_timestamp_t time = 0;
  OK(__wasi_clock_time_get(__WASI_CLOCKID_MONOTONIC, 0, &time));
  return time;
}

// Standard input holds "typed\n".
void check_polling(void) {
  const uint64_t ms = 1000000;
  __wasi_event_t events[4];
  size_t count;
  uint64_t start = now();
  __wasi_subscription_t clocks[3] = {clock_in(1, __WASI_CLOCKID_MONOTONIC, 400 * ms, 0),
                                     clock_in(2, __WASI_CLOCKID_MONOTONIC, 50 * ms, 0),
                                     clock_in(3, __WASI_CLOCKID_REALTIME, 50 * ms, 0)};
  OK(__wasi_poll_oneoff(clocks, events, 3, &count));
  uint64_t took = now() - start;
  EXPECT(took >= 48 * ms && took < 400 * ms, 1);
  EXPECT(count, 2);
  EXPECT(events[0].userdata, 2);
  EXPECT(events[1].userdata, 3);
  EXPECT(events[0].type, __WASI_EVENTTYPE_CLOCK);
  EXPECT(events[0].error, 0);

  start = now();
  clocks[0] = clock_in(4, __WASI_CLOCKID_MONOTONIC, start + 30 * ms, __WASI_SUBCLOCKFLAGS_SUBSCRIPTION_CLOCK_ABSTIME);
  OK(__wasi_poll_oneoff(clocks, events, 1, &count));
  EXPECT(now() - start >= 28 * ms, 1);
  clocks[0] = clock_in(5, __WASI_CLOCKID_MONOTONIC, start, __WASI_SUBCLOCKFLAGS_SUBSCRIPTION_CLOCK_ABSTIME);
  OK(__wasi_poll_oneoff(clocks, events, 1, &count));
  EXPECT(count, 1);

  // A descriptor that is ready does not wait for a clock.
  __wasi_subscription_t mixed[4] = {ready(6, __WASI_EVENTTYPE_FD_READ, 0), ready(7, __WASI_EVENTTYPE_FD_WRITE, 1),
                                    clock_in(8, __WASI_CLOCKID_MONOTONIC, 60000 * ms, 0),
                                    ready(9, __WASI_EVENTTYPE_FD_READ, 88)};
  OK(__wasi_poll_oneoff(mixed, events, 4, &count));
  EXPECT(count, 3);
  EXPECT(events[0].userdata, 6);
  EXPECT(events[0].fd_readwrite.nbytes, 6);
  EXPECT(events[1].userdata, 7);
  EXPECT(events[1].error, 0);
  EXPECT(events[2].userdata, 9);
  EXPECT(events[2].error, __WASI_ERRNO_BADF);
  mixed[0] = ready(10, __WASI_EVENTTYPE_FD_WRITE, 0);
  OK(__wasi_poll_oneoff(mixed, events, 1, &count));
  EXPECT(events[0].error, __WASI_ERRNO_NOTCAPABLE);
  clocks[0] = clock_in(11, 77, ms, 0);
  OK(__wasi_poll_oneoff(clocks, events, 1, &count));
  EXPECT(events[0].error, __WASI_ERRNO_INVAL);
  clocks[0] = clock_in(12, __WASI_CLOCKID_PROCESS_CPUTIME_ID, ms, 0);
  OK(__wasi_poll_oneoff(clocks, events, 1, &count));
  EXPECT(events[0].error, __WASI_ERRNO_NOTSUP);
  EXPECT(__wasi_poll_oneoff(clocks, events, 0, &count), __WASI_ERRNO_INVAL);
  clocks[0].u.tag = 3;
  EXPECT(__wasi_poll_oneoff(clocks, events, 1, &count), __WASI_ERRNO_INVAL);
  start = now();
  usleep(20000);
  EXPECT(now() - start >= 18 * ms, 1);
}
