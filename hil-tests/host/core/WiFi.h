#pragma once

#include "Arduino.h"
#include "WiFiClient.h"

enum wl_status_t { WL_IDLE_STATUS = 0, WL_CONNECTED = 3, WL_CONNECTION_LOST = 5, WL_DISCONNECTED = 6 };
enum WiFiMode_t { WIFI_OFF = 0, WIFI_STA = 1 };

/** The network, which the test takes away and gives back. As on a board, it is joined again without the sketch. */
class WiFiClass {
 public:
  void mode(WiFiMode_t mode) { isStarted_ = mode != WIFI_OFF; }
  void setAutoReconnect(bool) {}
  wl_status_t begin(const char *network, const char *password = nullptr);
  bool disconnect();
  wl_status_t status() const;
  bool isConnected() const { return status() == WL_CONNECTED; }
  IPAddress localIP() const { return IPAddress(127, 0, 0, 1); }
  /** Zeros before the Wi-Fi was started, as with the ESP32's core from 3.0 on. */
  String macAddress() const;
  String SSID() const { return network_; }
  int RSSI() const { return -55; }

 private:
  bool isStarted_ = false;
  bool isOn_ = false;
  uint32_t sinceMs_ = 0;
  String network_;
};

extern WiFiClass WiFi;
