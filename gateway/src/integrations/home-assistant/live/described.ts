import type { DeviceConfig } from '../../../config/home-assistant.ts';
import type { AnnouncedDevice } from '../../../protocols/announced-devices.ts';
import type { HomeDevice } from '../home-device.ts';

/** A device that told what it is. Its first location is its room. */
export function toldDevice({ name, handle, describe }: AnnouncedDevice): HomeDevice {
  const { properties, locations, components } = describe();
  return {
    ...{ name, client: handle, components },
    area: locations[0]?.name,
    manufacturer: textIn(properties.manufacturer ?? properties.maker),
    model: textIn(properties.model),
    version: textIn(properties.version),
  };
}

/** A device that the configuration describes. */
export function configuredDevice({ components, client, ...device }: DeviceConfig): HomeDevice {
  return {
    ...device,
    client,
    components: components.map(({ class: sensorType, modes, ...component }) => ({
      ...component,
      sensorType,
      light: component.type === 'light' ? { modes: modes ?? ['onoff'] } : undefined,
    })),
  };
}

function textIn(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value.slice(0, 200) : undefined;
}
