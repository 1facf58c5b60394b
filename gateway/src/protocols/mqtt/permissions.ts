import type { Denial } from '../../access/denial.ts';
import type { Principal } from '../../access/principal.ts';
import { GatewayError } from '../../common/errors.ts';
import { channelFault } from '../../common/names.ts';
import type { Published, PublishVerdict } from '../../mqtt-engine/contract.ts';
import { countLevels } from '../../mqtt-engine/topic-names.ts';
import { filesRecipient, filesTopicFault, readFile } from './files.ts';
import { framesTopic } from './frames.ts';
import { type MqttParts, report } from './parts.ts';
import type { MqttSession } from './session.ts';
import {
  DIRECT,
  decodeLevel,
  encodeLevel,
  FILES,
  FRAMES,
  isBridgeState,
  isGatewayTopic,
  PRESENCE,
  SYSTEM,
} from './topics.ts';

/** How many filters one client may subscribe to. */
const MAX_FILTERS = 1000;

/** Why a client may not publish or subscribe somewhere, with the code that the log has for it. */
export interface TopicFault {
  readonly code: 'PEER_BAD_NAME' | 'PEER_NOT_ALLOWED' | 'PEER_TOO_MANY';
  /** Part of a sentence, without its end. */
  readonly why: string;
}

const NUL = badName('a topic must not contain the character NUL');
const NO_CHANNEL = notAllowed('it may not send to this channel');
const GUEST = notAllowed('its id is that of a device which is online by another connection; only its Hello counts');

/** Why the level after `$direct/` or `$files/` cannot be a client id; undefined if it can. */
function recipientFault(topic: string): TopicFault | undefined {
  const recipient = topic.startsWith(FILES) ? filesRecipient(topic) : decodeLevel(topic.slice(DIRECT.length));
  const fault = channelFault(recipient);
  return fault === undefined ? undefined : badName(fault);
}

function badName(why: string): TopicFault {
  return { code: 'PEER_BAD_NAME', why };
}

function notAllowed(why: string): TopicFault {
  return { code: 'PEER_NOT_ALLOWED', why };
}

/** Who may publish and subscribe to what. */
export class Permissions {
  readonly #parts: MqttParts;

  constructor(parts: MqttParts) {
    this.#parts = parts;
  }

  /** Asked before each message; `session` is undefined for a will that an earlier run left. */
  mayPublish(message: Published, session: MqttSession | undefined): PublishVerdict {
    const principal = session?.owner ?? this.#parts.access.former({ id: message.clientId, protocol: 'mqtt' });
    const { id } = principal;
    const { topic } = message;
    const fault = this.publishFault(principal, topic);
    if (fault !== undefined) {
      if (session) {
        report(this.#parts, id, fault.code, `published to ${topic} and was disconnected: ${fault.why}`);
      }
      return fault.why;
    }
    if (principal.meter === undefined) return this.#place(id, message);
    // Frames are counted one by one, by the device that they make.
    if (topic.startsWith(FRAMES)) return this.#place(id, message);
    const pace = this.#pace(principal, message);
    if (pace !== undefined && !(pace instanceof Promise)) {
      report(this.#parts, id, pace.code, `published to ${topic} and was disconnected: ${pace.why}`);
      return pace.why;
    }
    const placed = this.#place(id, message);
    return pace === undefined ? placed : pace.then(() => placed);
  }

  /** Takes a message from what its client may send; a promise where it must wait. */
  #pace(principal: Principal, { topic, payload }: Published): Denial | Promise<void> | undefined {
    const { quotas } = this.#parts.access;
    if (topic.startsWith(FILES)) return quotas.upload(principal, payload.length);
    return quotas.pace(principal, payload.length);
  }

  /** Gives a message to one of the gateway's topics its way. */
  #place(id: string, message: Published): Promise<void> | undefined {
    const { topic } = message;
    if (!isGatewayTopic(topic)) return undefined;
    message.retain = false;
    if (topic.startsWith(FILES)) return this.#takeFile(id, message);
    if (!topic.startsWith(FRAMES) && !isBridgeState(topic)) message.topic = `${topic}/${encodeLevel(id)}`;
    return undefined;
  }

  /** QoS 1 and 2 are acknowledged when the file is on disk; who cannot be told otherwise is disconnected. */
  async #takeFile(id: string, message: Published): Promise<void> {
    try {
      await this.#parts.takeFile?.(readFile(message, id));
    } catch (error) {
      const code = error instanceof GatewayError ? error.code : 'INTERNAL';
      const why = `The file that the MQTT client ${id} published was not taken. ${(error as Error).message}`;
      this.#parts.incidents.report({ door: 'mqtt', who: id, code, message: why });
      if (message.qos > 0) throw error;
    }
  }

  /** Asked for each filter of a client. */
  maySubscribe(session: MqttSession, filter: string): boolean {
    const refusal = this.#subscribeFault(session, filter);
    if (refusal === undefined) return true;
    report(this.#parts, session.id, refusal.code, `may not subscribe to ${filter}: ${refusal.why}`);
    return false;
  }

  /** Why a client may not publish to a topic; undefined where it may. */
  publishFault(principal: Principal, topic: string): TopicFault | undefined {
    const { frames, access } = this.#parts;
    const { id } = principal;
    if (topic.includes('\0')) return NUL;
    const isGateways = isGatewayTopic(topic);
    if (isGateways && topic.startsWith(FRAMES)) {
      const isOwn = frames !== undefined && topic === framesTopic(id, 'up');
      return isOwn ? undefined : notAllowed('a device publishes its frames to $frames/<its id>/up');
    }
    if (this.#isGuest(id)) return GUEST;
    if (isGateways) {
      if (topic.startsWith(FILES) && this.#parts.takeFile !== undefined) {
        const fault = filesTopicFault(topic);
        if (fault !== undefined) return notAllowed(fault);
        return recipientFault(topic) ?? (access.maySend(principal, filesRecipient(topic)) ? undefined : NO_CHANNEL);
      }
      if (isBridgeState(topic)) return undefined;
      if (topic.startsWith(DIRECT) && topic.length > DIRECT.length && countLevels(topic) === 2) {
        return recipientFault(topic);
      }
      return notAllowed('this topic is one of the gateway’s own; write to a client at $direct/<its id>');
    }
    return access.maySend(principal, topic) ? undefined : NO_CHANNEL;
  }

  #subscribeFault({ owner, client }: MqttSession, filter: string): TopicFault | undefined {
    const { frames, access } = this.#parts;
    const { id } = owner;
    const isFrames = frames !== undefined && filter === framesTopic(id, 'down');
    if (filter.includes('\0')) return NUL;
    if (!isFrames && this.#isGuest(id)) return GUEST;
    if (isGatewayTopic(filter) && !isFrames) {
      const own = `${DIRECT}${encodeLevel(id)}`;
      const isOwn = filter === own || filter.startsWith(`${own}/`);
      if (!isOwn && !filter.startsWith(PRESENCE) && !filter.startsWith(SYSTEM)) {
        return notAllowed(`of the gateway’s own topics, it may read ${own}/#, ${PRESENCE}# and ${SYSTEM}#`);
      }
    } else if (!access.maySubscribe(owner, filter)) return notAllowed('it may not read this channel');

    if (!client.hasFilter(filter) && client.filterCount >= MAX_FILTERS) {
      return { code: 'PEER_TOO_MANY', why: `a client may subscribe to ${MAX_FILTERS} topic filters` };
    }
    const tooMany = owner.meter === undefined || client.hasFilter(filter) ? undefined : access.quotas.subscribe(owner);
    return tooMany && { code: 'PEER_TOO_MANY', why: tooMany.why };
  }

  #isGuest(id: string): boolean {
    const { frames, engine } = this.#parts;
    return frames?.anyAway === true && frames.isGuest(engine.session(id));
  }
}
