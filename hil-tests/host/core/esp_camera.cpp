#include "esp_camera.h"

#include <fstream>
#include <iterator>
#include <string>

#include "Arduino.h"
#include "board.h"

namespace {

struct Size {
  size_t width, height;
};
/** Of each framesize_t. */
const Size SIZES[] = {{320, 240}, {640, 480}, {800, 600}, {1024, 768}, {1600, 1200}};

Size size;
size_t framesLeft = 0;

}  // namespace

esp_err_t esp_camera_init(const camera_config_t *config) {
  if (host::photoFile().empty()) return ESP_ERR_CAMERA_NOT_DETECTED;
  // A camera can do more, but what the file has is a JPEG.
  if (config->pixel_format != PIXFORMAT_JPEG) return ESP_ERR_CAMERA_NOT_SUPPORTED;
  size = SIZES[config->frame_size];
  framesLeft = config->fb_count;
  return ESP_OK;
}

camera_fb_t *esp_camera_fb_get() {
  std::ifstream file(host::photoFile(), std::ios::binary);
  if (framesLeft == 0 || !file) return nullptr;
  framesLeft--;
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  const uint32_t nowMs = millis();
  const timeval now = {nowMs / 1000, nowMs % 1000 * 1000};
  uint8_t *memory = new uint8_t[bytes.size()];
  bytes.copy(reinterpret_cast<char *>(memory), bytes.size());
  return new camera_fb_t{memory, bytes.size(), size.width, size.height, PIXFORMAT_JPEG, now};
}

void esp_camera_fb_return(camera_fb_t *frame) {
  if (frame == nullptr) return;
  framesLeft++;
  delete[] frame->buf;
  delete frame;
}
