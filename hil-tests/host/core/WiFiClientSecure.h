#pragma once

#include "WiFiClient.h"

#ifdef ESP8266
namespace BearSSL {
/** What a client trusts. */
class X509List {
 public:
  explicit X509List(const char *pem) : pem_(pem) {}
  const char *pem() const { return pem_; }

 private:
  const char *pem_;
};
/** What a client comes back with. */
class Session {};
}  // namespace BearSSL
#endif

/** A TLS connection. OpenSSL's own client speaks it, in a process that has the connection at its other end. */
class WiFiClientSecure : public WiFiClient {
 public:
  using WiFiClient::connect;
  int connect(const char *host, uint16_t port) override;
#ifdef ESP8266
  void setTrustAnchors(const BearSSL::X509List *authority) { authority_ = authority->pem(); }
  void setSession(BearSSL::Session *) {}
#else
  void setCACert(const char *pem) { authority_ = pem; }
#endif

 private:
  const char *authority_ = nullptr;
};
