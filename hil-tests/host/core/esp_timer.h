#pragma once

#include <stdint.h>

#include "esp_err.h"

struct esp_timer_create_args_t {
  void (*callback)(void *argument);
  void *arg;
  const char *name;
};
typedef struct esp_timer *esp_timer_handle_t;

esp_err_t esp_timer_create(const esp_timer_create_args_t *wish, esp_timer_handle_t *timer);
/** Calls it once; a process does so while the sketch waits or between two loops. */
esp_err_t esp_timer_start_once(esp_timer_handle_t timer, uint64_t afterUs);
