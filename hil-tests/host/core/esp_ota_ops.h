// Which of the two applications of an ESP32 runs, with a boot loader that takes back what nobody marked as valid.
#pragma once

#include "esp_partition.h"

enum esp_ota_img_states_t : uint32_t {
  ESP_OTA_IMG_NEW = 0,
  ESP_OTA_IMG_PENDING_VERIFY = 1,
  ESP_OTA_IMG_VALID = 2,
  ESP_OTA_IMG_INVALID = 3,
  ESP_OTA_IMG_ABORTED = 4,
  ESP_OTA_IMG_UNDEFINED = 0xFFFFFFFF,
};

const esp_partition_t *esp_ota_get_running_partition();
const esp_partition_t *esp_ota_get_next_update_partition(const esp_partition_t *from);
esp_err_t esp_ota_get_state_partition(const esp_partition_t *partition, esp_ota_img_states_t *state);
/** Looks at the image first. */
esp_err_t esp_ota_set_boot_partition(const esp_partition_t *partition);
esp_err_t esp_ota_mark_app_valid_cancel_rollback();
/** Does not return where there is something to go back to. */
esp_err_t esp_ota_mark_app_invalid_rollback_and_reboot();
