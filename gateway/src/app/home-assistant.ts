import { buffer } from 'node:stream/consumers';
import { version } from '../common/version.ts';
import type { BaseConfig } from '../config/schema.ts';
import type { Message } from '../hub/message.ts';
import { HomeAssistant } from '../integrations/home-assistant/home-assistant.ts';
import { TRUSTED } from '../objects/elsewhere.ts';
import type { Objects } from '../objects/objects.ts';
import type { AnnouncedDevices } from '../protocols/announced-devices.ts';
import type { SessionContext } from '../protocols/context.ts';
import { TextNotes } from '../storage/text-notes.ts';
import type { OnClose } from './closers.ts';
import type { Storage } from './storage.ts';

export interface HomeParts {
  config: BaseConfig;
  context: SessionContext;
  storage: Pick<Storage, 'db'>;
  devices: AnnouncedDevices;
  objects: Pick<Objects, 'readFor'>;
}

/** Tells Home Assistant of devices, from `start` on; what they say is taken from now on. */
export async function openHomeAssistant(parts: HomeParts, onClose: OnClose): Promise<HomeAssistant> {
  const { config, context, storage, devices, objects } = parts;
  const { access, hub } = context;
  const home = new HomeAssistant({
    ...context,
    ...{ config: config.homeAssistant, configured: config.devices, devices, version: version() },
    isAlone: config.cluster.servers.length === 0,
    notes: new TextNotes(storage.db, 'home-assistant'),
    maySend(client, channel) {
      const principal = access.online(client);
      if (principal !== undefined) return access.maySend(principal, channel);
      return hub.maySendNow({ id: client, account: access.ownerOf(client) }, channel);
    },
    read: (message, maxBytes) => contentOf(objects, message, maxBytes),
    report: (incident) => context.incidents.report(incident),
  });
  onClose(() => home.stop());
  await home.begin();
  return home;
}

/** The bytes of an object; undefined where there are more than `maxBytes`, or it cannot be read. */
async function contentOf(
  objects: Pick<Objects, 'readFor'>,
  { objectKey }: Message,
  maxBytes: number,
): Promise<Uint8Array | undefined> {
  if (objectKey === undefined) return undefined;
  try {
    const opened = await objects.readFor(TRUSTED).open(objectKey);
    if (opened === undefined) return undefined;
    if (opened.info.size <= maxBytes) return await buffer(opened.stream);
    opened.stream.destroy();
    return undefined;
  } catch {
    return undefined;
  }
}
