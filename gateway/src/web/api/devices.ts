import { z } from 'zod';
import type { AnnouncedDevice, AnnouncedDevices } from '../../protocols/announced-devices.ts';
import type { SessionContext } from '../../protocols/context.ts';
import { type ApiRoute, apiRoute } from './route.ts';
import { byName, lazy, next, type Output, pageOf, paging } from './schema.ts';
import type { Viewer } from './viewer.ts';

const component = lazy(() =>
  z
    .strictObject({
      name: z.string(),
      type: z
        .string()
        .describe(
          'sensor, binary_sensor, number, switch, light, button, event, text, image, or what else the device calls it',
        ),
      channel: z.string().describe('where it says its value, and hears what it is to be'),
      value: z
        .union([z.boolean(), z.number(), z.string()])
        .optional()
        .describe('what it was when the device told of it; of a switch or a light whether it is on'),
      unit: z.string().optional(),
      sensorType: z.string().optional().describe('what a sensor measures: "temperature"'),
      icon: z.string().optional(),
      min: z.number().optional().describe('the least value; of a light in mireds, for its white'),
      max: z.number().optional(),
      step: z.number().optional(),
      light: z
        .strictObject({
          modes: z
            .array(z.enum(['onoff', 'brightness', 'color_temp', 'rgb', 'rgbw', 'rgbww', 'white']))
            .describe('how it can be set, in the words of Home Assistant'),
          brightness: z.number().optional().describe('what it was when the device told of it; 0 to 255'),
        })
        .optional(),
      field: z
        .string()
        .optional()
        .describe('the field of messages there that has its value; by default state or value'),
      on: z.union([z.boolean(), z.number(), z.string()]).optional().describe('what that field is where it is on'),
      off: z.union([z.boolean(), z.number(), z.string()]).optional(),
      options: z.array(z.string()).optional().describe('of an event: what may happen'),
    })
    .meta({ id: 'DeviceComponent' }),
);

/** A device that has told what it is. */
const device = lazy(() =>
  z
    .strictObject({
      name: z.string(),
      client: z.string().optional().describe('the id of the client that it is, where that is known'),
      online: z.boolean().optional().describe('left out where its client is not known'),
      account: z.string().optional().describe('whose it is, where whoever asks may know'),
      area: z.string().optional().describe('the room that it is in'),
      properties: z.record(z.string(), z.unknown()).describe('what it says of itself'),
      locations: z.array(z.strictObject({ name: z.string(), x: z.number(), y: z.number() })),
      components: z
        .array(component())
        .describe(
          'to set one, send {"state": true} to the channel of a switch, {"value": 5} to that of a number, and to that of a light {"state": true} with "brightness" (0 to 255), "colorrgb" ([255, 0, 0]), "colorrgbw", "colorrgbww" or "colorTemp" (mireds)',
        ),
    })
    .meta({ id: 'DeviceView' }),
);
export type DeviceView = Output<typeof device>;

const listQuery = lazy(() =>
  z.strictObject({
    search: z.string().optional().describe('a part of the name or of the client id, in capitals or not'),
    ...paging(),
  }),
);
const listAnswer = lazy(() => z.strictObject({ devices: z.array(device()), next: next() }));

/** Devices that have told what they are, each as whoever asks may know it. */
export function deviceRoutes({ hub }: Pick<SessionContext, 'hub'>, devices: AnnouncedDevices): ApiRoute[] {
  return [
    apiRoute(
      {
        method: 'GET',
        path: '/api/v1/devices',
        summary: 'Devices that have told what they are, or are described, and what can be set at them, sorted by name.',
        description:
          'Those that announced themselves to the channel heyOOCSI!, as the OOCSI libraries do, at most 1,000, each until an hour after its client was online last; those that described themselves by frames, at most 1,000, each until its session is over; and those that the configuration describes.',
        needs: 'see',
        query: listQuery,
        answers: { 200: listAnswer },
      },
      ({ query: { search = '', ...paged }, viewer }) => {
        const wanted = search.toLowerCase();
        const found = devices
          .list()
          .filter(
            (each) =>
              isSeen(each, viewer) && [each.name, each.handle].some((text) => text?.toLowerCase().includes(wanted)),
          )
          .sort((one, other) => byName(placeOf(one), placeOf(other)));
        const { page, ...more } = pageOf(found, placeOf, paged);
        return { devices: page.map((each) => viewOf(each, hub, viewer)), ...more };
      },
    ),
  ];
}

/** Several may have the same name. */
function placeOf({ id, name }: AnnouncedDevice): string {
  return id === name ? name : `${name} ${id}`;
}

/** By its client, or where it has none by one of its channels. */
function isSeen({ handle, describe }: AnnouncedDevice, viewer: Viewer): boolean {
  if (handle !== undefined) return viewer.sees(handle);
  return describe().components.some(({ channel }) => viewer.sees(channel));
}

function viewOf(device: AnnouncedDevice, hub: SessionContext['hub'], viewer: Viewer): DeviceView {
  const { name, handle, describe } = device;
  const online = handle === undefined ? undefined : hub.session(handle) !== undefined;
  const { components, ...rest } = describe();
  return {
    ...{ name, client: handle, online, account: viewer.accountOf(device) },
    ...rest,
    components: components
      .filter(({ channel }) => viewer.sees(channel))
      .map(({ options, ...rest }) => ({ ...rest, options: options && [...options] })),
  };
}
