#include "WiFiClientSecure.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

#include "WiFi.h"
#include "board.h"

namespace {
/** Writes what is trusted into a file of its own. */
std::string authorityFile(const char *pem) {
  char path[] = "/tmp/crosscomm-ca-XXXXXX";
  const int descriptor = mkstemp(path);
  if (descriptor < 0) return "";
  const std::string text(pem);
  const bool isWritten = write(descriptor, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  close(descriptor);
  return isWritten ? path : "";
}

/** Whether the client says on its standard error that the handshake is done, before that ends. */
bool isEstablished(int errors) {
  std::string said;
  char bytes[512];
  for (ssize_t count; (count = read(errors, bytes, sizeof bytes)) > 0;) {
    said.append(bytes, static_cast<size_t>(count));
    if (said.find("CONNECTION ESTABLISHED") != std::string::npos) return true;
  }
  return false;
}
}  // namespace

int WiFiClientSecure::connect(const char *host, uint16_t port) {
  stop();
  if (!WiFi.isConnected() || authority_ == nullptr) return 0;
  const std::string asked = std::string(host) + ":" + std::to_string(port);
  const std::string to = host::route(asked);
  const std::string authority = authorityFile(authority_);
  int wire[2], errors[2];
  if (authority.empty() || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, wire) != 0) return 0;
  if (pipe(errors) != 0) return 0;
  const pid_t child = fork();
  if (child == 0) {
    dup2(wire[1], STDIN_FILENO);
    dup2(wire[1], STDOUT_FILENO);
    dup2(errors[1], STDERR_FILENO);
    // The name is looked for among the names, as Mbed TLS 2 and BearSSL do.
    execlp("openssl", "openssl", "s_client", "-brief", "-nocommands", "-tls1_2", "-verify_return_error", "-CAfile",
           authority.c_str(), "-verify_hostname", host, "-noservername", "-connect", to.c_str(),
           static_cast<char *>(nullptr));
    _exit(127);
  }
  close(wire[1]);
  close(errors[1]);
  const bool isConnected = child > 0 && isEstablished(errors[0]);
  close(errors[0]);
  unlink(authority.c_str());
  signal(SIGCHLD, SIG_IGN);
  host::tell("connect", "\"to\":\"" + asked + "\",\"ok\":" + (isConnected ? "true" : "false"));
  if (isConnected) take(wire[0]);
  else close(wire[0]);
  return isConnected ? 1 : 0;
}
