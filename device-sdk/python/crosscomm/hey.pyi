from typing import Any, Optional, Sequence

from .oocsi import OOCSI

class OOCSIDevice:
    def __init__(self, oocsi: OOCSI, device_name: str) -> None: ...
    def addProperty(self, properties: str, propertyValue: Any) -> OOCSIDevice: ...
    def addLocation(self, location_name: str, latitude: float = 0, longitude: float = 0) -> OOCSIDevice: ...
    def addSensor(
        self,
        sensor_name: str,
        sensor_channel: str,
        sensor_type: str,
        sensor_unit: str,
        sensor_default: Any,
        mode: str = "auto",
        step: Optional[float] = None,
        icon: Optional[str] = None,
    ) -> OOCSIDevice: ...
    def addNumber(
        self,
        number_name: str,
        number_channel: str,
        number_min_max: Sequence[float],
        number_unit: str,
        number_default: Any,
        icon: Optional[str] = None,
    ) -> OOCSIDevice: ...
    def addBinarySensor(
        self, sensor_name: str, sensor_channel: str, sensor_type: str, sensor_default: Any = False, icon: Optional[str] = None
    ) -> OOCSIDevice: ...
    def addSwitch(
        self, switch_name: str, switch_channel: str, switch_default: Any = False, icon: Optional[str] = None
    ) -> OOCSIDevice: ...
    def addLight(
        self,
        light_name: str,
        light_channel: str,
        led_type: str,
        spectrum: str,
        light_default_state: Any = False,
        light_default_brightness: float = 0,
        mired_min_max: Optional[Sequence[float]] = None,
        icon: Optional[str] = None,
    ) -> OOCSIDevice: ...
    def submit(self) -> None: ...
    def sayHi(self) -> None: ...
