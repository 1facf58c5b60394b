#include "WiFi.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#ifdef ESP8266
#include <linux/sockios.h>
#endif

#include "board.h"

WiFiClass WiFi;

namespace {
/** How long a board needs to join a network that is in reach. */
const uint32_t JOIN_MS = 50;
/** How long write() waits for room before it gives up, as on an ESP32. */
const int WRITE_WAIT_MS = 10000;

/**
 * Whether a connection has itself at its other end. TCP can do that on one computer, where nobody listens at a port and
 * chance gives the caller that very one; the port would then be taken when its owner comes back.
 */
bool isOwnEcho(int descriptor) {
  sockaddr_storage here = {}, there = {};
  socklen_t hereLength = sizeof here, thereLength = sizeof there;
  return getsockname(descriptor, reinterpret_cast<sockaddr *>(&here), &hereLength) == 0 &&
         getpeername(descriptor, reinterpret_cast<sockaddr *>(&there), &thereLength) == 0 &&
         hereLength == thereLength && memcmp(&here, &there, hereLength) == 0;
}

/** Ends a connection without a trace: the port is free at once. */
void abortConnection(int descriptor) {
  const linger none = {1, 0};
  setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &none, sizeof none);
  close(descriptor);
}
}  // namespace

wl_status_t WiFiClass::begin(const char *network, const char *) {
  network_ = network;
  isOn_ = isStarted_ = true;
  sinceMs_ = millis();
  return status();
}

bool WiFiClass::disconnect() {
  isOn_ = false;
  return true;
}

String WiFiClass::macAddress() const { return isStarted_ ? String(host::macAddress().c_str()) : "00:00:00:00:00:00"; }

wl_status_t WiFiClass::status() const {
  if (!isOn_) return WL_DISCONNECTED;
  if (!host::isWifiInReach()) return WL_CONNECTION_LOST;
  const uint32_t joiningMs = min(static_cast<uint32_t>(millis() - sinceMs_), host::wifiReachableMs());
  return joiningMs < JOIN_MS ? WL_IDLE_STATUS : WL_CONNECTED;
}

struct WiFiClient::Socket {
  explicit Socket(int descriptor) : descriptor(descriptor), losses(host::wifiLosses()) {}
  ~Socket() {
    // A connection that the Wi-Fi took along: nobody can tell the other side that it has ended.
    if (losses == host::wifiLosses()) close(descriptor);
  }
  const int descriptor;
  const unsigned int losses;
  bool hasEnded = false;
};

WiFiClient::Socket *WiFiClient::alive() {
  if (socket_ == nullptr || socket_->losses == host::wifiLosses()) return socket_.get();
  socket_.reset();
  return nullptr;
}

int WiFiClient::connect(IPAddress address, uint16_t port) { return connect(address.toString().c_str(), port); }

int WiFiClient::connect(const char *host, uint16_t port) {
  stop();
  if (!WiFi.isConnected()) return 0;
  const std::string asked = std::string(host) + ":" + std::to_string(port);
  const std::string address = host::route(asked);
  const size_t colon = address.rfind(':');
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo *found = nullptr;
  if (getaddrinfo(address.substr(0, colon).c_str(), address.substr(colon + 1).c_str(), &hints, &found) != 0) return 0;
  const int descriptor = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const bool isConnected =
      descriptor >= 0 && ::connect(descriptor, found->ai_addr, found->ai_addrlen) == 0 && !isOwnEcho(descriptor);
  freeaddrinfo(found);
  host::tell("connect", "\"to\":\"" + asked + "\",\"ok\":" + (isConnected ? "true" : "false"));
  if (!isConnected) {
    if (descriptor >= 0) abortConnection(descriptor);
    return 0;
  }
  const int on = 1;
  setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  take(descriptor);
  return 1;
}

void WiFiClient::take(int descriptor) {
  fcntl(descriptor, F_SETFL, O_NONBLOCK);
  socket_ = std::make_shared<Socket>(descriptor);
}

size_t WiFiClient::write(const uint8_t *bytes, size_t length) {
  length = host::writable(length);
  size_t written = 0;
  for (Socket *to = alive(); to != nullptr && written < length;) {
    const ssize_t count = send(to->descriptor, bytes + written, length - written, MSG_NOSIGNAL);
    if (count > 0) {
      written += static_cast<size_t>(count);
      continue;
    }
    pollfd ready = {to->descriptor, POLLOUT, 0};
    if (errno != EAGAIN || poll(&ready, 1, WRITE_WAIT_MS) <= 0) break;
  }
  return written;
}

#ifdef ESP8266
int WiFiClient::availableForWrite() {
  // lwIP has room for two segments.
  const int room = 2 * 1460;
  int waiting = 0;
  Socket *to = alive();
  if (to == nullptr || ioctl(to->descriptor, SIOCOUTQ, &waiting) < 0) return 0;
  return waiting < room ? room - waiting : 0;
}
#endif

int WiFiClient::available() {
  Socket *from = alive();
  if (from == nullptr) return 0;
  int count = 0;
  if (ioctl(from->descriptor, FIONREAD, &count) == 0 && count > 0) return count;
  uint8_t byte;
  const ssize_t peeked = recv(from->descriptor, &byte, 1, MSG_PEEK);
  if (peeked == 0 || (peeked < 0 && errno != EAGAIN)) from->hasEnded = true;
  return peeked > 0 ? 1 : 0;
}

int WiFiClient::read(uint8_t *bytes, size_t length) {
  Socket *from = alive();
  if (from == nullptr) return -1;
  const ssize_t count = recv(from->descriptor, bytes, length, 0);
  return count > 0 ? static_cast<int>(count) : -1;
}

int WiFiClient::read() {
  uint8_t byte;
  return read(&byte, 1) == 1 ? byte : -1;
}

int WiFiClient::peek() {
  Socket *from = alive();
  uint8_t byte;
  return from != nullptr && recv(from->descriptor, &byte, 1, MSG_PEEK) == 1 ? byte : -1;
}

uint8_t WiFiClient::connected() {
  const bool hasMore = available() > 0;
  const Socket *socket = alive();
  return socket != nullptr && (hasMore || !socket->hasEnded) ? 1 : 0;
}
