#ifndef ZEROQAT_CFENCE_H
#define ZEROQAT_CFENCE_H

#include <stdint.h>
#include <sys/types.h>

/// What a program is started with.
struct zq_fence_request {
  /// The program's path, and its working folder.
  const char *path, *folder;
  /// The only folder below which it may write, if the kernel can see to that; null for no such fence.
  const char *writable;
  /// Its arguments and its environment, each ending in a null.
  char *const *arguments;
  char *const *environment;
  /// What becomes its standard input, output and error.
  int input, output, error;
  /// Bytes that a file may have.
  uint64_t file_bytes;
  /// Whether it may reach the network, and send signals to processes that it didn't start.
  int network, signals;
};

/// Which fences stand, and why the program couldn't be started.
struct zq_fence_report {
  /// Whether there is no network, no writing outside of the folder, no signal to others.
  int network, files, signals;
  /// 0 where the program runs; else the error's number and the step at which it came, a word.
  int code;
  char step[24];
};

/// Starts a program in a session of its own, behind what fences the kernel has.
///
/// The program ends with its parent.
///
/// Returns the child's id, or -1, with the reason in `report`.
pid_t zq_fence_start(const struct zq_fence_request *request, struct zq_fence_report *report);

/// Makes a pipe, to be read at `ends[0]`, that no program inherits which is started meanwhile; 0 or an error's number.
int zq_fence_pipe(int ends[2]);

/// From now on whatever a descendant of this process leaves behind becomes its child; 0 or an error's number.
int zq_fence_adopt(void);

/// From now on this process gets `signal` when its parent ends; 0 or an error's number.
int zq_fence_end_with_parent(int signal);

#endif
