#ifdef ESP32

#include <stdio.h>
#include <string.h>

#include <fstream>
#include <string>
#include <vector>

#include "Arduino.h"
#include "board.h"
#include "esp_ota_ops.h"
#include "esp_timer.h"
#include "firmware.h"

/** As in the core, for a sketch that does not say when it works. */
extern "C" __attribute__((weak)) bool verifyRollbackLater() { return false; }

namespace {

const size_t SECTOR_BYTES = 4096;
const esp_partition_t APPLICATIONS[2] = {{0x10000, host::PLACE_BYTES, "app0"}, {0x150000, host::PLACE_BYTES, "app1"}};

/** What the boot loader keeps of the two. */
struct Choice {
  unsigned boot = 0;
  uint32_t states[2] = {ESP_OTA_IMG_UNDEFINED, ESP_OTA_IMG_UNDEFINED};
};

unsigned running = 0;

std::string fileOf(const char *what) { return host::storageFile() + "." + what; }

Choice readChoice() {
  Choice choice;
  std::ifstream file(fileOf("otadata"));
  file >> choice.boot >> choice.states[0] >> choice.states[1];
  return choice;
}

void writeChoice(const Choice &choice) {
  host::spendFlash();
  const std::string path = fileOf("otadata");
  std::ofstream(path + ".new") << choice.boot << " " << choice.states[0] << " " << choice.states[1] << "\n";
  rename((path + ".new").c_str(), path.c_str());
}

unsigned placeOf(const esp_partition_t *partition) { return partition == &APPLICATIONS[1] ? 1 : 0; }

bool isInside(const esp_partition_t *partition, size_t offset, size_t size) {
  return offset <= partition->size && size <= partition->size - offset;
}

/** The file with the bytes of a partition; bytes behind its end are erased ones. */
std::fstream open(const esp_partition_t *partition) {
  const std::string path = fileOf(partition->label);
  const auto mode = std::ios::binary | std::ios::in | std::ios::out;
  std::fstream file(path, mode);
  if (file) return file;
  std::ofstream(path, std::ios::binary);
  return std::fstream(path, mode);
}

std::vector<char> bytesOf(const esp_partition_t *partition, size_t offset, size_t size) {
  std::vector<char> bytes(size, '\xFF');
  std::fstream file = open(partition);
  file.seekg(static_cast<std::streamoff>(offset));
  file.read(bytes.data(), static_cast<std::streamsize>(size));
  return bytes;
}

void put(const esp_partition_t *partition, size_t offset, const std::vector<char> &bytes) {
  std::fstream file = open(partition);
  file.seekp(0, std::ios::end);
  for (size_t end = static_cast<size_t>(file.tellp()); end < offset; end++) file.put('\xFF');
  file.seekp(static_cast<std::streamoff>(offset));
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

/** Puts all of it, or half of it where the power is cut meanwhile. */
void change(const esp_partition_t *partition, size_t offset, const std::vector<char> &bytes) {
  struct Change {
    const esp_partition_t *partition;
    size_t offset;
    std::vector<char> half;
  } what = {partition, offset, std::vector<char>(bytes.begin(), bytes.begin() + static_cast<long>(bytes.size() / 2))};
  host::spendFlash(
      [](void *it) {
        const Change &half = *static_cast<Change *>(it);
        put(half.partition, half.offset, half.half);
      },
      &what);
  put(partition, offset, bytes);
}

}  // namespace

struct esp_timer {
  esp_timer_create_args_t wish;
  bool isStarted;
  uint32_t sinceMs;
  uint64_t afterUs;
};

namespace {
std::vector<esp_timer *> timers;
}

esp_err_t esp_partition_read(const esp_partition_t *partition, size_t offset, void *into, size_t size) {
  if (!isInside(partition, offset, size)) return ESP_ERR_INVALID_SIZE;
  memcpy(into, bytesOf(partition, offset, size).data(), size);
  return ESP_OK;
}

esp_err_t esp_partition_write(const esp_partition_t *partition, size_t offset, const void *bytes, size_t size) {
  if (!isInside(partition, offset, size)) return ESP_ERR_INVALID_SIZE;
  std::vector<char> there = bytesOf(partition, offset, size);
  for (size_t i = 0; i < size; i++) there[i] &= static_cast<const char *>(bytes)[i];
  change(partition, offset, there);
  return ESP_OK;
}

esp_err_t esp_partition_erase_range(const esp_partition_t *partition, size_t offset, size_t size) {
  if (offset % SECTOR_BYTES != 0 || size % SECTOR_BYTES != 0) return ESP_ERR_INVALID_ARG;
  if (!isInside(partition, offset, size)) return ESP_ERR_INVALID_SIZE;
  change(partition, offset, std::vector<char>(size, '\xFF'));
  return ESP_OK;
}

const esp_partition_t *esp_ota_get_running_partition() { return &APPLICATIONS[running]; }

const esp_partition_t *esp_ota_get_next_update_partition(const esp_partition_t *) {
  return host::storageFile().empty() ? nullptr : &APPLICATIONS[1 - running];
}

esp_err_t esp_ota_get_state_partition(const esp_partition_t *partition, esp_ota_img_states_t *state) {
  const uint32_t found = readChoice().states[placeOf(partition)];
  if (found == ESP_OTA_IMG_UNDEFINED) return ESP_ERR_NOT_FOUND;
  *state = static_cast<esp_ota_img_states_t>(found);
  return ESP_OK;
}

esp_err_t esp_ota_set_boot_partition(const esp_partition_t *partition) {
  if (static_cast<uint8_t>(bytesOf(partition, 0, 1)[0]) != host::IMAGE_MAGIC) return ESP_ERR_OTA_VALIDATE_FAILED;
  Choice choice = readChoice();
  choice.boot = placeOf(partition);
  choice.states[choice.boot] = ESP_OTA_IMG_NEW;
  writeChoice(choice);
  return ESP_OK;
}

esp_err_t esp_ota_mark_app_valid_cancel_rollback() {
  Choice choice = readChoice();
  choice.states[running] = ESP_OTA_IMG_VALID;
  writeChoice(choice);
  return ESP_OK;
}

esp_err_t esp_ota_mark_app_invalid_rollback_and_reboot() {
  Choice choice = readChoice();
  choice.states[running] = ESP_OTA_IMG_INVALID;
  choice.boot = 1 - running;
  writeChoice(choice);
  ESP.restart();
  return ESP_FAIL;
}

esp_err_t esp_timer_create(const esp_timer_create_args_t *wish, esp_timer_handle_t *timer) {
  // For as long as the program runs.
  *timer = new esp_timer{*wish, false, 0, 0};
  timers.push_back(*timer);
  return ESP_OK;
}

esp_err_t esp_timer_start_once(esp_timer_handle_t timer, uint64_t afterUs) {
  timer->isStarted = true;
  timer->sinceMs = millis();
  timer->afterUs = afterUs;
  return ESP_OK;
}

namespace host {

void runTimers() {
  for (esp_timer *timer : timers) {
    if (!timer->isStarted || (millis() - timer->sinceMs) * 1000ULL < timer->afterUs) continue;
    timer->isStarted = false;
    timer->wish.callback(timer->wish.arg);
  }
}

void boot() {
  if (storageFile().empty()) return;
  Choice choice = readChoice();
  const unsigned chosen = choice.boot == 1 ? 1 : 0;
  running = chosen;
  if (choice.states[chosen] == ESP_OTA_IMG_NEW) choice.states[chosen] = ESP_OTA_IMG_PENDING_VERIFY;
  else if (choice.states[chosen] == ESP_OTA_IMG_PENDING_VERIFY) {
    // It was started once, and nobody said that it works.
    choice.states[chosen] = ESP_OTA_IMG_ABORTED;
    choice.boot = running = 1 - chosen;
  } else return;
  writeChoice(choice);
  if (running == chosen && !verifyRollbackLater()) esp_ota_mark_app_valid_cancel_rollback();
}

std::string runningVersion() {
  const std::vector<char> image = bytesOf(&APPLICATIONS[running], 0, VERSION_AT + VERSION_BYTES);
  if (static_cast<uint8_t>(image[0]) != IMAGE_MAGIC) return "1.0.0";
  return std::string(image.data() + VERSION_AT, strnlen(image.data() + VERSION_AT, VERSION_BYTES));
}

}  // namespace host

#endif
