import { faultsOf } from '@crosscomm/testing/home-assistant/check-payload';
import { buildHouse, MemorySession, type TestHouse } from '@crosscomm/testing/test-hub';
import { onTestFinished } from 'vitest';
import { devices as devicesSection, homeAssistant } from '../../../src/config/home-assistant.ts';
import type { HubOptions } from '../../../src/hub/hub.ts';
import { Message } from '../../../src/hub/message.ts';
import { HomeAssistant } from '../../../src/integrations/home-assistant/home-assistant.ts';
import type { Notes } from '../../../src/integrations/home-assistant/live/book.ts';
import { AnnouncedDevices } from '../../../src/protocols/announced-devices.ts';
import { startOocsiServices } from '../../../src/protocols/oocsi/services/index.ts';

/** Notes that a test keeps from one gateway to the next. */
export class MemoryNotes implements Notes {
  readonly kept = new Map<string, string>();

  async *all(): AsyncIterable<readonly [string, string]> {
    yield* this.kept;
  }
  async put(key: string, text: string): Promise<void> {
    this.kept.set(key, text);
  }
  async remove(key: string): Promise<void> {
    this.kept.delete(key);
  }
}

export interface HomeHouse {
  house: TestHouse;
  home: HomeAssistant;
  notes: MemoryNotes;
  /** What Home Assistant would hear, and says. */
  hass: MemorySession;
  /** Images by the key of their object. */
  images: Map<string, Uint8Array>;
  /** Where devices tell what they are. */
  devices: AnnouncedDevices;
  /** Brings a client online that listens to these channels. */
  join(id: string, ...channels: string[]): MemorySession;
  say(from: string, to: string, body: string | object): void;
  /** Has a client tell of devices, and lets them be announced. */
  hello(client: string, devices: object): void;
  /** What Home Assistant was told last on each topic, since the last call. */
  told(): Record<string, string>;
  /** The payload that tells of a device, which Home Assistant takes. */
  payload(id: string): { device: Record<string, unknown>; components: Record<string, Record<string, unknown>> };
}

/** How long a device takes until Home Assistant has heard of it and of its states. */
export const HEARD_MS = 2000;

/** A gateway's hub with OOCSI's services and Home Assistant behind it. */
export async function buildHome(
  said: {
    config?: object;
    devices?: readonly object[];
    notes?: MemoryNotes;
    hub?: Partial<HubOptions>;
    /** What was retained before, as by an earlier run: topics and their payloads. */
    retained?: Record<string, string>;
    isAlone?: boolean;
  } = {},
): Promise<HomeHouse> {
  const house = buildHouse({ maxSubscriptions: 1000, maxRetained: 10_000, maxRetainedBytes: 2 ** 26, ...said.hub });
  const { hub, clock } = house;
  const devices = new AnnouncedDevices();
  const services = startOocsiServices(house, (device) => devices.told(device));
  const notes = said.notes ?? new MemoryNotes();
  const images = new Map<string, Uint8Array>();
  const home = new HomeAssistant({
    ...house,
    config: homeAssistant.parse({ enabled: true, ...said.config }),
    configured: devicesSection.parse(said.devices ?? []),
    ...{ devices, notes, version: '1.2.3', isAlone: said.isAlone ?? true },
    maySend: (client, channel) => client !== 'stranger' || channel === 'open',
    read: async ({ objectKey = '' }) => images.get(objectKey),
    report: (incident) => house.incidents.report(incident),
  });
  for (const [to, body] of Object.entries(said.retained ?? {})) {
    const kind = body.startsWith('{') ? 'dict' : 'text';
    const message = new Message({ from: 'home-assistant', to, kind, body, timestampMs: clock.now() });
    hub.send(message, { retainMs: Number.POSITIVE_INFINITY });
  }
  await home.begin();
  home.start();
  const hass = new MemorySession('hass', 'mqtt');
  hub.join(hass);
  for (const topic of ['homeassistant/#', 'crosscomm/#']) hub.subscribe(hass, topic);
  clock.advance(HEARD_MS);
  onTestFinished(async () => {
    await home.stop();
    services.stop();
  });
  const say = (from: string, to: string, body: string | object): void => {
    const kind = typeof body === 'string' ? 'text' : 'dict';
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    hub.send(new Message({ from, to, kind, body: text, timestampMs: clock.now() }));
  };
  return {
    ...{ house, home, notes, hass, images, say, devices },
    join(id, ...channels) {
      const session = new MemorySession(id);
      hub.join(session);
      for (const channel of channels) hub.subscribe(session, channel);
      return session;
    },
    hello(client, told) {
      say(client, 'heyOOCSI!', told);
      clock.advance(HEARD_MS);
    },
    told() {
      const told: Record<string, string> = {};
      for (const { to, body } of hass.received.splice(0))
        told[to] = typeof body === 'string' ? body : `${body.length} bytes`;
      return told;
    },
    payload(id) {
      const text = hub.retained(`homeassistant/device/crosscomm_${id}/config`)?.text;
      if (text === undefined) throw new Error(`Home Assistant was not told of ${id}`);
      const payload = JSON.parse(text);
      const faults = faultsOf(payload);
      if (faults.length > 0) throw new Error(faults.join('; '));
      return payload;
    },
  };
}
