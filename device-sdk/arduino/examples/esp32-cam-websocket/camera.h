// The camera of an AI-Thinker ESP32-CAM. Other boards have other pins.
#pragma once

#include <esp_camera.h>

// The pins of the camera's two-wire bus, by whichever name the core has for them: esp32 2.0.4 and older say pin_sscb_..., newer
// ones pin_sccb_...
template <typename Config>
inline auto setBusPins(Config &config, int data, int clock, int) -> decltype(config.pin_sccb_sda, void()) {
  config.pin_sccb_sda = data;
  config.pin_sccb_scl = clock;
}
template <typename Config>
inline void setBusPins(Config &config, int data, int clock, long) {
  config.pin_sscb_sda = data;
  config.pin_sscb_scl = clock;
}

inline bool startCamera() {
  camera_config_t config = {};
  config.pin_pwdn = 32;
  config.pin_reset = -1;
  config.pin_xclk = 0;
  setBusPins(config, 26, 27, 0);
  config.pin_d7 = 35;
  config.pin_d6 = 34;
  config.pin_d5 = 39;
  config.pin_d4 = 36;
  config.pin_d3 = 21;
  config.pin_d2 = 19;
  config.pin_d1 = 18;
  config.pin_d0 = 5;
  config.pin_vsync = 25;
  config.pin_href = 23;
  config.pin_pclk = 22;
  config.xclk_freq_hz = 20000000;
  config.ledc_timer = LEDC_TIMER_0;
  config.ledc_channel = LEDC_CHANNEL_0;
  config.pixel_format = PIXFORMAT_JPEG;
  config.frame_size = FRAMESIZE_SVGA;  // 800 x 600; FRAMESIZE_UXGA is 1600 x 1200
  config.jpeg_quality = 12;            // 0 to 63, less is better
  config.fb_location = CAMERA_FB_IN_PSRAM;
  // With one buffer a photo would show what was there when the one before was given back.
  config.fb_count = 2;
  config.grab_mode = CAMERA_GRAB_LATEST;
  return esp_camera_init(&config) == ESP_OK;
}
