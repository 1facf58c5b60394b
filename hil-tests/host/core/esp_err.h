#pragma once

typedef int esp_err_t;

enum : esp_err_t {
  ESP_OK = 0,
  ESP_FAIL = -1,
  ESP_ERR_INVALID_ARG = 0x102,
  ESP_ERR_INVALID_SIZE = 0x104,
  ESP_ERR_NOT_FOUND = 0x105,
  ESP_ERR_OTA_VALIDATE_FAILED = 0x1503,
};
