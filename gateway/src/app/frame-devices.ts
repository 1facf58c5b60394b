import type { Principal } from '../access/principal.ts';
import type { TokenOffers, TokenWish } from '../access/token-offers.ts';
import type { BaseConfig } from '../config/schema.ts';
import { FrameFiles } from '../objects/frame-files.ts';
import type { Objects } from '../objects/objects.ts';
import type { AnnouncedDevices } from '../protocols/announced-devices.ts';
import type { SessionContext } from '../protocols/context.ts';
import { Descriptions } from '../protocols/frames/descriptions.ts';
import { FrameDevices } from '../protocols/frames/devices.ts';
import type { FirmwareQueue } from '../protocols/frames/files/firmware.ts';
import { DEFAULT_FRAME_OPTIONS } from '../protocols/frames/options.ts';
import type { LevelNumberingStore } from '../storage/numbering-store.ts';
import type { QueueBudget } from '../transports/outbox.ts';
import type { OnClose } from './closers.ts';

export interface FrameDevicesOptions {
  context: SessionContext;
  limits: BaseConfig['limits'];
  budget: QueueBudget;
  objects: Objects;
  numberings: LevelNumberingStore;
  /** Tokens for devices that can store one. */
  offers: Pick<TokenOffers, 'offerTo'>;
  /** Where they tell what they are. */
  announced: AnnouncedDevices;
  firmware: FirmwareQueue;
}

/** Makes the devices that speak frames, whatever carries these, with what an earlier run knew of them. */
export async function openFrameDevices(
  { context, limits, budget, objects, numberings, offers, announced, firmware }: FrameDevicesOptions,
  onClose: OnClose,
): Promise<FrameDevices> {
  const options = {
    ...DEFAULT_FRAME_OPTIONS,
    maxQueueBytes: Math.min(limits.maxQueueBytes, DEFAULT_FRAME_OPTIONS.maxQueueBytes),
    budget,
    handshakeTimeoutMs: limits.handshakeTimeoutMs,
    files: new FrameFiles(objects),
    descriptions: new Descriptions(context, announced),
    firmware,
    offerToken: (principal: Principal, hello: TokenWish) => offers.offerTo(principal, hello),
  };
  const devices = new FrameDevices(context, options, numberings);
  devices.restore(await numberings.load());
  onClose(() => devices.stop());
  return devices;
}
