import type { GatewayLimits } from '@crosscomm/protocol';
import type { Principal } from '../../access/principal.ts';
import type { TokenOffer, TokenWish } from '../../access/token-offers.ts';
import type { QueueBudget } from '../../transports/outbox.ts';
import type { Descriptions } from './descriptions.ts';
import type { FileAccess } from './files/access.ts';
import type { FirmwareQueue } from './files/firmware.ts';

export interface FrameOptions {
  /** What a Welcome says of the gateway. */
  limits: GatewayLimits;
  /** The most that waits for one device, in bytes. */
  maxQueueBytes: number;
  /** What waits for all clients of the gateway together. */
  budget: QueueBudget;
  /** A link that can end and says no Hello within this time is ended. */
  handshakeTimeoutMs: number;
  /** A client whose link is lost stays in the conversation for so long, so that a change of links is not seen. */
  lingerMs: number;
  /** How many frames without a number a device may send in a second. */
  maxBarePerSecond: number;
  /** How many sessions without a link, and how many boot ids, are kept; the oldest go first. */
  maxKept: number;
  /** Where files of devices come from and go to; without it, they are refused. */
  files?: FileAccess;
  /** What devices say of themselves; without it, that is refused. */
  descriptions?: Descriptions;
  /** Who has firmware sent to devices; by default nobody. */
  firmware?: FirmwareQueue;
  /** The token that a device gets when it has joined, if any; `hello` is what it said. */
  offerToken?: (principal: Principal, hello: TokenWish) => TokenOffer | undefined;
}

export const DEFAULT_FRAME_OPTIONS: Omit<FrameOptions, 'budget' | 'handshakeTimeoutMs'> = {
  limits: { maxFrame: 65_535, window: 131_072, maxAliases: 256, maxKeys: 1024 },
  maxQueueBytes: 256 * 1024,
  lingerMs: 3_000,
  maxBarePerSecond: 50_000,
  maxKept: 2_000,
};
