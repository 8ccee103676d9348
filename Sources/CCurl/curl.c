#include "CCurl.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

// The part of libcurl's interface that is used, by its numbers: they never change
// (https://curl.se/libcurl/c/ABI.html). Where its header is at hand, the compiler compares.
enum {
  opt_write_data = 10001,
  opt_url = 10002,
  opt_proxy = 10004,
  opt_error_buffer = 10010,
  opt_write_function = 20011,
  opt_low_speed_limit = 19,
  opt_low_speed_time = 20,
  opt_http_header = 10023,
  opt_header_data = 10029,
  opt_no_progress = 43,
  opt_no_body = 44,
  opt_follow_location = 52,
  opt_progress_data = 10057,
  opt_certificates = 10065,
  opt_header_function = 20079,
  opt_no_signal = 99,
  opt_timeout_ms = 155,
  opt_connect_timeout_ms = 156,
  opt_no_proxy = 10177,
  opt_protocols = 181,
  opt_progress_function = 20219,
  opt_header_option = 229,
  opt_path_as_is = 234,
  opt_suppress_connect_headers = 265,
};

enum { global_default = 3, protocols_http_https = 3, headers_separate = 1, out_of_memory = 27 };

#if defined(__has_include)
#if __has_include(<curl/curl.h>)
#define CURL_DISABLE_DEPRECATION
#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>
#define SAME(mine, theirs) _Static_assert((int)(mine) == (int)(theirs), #theirs)
SAME(opt_write_data, CURLOPT_WRITEDATA);
SAME(opt_url, CURLOPT_URL);
SAME(opt_proxy, CURLOPT_PROXY);
SAME(opt_error_buffer, CURLOPT_ERRORBUFFER);
SAME(opt_write_function, CURLOPT_WRITEFUNCTION);
SAME(opt_low_speed_limit, CURLOPT_LOW_SPEED_LIMIT);
SAME(opt_low_speed_time, CURLOPT_LOW_SPEED_TIME);
SAME(opt_http_header, CURLOPT_HTTPHEADER);
SAME(opt_header_data, CURLOPT_HEADERDATA);
SAME(opt_no_progress, CURLOPT_NOPROGRESS);
SAME(opt_no_body, CURLOPT_NOBODY);
SAME(opt_follow_location, CURLOPT_FOLLOWLOCATION);
SAME(opt_progress_data, CURLOPT_XFERINFODATA);
SAME(opt_certificates, CURLOPT_CAINFO);
SAME(opt_header_function, CURLOPT_HEADERFUNCTION);
SAME(opt_no_signal, CURLOPT_NOSIGNAL);
SAME(opt_timeout_ms, CURLOPT_TIMEOUT_MS);
SAME(opt_connect_timeout_ms, CURLOPT_CONNECTTIMEOUT_MS);
SAME(opt_no_proxy, CURLOPT_NOPROXY);
SAME(opt_protocols, CURLOPT_PROTOCOLS);
SAME(opt_progress_function, CURLOPT_XFERINFOFUNCTION);
SAME(opt_header_option, CURLOPT_HEADEROPT);
SAME(opt_path_as_is, CURLOPT_PATH_AS_IS);
SAME(opt_suppress_connect_headers, CURLOPT_SUPPRESS_CONNECT_HEADERS);
SAME(global_default, CURL_GLOBAL_DEFAULT);
SAME(protocols_http_https, CURLPROTO_HTTP | CURLPROTO_HTTPS);
SAME(headers_separate, CURLHEADER_SEPARATE);
SAME(out_of_memory, CURLE_OUT_OF_MEMORY);
#endif
#endif

// libcurl's own types, which nobody here looks into.
struct handle;
struct list;

static struct {
  int (*global_init)(long flags);
  struct handle *(*init)(void);
  int (*setopt)(struct handle *, int option, ...);
  int (*perform)(struct handle *);
  void (*reset)(struct handle *);
  void (*cleanup)(struct handle *);
  struct list *(*append)(struct list *, const char *);
  void (*free_all)(struct list *);
} curl;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static const char *trouble;

// POSIX lets a data pointer become a function's (dlsym(3)); ISO C wants it copied.
static int find(void *library, const char *name, void *function) {
  void *found = dlsym(library, name);
  if (!found) trouble = "libcurl.so.4 lacks a function that libcurl 7.55 has";
  memcpy(function, &found, sizeof found);
  return found != NULL;
}

static void open_once(void) {
  static char words[256];
  void *library = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    const char *reason = dlerror();
    strncpy(words, reason ? reason : "libcurl.so.4 can't be opened", sizeof words - 1);
    trouble = words;
    return;
  }
  if (find(library, "curl_global_init", &curl.global_init) &&
      find(library, "curl_easy_init", &curl.init) &&
      find(library, "curl_easy_setopt", &curl.setopt) &&
      find(library, "curl_easy_perform", &curl.perform) &&
      find(library, "curl_easy_reset", &curl.reset) &&
      find(library, "curl_easy_cleanup", &curl.cleanup) &&
      find(library, "curl_slist_append", &curl.append) &&
      find(library, "curl_slist_free_all", &curl.free_all) && curl.global_init(global_default) != 0)
    trouble = "libcurl.so.4 can't be initialized";
}

const char *zq_curl_open(void) {
  pthread_once(&once, open_once);
  return trouble;
}

struct zq_curl_session {
  struct handle *handle;
};

struct zq_curl_session *zq_curl_start(void) {
  if (zq_curl_open()) return NULL;
  struct zq_curl_session *session = malloc(sizeof *session);
  if (!session) return NULL;
  session->handle = curl.init();
  if (session->handle) return session;
  free(session);
  return NULL;
}

void zq_curl_end(struct zq_curl_session *session) {
  if (!session) return;
  curl.cleanup(session->handle);
  free(session);
}

static size_t header(char *bytes, size_t size, size_t count, void *context) {
  struct zq_curl_transfer *transfer = context;
  return transfer->line(transfer->context, bytes, size * count) ? 0 : size * count;
}

static size_t body(char *bytes, size_t size, size_t count, void *context) {
  struct zq_curl_transfer *transfer = context;
  // No bytes at all must not read as a refusal.
  if (size * count == 0) return 0;
  return transfer->body(transfer->context, bytes, size * count) ? 0 : size * count;
}

static int tick(void *context, long long down, long long now, long long up, long long so_far) {
  struct zq_curl_transfer *transfer = context;
  (void)down, (void)now, (void)up, (void)so_far;
  return transfer->tick(transfer->context);
}

void zq_curl_perform(struct zq_curl_session *session, struct zq_curl_transfer *transfer) {
  struct handle *handle = session->handle;
  struct list *lines = NULL;
  transfer->words[0] = 0;
  // Forgets options, keeps connections.
  curl.reset(handle);
  for (const char *const *line = transfer->headers; *line; line++) {
    struct list *longer = curl.append(lines, *line);
    if (!longer) {
      curl.free_all(lines);
      transfer->code = out_of_memory;
      return;
    }
    lines = longer;
  }
  int code = 0;
#define SET(option, value) code = code ? code : curl.setopt(handle, option, value)
  SET(opt_error_buffer, transfer->words);
  SET(opt_no_signal, 1L);
  SET(opt_protocols, (long)protocols_http_https);
  SET(opt_follow_location, 0L);
  SET(opt_path_as_is, 1L);
  SET(opt_url, transfer->url);
  SET(opt_no_body, (long)transfer->head_only);
  SET(opt_http_header, lines);
  // What is for the host isn't for the proxy before it.
  SET(opt_header_option, (long)headers_separate);
  SET(opt_suppress_connect_headers, 1L);
  SET(opt_proxy, transfer->proxy);
  SET(opt_no_proxy, transfer->no_proxy);
  if (transfer->certificates) SET(opt_certificates, transfer->certificates);
  SET(opt_connect_timeout_ms, transfer->connect_milliseconds);
  SET(opt_timeout_ms, transfer->total_milliseconds);
  SET(opt_low_speed_limit, transfer->least_bytes);
  SET(opt_low_speed_time, transfer->least_seconds);
  SET(opt_header_function, header);
  SET(opt_header_data, transfer);
  SET(opt_write_function, body);
  SET(opt_write_data, transfer);
  SET(opt_no_progress, 0L);
  SET(opt_progress_function, tick);
  SET(opt_progress_data, transfer);
#undef SET
  transfer->code = code ? code : curl.perform(handle);
  // The handle outlives what it points to.
  curl.setopt(handle, opt_error_buffer, (char *)NULL);
  curl.setopt(handle, opt_http_header, (struct list *)NULL);
  curl.free_all(lines);
}
