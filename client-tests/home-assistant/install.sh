#!/bin/sh
# Installs Home Assistant's core and what its MQTT integration imports, in the Debian of scripts/lib/home-assistant.mjs.
set -e
VERSION=2026.11.0

python3 -m venv /ha
/ha/bin/python -m pip install --quiet --disable-pip-version-check --no-input uv
cd /tmp
/ha/bin/python -m pip download --quiet --disable-pip-version-check --no-deps "homeassistant==$VERSION"
# The versions that this one was tried with are in its wheel; pip itself does not come to an end with them.
/ha/bin/python -m zipfile -e homeassistant-*.whl unpacked
put() {
  /ha/bin/uv pip install --quiet --python /ha/bin/python --only-binary :all: --no-binary pyric --no-binary pyturbojpeg \
    -c unpacked/homeassistant/package_constraints.txt "$@"
}
put "homeassistant==$VERSION" paho-mqtt
put home-assistant-frontend hassil home-assistant-intents numpy av pyturbojpeg go2rtc-client aiohasupervisor==0.8.1
rm -rf unpacked homeassistant-*.whl /root/.cache
