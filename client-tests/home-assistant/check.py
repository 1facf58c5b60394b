"""Says what Home Assistant's own schemas find wrong with device payloads: takes a list of them as JSON, prints a list of lists of faults."""

import asyncio
import importlib
import json
import sys
import tempfile

from homeassistant.components.mqtt import discovery
from homeassistant.components.mqtt.schemas import DEVICE_DISCOVERY_SCHEMA, validate_device_discovery_components
from homeassistant.core import HomeAssistant
import probatio


def faults_of(payload):
    try:
        whole = DEVICE_DISCOVERY_SCHEMA(discovery.MQTTDiscoveryPayload(payload))
        validate_device_discovery_components(whole)
    except probatio.Invalid as error:
        return [str(error)]
    faults = []
    for key, component in whole["components"].items():
        platform = component.pop("platform")
        if not component:
            continue
        one = discovery.MQTTDiscoveryPayload(component)
        one["device"], one["origin"] = whole["device"], whole["origin"]
        discovery._merge_common_device_options(one, whole)
        module = importlib.import_module("homeassistant.components.mqtt." + platform)
        try:
            module.DISCOVERY_SCHEMA(one)
        except probatio.Error as error:
            faults.append(f"{key}: {error}")
    return faults


async def main():
    HomeAssistant(tempfile.mkdtemp())
    print(json.dumps([faults_of(payload) for payload in json.load(sys.stdin)]))


asyncio.run(main())
