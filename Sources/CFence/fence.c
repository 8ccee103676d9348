// What stands between a program and the rest of the machine. Between fork and exec only system calls are made.
//
// > Source: Linux man-pages: landlock(7), unshare(2), network_namespaces(7), user_namespaces(7), prctl(2).
#define _GNU_SOURCE
#include "CFence.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// Headers of this system may be older than its kernel: the numbers and layouts are the kernel's own and frozen.
enum { landlock_create = 444, landlock_add = 445, landlock_restrict = 446 };
enum { landlock_version = 1, landlock_path_beneath = 1 };

struct landlock_rules {
  uint64_t files, network, scopes;
};

struct landlock_path {
  uint64_t allowed;
  int32_t parent;
} __attribute__((packed));

// landlock(7): what changes a file or a folder. Reading and running stay free.
static const uint64_t write_file = 1u << 1, make_and_remove = 0x1ff0u /* REMOVE_DIR … MAKE_SYM */,
                      refer = 1u << 13, truncate_file = 1u << 14;
static const uint64_t scope_sockets = 1u << 0, scope_signals = 1u << 1;

static void step_failed(struct zq_fence_report *report, const char *step) {
  report->code = errno;
  size_t i = 0;
  for (; step[i] && i + 1 < sizeof report->step; i++) report->step[i] = step[i];
  report->step[i] = 0;
}

static int write_text(const char *path, const char *text, size_t count) {
  const int file = open(path, O_WRONLY | O_CLOEXEC);
  if (file < 0) return -1;
  const ssize_t written = write(file, text, count);
  const int code = errno;
  close(file);
  errno = code;
  return written == (ssize_t)count ? 0 : -1;
}

// `0 1000 1\n`: the user stays who it is.
static size_t identity(char *text, unsigned id) {
  char digits[12];
  size_t count = 0, out = 0;
  do digits[count++] = (char)('0' + id % 10); while (id /= 10);
  for (size_t part = 0; part < 2; part++) {
    for (size_t i = count; i-- > 0;) text[out++] = digits[i];
    text[out++] = ' ';
  }
  text[out++] = '1';
  text[out++] = '\n';
  return out;
}

// A network of its own, in which there is nothing but the loopback.
static int leave_network(void) {
  const unsigned user = geteuid(), group = getegid();
  if (unshare(CLONE_NEWNET) != 0) {
    // Without rights, a user namespace gives them. Its numbers are those outside.
    if (unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) return 0;
    char text[32];
    if (write_text("/proc/self/setgroups", "deny", 4) != 0) return 0;
    if (write_text("/proc/self/uid_map", text, identity(text, user)) != 0) return 0;
    if (write_text("/proc/self/gid_map", text, identity(text, group)) != 0) return 0;
  }
  // Programs that talk to themselves need the loopback; one that can't be had does no harm.
  const int socket_ = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (socket_ >= 0) {
    struct ifreq request;
    memset(&request, 0, sizeof request);
    request.ifr_name[0] = 'l';
    request.ifr_name[1] = 'o';
    request.ifr_flags = IFF_UP | IFF_RUNNING;
    (void)ioctl(socket_, SIOCSIFFLAGS, &request);
    close(socket_);
  }
  return 1;
}

static int allow(int rules, const char *path, uint64_t rights) {
  struct landlock_path rule = {rights, open(path, O_PATH | O_CLOEXEC)};
  if (rule.parent < 0) return -1;
  const long result = syscall(landlock_add, rules, landlock_path_beneath, &rule, 0);
  close(rule.parent);
  return result == 0 ? 0 : -1;
}

// Fences files in, and signals where the kernel knows how.
static void fence(const struct zq_fence_request *request, struct zq_fence_report *report) {
  const long version = syscall(landlock_create, NULL, 0, landlock_version);
  if (version < 1) return;
  struct landlock_rules rules = {0, 0, 0};
  if (request->writable) {
    rules.files = write_file | make_and_remove;
    if (version >= 2) rules.files |= refer;
    if (version >= 3) rules.files |= truncate_file;
  }
  if (!request->signals && version >= 6) rules.scopes = scope_signals | scope_sockets;
  if (!rules.files && !rules.scopes) return;
  const size_t size = version >= 6 ? sizeof rules : version >= 4 ? 16 : 8;
  const int set = (int)syscall(landlock_create, &rules, size, 0);
  if (set < 0) return;
  int holds = 1;
  if (rules.files) {
    holds = allow(set, request->writable, rules.files) == 0;
    // What is written there is nowhere.
    const uint64_t file_rights = rules.files & (write_file | truncate_file);
    if (holds) holds = allow(set, "/dev/null", file_rights) == 0;
  }
  if (holds && syscall(landlock_restrict, set, 0) == 0) {
    // Before version 3 a file could be cut short from outside of the folder.
    report->files = rules.files != 0 && version >= 3;
    report->signals = rules.scopes != 0;
  }
  close(set);
}

static void limit(int resource, uint64_t most) {
  struct rlimit limits;
  if (getrlimit(resource, &limits) != 0) return;
  if (limits.rlim_max > most) limits.rlim_max = most;
  limits.rlim_cur = limits.rlim_max;
  (void)setrlimit(resource, &limits);
}

static void become(const struct zq_fence_request *request, struct zq_fence_report *report) {
  const pid_t keeper = getppid();
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return step_failed(report, "prctl");
  if (getppid() != keeper) _exit(127);
  if (setsid() < 0) return step_failed(report, "setsid");
  for (int number = 1; number < 65; number++) (void)signal(number, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  const int from[3] = {request->input, request->output, request->error};
  for (int to = 0; to < 3; to++) {
    if (dup2(from[to], to) < 0) return step_failed(report, "dup2");
  }
  // Nothing else of the parent's is inherited; the report's pipe closes where the program begins.
  if (syscall(SYS_close_range, 3u, ~0u, 4u /* CLOSE_RANGE_CLOEXEC */) != 0) {
    for (int descriptor = 3; descriptor < 1024; descriptor++) {
      (void)fcntl(descriptor, F_SETFD, FD_CLOEXEC);
    }
  }
  if (chdir(request->folder) != 0) return step_failed(report, "chdir");
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_FSIZE, request->file_bytes);
  if (!request->network) report->network = leave_network();
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0) fence(request, report);
}

pid_t zq_fence_start(const struct zq_fence_request *request, struct zq_fence_report *report) {
  memset(report, 0, sizeof *report);
  int pipe_[2];
  if (pipe2(pipe_, O_CLOEXEC) != 0) {
    step_failed(report, "pipe");
    return -1;
  }
  // Above all that becomes a standard stream.
  const int told = fcntl(pipe_[1], F_DUPFD_CLOEXEC, 10);
  close(pipe_[1]);
  const pid_t child = told < 0 ? -1 : fork();
  if (child == 0) {
    become(request, report);
    if (report->code == 0) {
      (void)!write(told, report, sizeof *report);
      execve(request->path, request->arguments, request->environment);
      step_failed(report, "execve");
    }
    (void)!write(told, report, sizeof *report);
    _exit(127);
  }
  if (child < 0) step_failed(report, "fork");
  if (told >= 0) close(told);
  // One report says which fences stand; a second, why there is no program behind them.
  struct zq_fence_report next;
  while (child > 0) {
    const ssize_t count = read(pipe_[0], &next, sizeof next);
    if (count < 0 && errno == EINTR) continue;
    if (count != (ssize_t)sizeof next) break;
    *report = next;
  }
  close(pipe_[0]);
  if (child > 0 && report->code != 0) {
    while (waitpid(child, NULL, 0) < 0 && errno == EINTR) {
    }
    return -1;
  }
  return child;
}

int zq_fence_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC) == 0 ? 0 : errno; }

int zq_fence_adopt(void) { return prctl(PR_SET_CHILD_SUBREAPER, 1) == 0 ? 0 : errno; }

int zq_fence_end_with_parent(int signal) {
  return prctl(PR_SET_PDEATHSIG, signal) == 0 ? 0 : errno;
}
