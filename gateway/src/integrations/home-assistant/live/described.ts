import type { AnnouncedDevice } from '../../../protocols/announced-devices.ts';
import type { HomeDevice } from '../home-device.ts';

/** A device as it was described. Its first location is its room. */
export function homeDevice({ id, name, handle, describe }: AnnouncedDevice): HomeDevice {
  const { properties, area, locations, components } = describe();
  return {
    ...(id === name ? {} : { key: id }),
    ...{ name, client: handle, components },
    area: area ?? locations[0]?.name,
    manufacturer: textIn(properties.manufacturer ?? properties.maker),
    model: textIn(properties.model),
    version: textIn(properties.version),
  };
}

function textIn(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value.slice(0, 200) : undefined;
}
