#include "Preferences.h"

#include <fstream>
#include <string>
#include <vector>

#include "board.h"

namespace {

std::vector<std::string> readLines() {
  std::vector<std::string> lines;
  std::ifstream file(host::storageFile());
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

bool startsWith(const std::string &line, const std::string &start) { return line.compare(0, start.size(), start) == 0; }

}  // namespace

bool Preferences::begin(const char *name, bool isReadOnly) {
  name_ = name;
  isReadOnly_ = isReadOnly;
  if (!isReadOnly) return true;
  for (const std::string &line : readLines()) {
    if (startsWith(line, name_ + "/")) return true;
  }
  return false;
}

size_t Preferences::getString(const char *key, char *value, size_t room) {
  const std::string prefix = prefixOf(key);
  for (const std::string &line : readLines()) {
    if (!startsWith(line, prefix)) continue;
    const std::string text = line.substr(prefix.size());
    if (text.size() >= room) return 0;
    memcpy(value, text.c_str(), text.size() + 1);
    return text.size() + 1;
  }
  return 0;
}

size_t Preferences::putString(const char *key, const char *value) {
  if (isReadOnly_ || host::storageFile().empty()) return 0;
  host::spendFlash();
  const std::string prefix = prefixOf(key);
  std::vector<std::string> lines = readLines();
  std::ofstream file(host::storageFile());
  for (const std::string &line : lines) {
    if (!startsWith(line, prefix)) file << line << "\n";
  }
  file << prefix << value << "\n";
  return file.good() ? strlen(value) : 0;
}
