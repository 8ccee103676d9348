#ifndef ZEROQAT_CCURL_H
#define ZEROQAT_CCURL_H

#include <stddef.h>

/// The machine's libcurl, opened when it is first needed.
///
/// Not linked: a program that links it, or Foundation's networking which links it, starts 28 ms later and is 10 MiB
/// larger in every process, and cells are processes whose memory is measured. Nor are headers needed to build.

/// Connections that are kept from one transfer to the next; belongs to one thread at a time.
struct zq_curl_session;

/// One request, and what is done with its answer. Texts and lists belong to the caller.
struct zq_curl_transfer {
  /// Where to: http or https; redirects aren't followed.
  const char *url;
  /// Whether only the head is asked for.
  int head_only;
  /// Lines of the request's head, ending in a null.
  const char *const *headers;
  /// The proxy, empty for none, and the hosts that need none. The environment isn't asked.
  const char *proxy, *no_proxy;
  /// The file of certificates that are trusted; null for the library's own.
  const char *certificates;
  /// Milliseconds to a connection, and in all; 0 for no bound in all.
  long connect_milliseconds, total_milliseconds;
  /// The transfer ends when fewer bytes a second than these came for so many seconds.
  long least_bytes, least_seconds;
  /// Called with each line of the answer's head, with its line end; anything but 0 ends the transfer.
  int (*line)(void *context, const char *bytes, size_t count);
  /// Called with the body as it comes; anything but 0 ends the transfer.
  int (*body)(void *context, const char *bytes, size_t count);
  /// Called about once a second, and more often while bytes come; anything but 0 ends the transfer.
  int (*tick)(void *context);
  /// Handed to the three above.
  void *context;
  /// libcurl's code of how it went, 0 for well, and its words.
  int code;
  char words[256];
};

/// Opens the library; null, or why it can't be used, which is a text that stays.
const char *zq_curl_open(void);

/// A session; null where there is no memory or no library.
struct zq_curl_session *zq_curl_start(void);

/// Ends a session and its connections.
void zq_curl_end(struct zq_curl_session *session);

/// Does one transfer, from the connection to the last byte.
void zq_curl_perform(struct zq_curl_session *session, struct zq_curl_transfer *transfer);

#endif
