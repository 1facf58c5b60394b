#pragma once

#include "Arduino.h"
#include "WiFiClient.h"

const int HTTP_CODE_OK = 200, HTTP_CODE_CREATED = 201;
const int HTTPC_ERROR_CONNECTION_REFUSED = -1, HTTPC_ERROR_SEND_HEADER_FAILED = -2,
          HTTPC_ERROR_SEND_PAYLOAD_FAILED = -3, HTTPC_ERROR_CONNECTION_LOST = -5, HTTPC_ERROR_NO_HTTP_SERVER = -7,
          HTTPC_ERROR_ENCODING = -9, HTTPC_ERROR_READ_TIMEOUT = -11;

/** HTTP as the ESP32's core speaks it: one request at a time, and GET() and PUT() wait for the head of the answer. */
class HTTPClient {
 public:
  /** The connection ends with it. */
  ~HTTPClient() { disconnect(); }
  /** `client` is used until end(). */
  bool begin(WiFiClient &client, String url);
  void addHeader(const String &name, const String &value) { headers_ += name + ": " + value + "\r\n"; }
  /** The status of the answer, or one of the errors above; with an error there is no connection any more. */
  int GET() { return request("GET", nullptr, 0); }
  int PUT(uint8_t *body, size_t length) { return request("PUT", body, length); }
  /** Of the body of the answer; -1 where the answer does not say. */
  int getSize() const { return size_; }
  /** Reads the body, and ends the request. */
  String getString();
  void end();
  static String errorToString(int error);

 private:
  int request(const char *method, const uint8_t *body, size_t length);
  int exchange(const char *method, const uint8_t *body, size_t length);
  int readHead();
  void disconnect();

  WiFiClient *client_ = nullptr;
  String host_;
  uint16_t port_ = 80;
  String path_;
  String headers_;
  int size_ = -1;
};
