// The camera of an ESP32-CAM, as Espressif's driver gives it to a sketch. What it sees is the file that the board was
// started with, read at each photo.
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/time.h>

typedef int esp_err_t;
const esp_err_t ESP_OK = 0;
const esp_err_t ESP_ERR_CAMERA_NOT_DETECTED = 0x20001, ESP_ERR_CAMERA_NOT_SUPPORTED = 0x20004;

enum ledc_channel_t { LEDC_CHANNEL_0 };
enum ledc_timer_t { LEDC_TIMER_0 };
enum pixformat_t { PIXFORMAT_RGB565, PIXFORMAT_JPEG = 4 };
enum framesize_t { FRAMESIZE_QVGA, FRAMESIZE_VGA, FRAMESIZE_SVGA, FRAMESIZE_XGA, FRAMESIZE_UXGA };
enum camera_fb_location_t { CAMERA_FB_IN_PSRAM, CAMERA_FB_IN_DRAM };
enum camera_grab_mode_t { CAMERA_GRAB_WHEN_EMPTY, CAMERA_GRAB_LATEST };

struct camera_config_t {
  int pin_pwdn, pin_reset, pin_xclk, pin_sccb_sda, pin_sccb_scl;
  int pin_d7, pin_d6, pin_d5, pin_d4, pin_d3, pin_d2, pin_d1, pin_d0;
  int pin_vsync, pin_href, pin_pclk;
  int xclk_freq_hz;
  ledc_timer_t ledc_timer;
  ledc_channel_t ledc_channel;
  pixformat_t pixel_format;
  framesize_t frame_size;
  int jpeg_quality;
  size_t fb_count;
  camera_fb_location_t fb_location;
  camera_grab_mode_t grab_mode;
};

struct camera_fb_t {
  uint8_t *buf;
  /** In bytes. */
  size_t len;
  /** In pixels, as `frame_size` says. */
  size_t width, height;
  pixformat_t format;
  /** Since the start. */
  timeval timestamp;
};

extern "C" {
esp_err_t esp_camera_init(const camera_config_t *config);
/** A photo, or null where all `fb_count` are held. */
camera_fb_t *esp_camera_fb_get();
/** Gives its memory back to the camera. */
void esp_camera_fb_return(camera_fb_t *frame);
}
