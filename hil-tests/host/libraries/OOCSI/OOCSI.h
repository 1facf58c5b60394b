// This is not the OOCSI library for ESP boards of Jort Band and Mathias Funk, but a stand-in for its interface,
// written for these tests: that library cannot be installed from a package. It behaves as version 1.6.0 was seen to: it does
// not subscribe again after a lost connection, draws the digits for `#` anew each time, waits in check() while there is no
// server, answers a line that is just `ping`, and takes for an integer only what is written as one.
#pragma once

#include <map>
#include <string>

#include "WiFi.h"

#ifndef LED_BUILTIN
#define LED_BUILTIN -1
#endif

class OOCSI {
 public:
  bool connect(const char *name, const char *server, void (*callback)() = nullptr);
  bool connect(const char *name, const char *server, const char *network, const char *password,
               void (*callback)() = nullptr);
  void disconnect();
  void subscribe(const char *channel);
  void unsubscribe(const char *channel);
  /** Takes what came, and connects again where that is needed. */
  bool check();
  void setLogging(bool isOn) { isLogging_ = isOn; }
  String getName() const { return handle_.empty() ? String(name_) : String(handle_.c_str()); }

  // As in the library, these give a copy back.
  OOCSI newMessage(const char *channel);
  OOCSI addBool(const char *key, bool value) { return add(key, value ? "true" : "false"); }
  OOCSI addInt(const char *key, int value) { return add(key, std::to_string(value)); }
  OOCSI addLong(const char *key, long value) { return add(key, std::to_string(value)); }
  OOCSI addFloat(const char *key, float value);
  OOCSI addString(const char *key, const char *value);
  void sendMessage();

  bool has(const char *key) const { return fields_.count(key) > 0; }
  bool getBool(const char *key, bool otherwise) const;
  int getInt(const char *key, int otherwise) const;
  long getLong(const char *key, long otherwise) const;
  float getFloat(const char *key, float otherwise) const;
  String getString(const char *key, const char *otherwise) const;
  String getSender() const { return getString("sender", ""); }
  String getRecipient() const { return getString("recipient", ""); }

 private:
  bool connectNow();
  void joinWifi();
  void log(const String &text);
  void logLine(const String &text);
  OOCSI &add(const char *key, const std::string &json);
  const std::string *jsonOf(const char *key) const;

  const char *name_ = "";
  const char *server_ = "";
  const char *network_ = nullptr;
  const char *password_ = nullptr;
  /** The name with digits in it. */
  std::string handle_;
  void (*callback_)() = nullptr;
  WiFiClient client_;
  uint32_t spokeMs_ = 0;
  bool isLogging_ = true;
  std::string recipient_;
  std::string message_;
  /** Of the message that came: each field's JSON. */
  std::map<std::string, std::string> fields_;
};
