import { mayBeCall, mayCarry } from '../../access/calls.ts';
import type { Denial } from '../../access/denial.ts';
import type { Principal } from '../../access/principal.ts';
import { noteRefused } from '../../access/refused.ts';
import { GatewayError } from '../../common/errors.ts';
import { channelFault, isBridgeId } from '../../common/names.ts';
import { isPattern } from '../../hub/pattern.ts';
import { REASON } from '../../mqtt-engine/codec/reason-codes.ts';
import type { Published, PublishRefusal, PublishVerdict, SubscribeRefusal } from '../../mqtt-engine/contract.ts';
import { countLevels, isDollarTopic, sharedFilter } from '../../mqtt-engine/topic-names.ts';
import { filesRecipient, filesTopicFault, readFile } from './files.ts';
import { framesTopic } from './frames.ts';
import { ownNames } from './own-names.ts';
import { type MqttParts, report } from './parts.ts';
import type { MqttSession } from './session.ts';
import { type ShapeFault, shapeFault } from './shape-fault.ts';
import { badName, byRule, notAllowed, publishReason, subscribeReason, type TopicFault } from './topic-fault.ts';
import {
  ANSWER,
  CALL,
  callTopicParts,
  DIRECT,
  decodeLevel,
  encodeLevel,
  FILES,
  FRAMES,
  isBridgeState,
  isCallTopic,
  isFreeTopic,
  isGatewayTopic,
  PRESENCE,
  SYSTEM,
} from './topics.ts';

/** How many filters one client may subscribe to. */
const MAX_FILTERS = 1000;

const NUL = badName('a topic must not contain the character NUL');
const NO_CHANNEL = byRule('it may not send to this channel');
const NO_CALL = byRule('it may not call functions there');
const NO_UPLOAD = byRule('it may not upload files');
const NO_CLEAR = byRule('it may not remove what another account retains');
const NO_READING = byRule('it may not read this channel');
const NO_PRESENCE = byRule('it may not know who is online');
const GONE = notAllowed('its admission was taken back');
const GUEST = notAllowed('its id is that of a device which is online by another connection; only its Hello counts');

const NO_SHARE = badName('a shared subscription is $share/GROUP/FILTER');
const NOT_AUTHORIZED: PublishRefusal = { reason: REASON.notAuthorized };

/** Why the level after `$direct/` or `$files/` cannot be a client id; undefined if it can. */
function recipientFault(topic: string): TopicFault | undefined {
  const recipient = topic.startsWith(FILES) ? filesRecipient(topic) : decodeLevel(topic.slice(DIRECT.length));
  const fault = channelFault(recipient);
  return fault === undefined ? undefined : badName(fault);
}

/** Who may publish and subscribe to what. */
export class Permissions {
  readonly #parts: MqttParts;
  /** Who clients that are away are, for whom messages are queued, with what they may do; made anew when rules change. */
  readonly #away = new Map<string, Principal>();
  readonly #maxAway: number;

  /** `maxAway`: how many clients that are away are remembered; no fewer than there may be sessions. */
  constructor(parts: MqttParts, maxAway: number) {
    this.#parts = parts;
    this.#maxAway = maxAway;
  }

  /** Asked before each message; `session` is undefined for a will that an earlier run left. */
  mayPublish(message: Published, session: MqttSession | undefined): PublishVerdict {
    if (session !== undefined && this.#isFree(message, session)) return undefined;
    const principal = this.#senderOf(message, session);
    ownNames(principal.names)?.nameOutward(message);
    const { id } = principal;
    const { topic } = message;
    const sending = principal.rights.sending(topic);
    const isKnown = session?.sending === sending && !this.#mayBeGuest;
    const fault =
      (isKnown ? undefined : this.publishFault(principal, topic)) ?? this.#faultOf(principal, message, session);
    if (fault !== undefined) this.#noteRefused(principal, message, fault);
    if (fault?.isByRule) {
      report(this.#parts, id, fault.code, `published to ${topic}, which was dropped: ${fault.why}`);
      return { reason: REASON.notAuthorized, why: fault.why };
    }
    if (fault !== undefined) {
      if (session) {
        const outcome = session.client.version === 5 ? ', which was refused' : ' and was disconnected';
        report(this.#parts, id, fault.code, `published to ${topic}${outcome}: ${fault.why}`);
      }
      return { reason: publishReason(fault), why: fault.why, isFatal: true };
    }
    if (session && !sending.hasColon && !isGatewayTopic(topic)) {
      session.sending = sending;
      message.topic = sending.name;
    }
    if (principal.meter === undefined) return this.#place(id, message, session);
    // Frames are counted one by one, by the device that they make.
    if (topic.startsWith(FRAMES)) return this.#place(id, message, session);
    const pace = this.#pace(principal, message, session);
    if (pace === undefined) return this.#place(id, message, session);
    if (!(pace instanceof Promise)) return this.#tooMuch(id, topic, pace);
    return pace.then((denial) => {
      if (denial !== undefined) return this.#tooMuch(id, topic, denial);
      return this.#refusedMeanwhile(principal, message, session) ?? this.#place(id, message, session);
    });
  }

  /** Its account has used up its quota. */
  #tooMuch(id: string, topic: string, { code, why }: Denial): PublishRefusal {
    report(this.#parts, id, code, `published to ${topic}, which was dropped: ${why}`);
    return { reason: REASON.quotaExceeded, why };
  }

  /** Why a message may not be published by somebody who may publish to its topic. */
  #faultOf(
    principal: Principal,
    message: Published,
    session: MqttSession | undefined,
  ): TopicFault | ShapeFault | undefined {
    return (
      this.#clearFault(principal, message) ??
      this.#callFault(principal, message) ??
      this.#responseFault(principal, message, session) ??
      shapeFault(this.#parts.hub, message)
    );
  }

  /** Whether nothing need be asked, which is so of most messages where no rules were made. The topic is the same text each time then. */
  #isFree(message: Published, session: MqttSession): boolean {
    const { rights, meter, isRevoked } = session.owner;
    if (
      !rights.sendsAll ||
      this.#parts.hub.shapes !== undefined ||
      meter !== undefined ||
      isRevoked ||
      this.#mayBeGuest
    )
      return false;
    if (message.retain && message.payload.length === 0) return false;
    if (message.topic === session.freeTopic) message.topic = session.freeTopic;
    else if (isFreeTopic(message.topic)) session.freeTopic = message.topic;
    else return false;
    return true;
  }

  /** Has it written down what was refused; `access` has done that of what it has decided alone. */
  #noteRefused(principal: Principal, { topic, payload }: Published, fault: TopicFault | ShapeFault): void {
    if (fault === NO_CHANNEL || fault === NO_CALL) return;
    noteRefused(this.#parts.hub, principal, { to: topic, size: payload.length, reason: 'rule', why: fault.why });
  }

  /** Why what had to wait may not go on its way: its sender may have lost its right, or its account, meanwhile. */
  #refusedMeanwhile(
    principal: Principal,
    message: Published,
    session: MqttSession | undefined,
  ): PublishRefusal | undefined {
    const { topic } = message;
    const fault = principal.isRevoked
      ? GONE
      : (this.publishFault(principal, topic) ?? this.#faultOf(principal, message, session));
    if (fault === undefined) return undefined;
    report(this.#parts, principal.id, fault.code, `published to ${topic}, which was dropped: ${fault.why}`);
    return { reason: REASON.notAuthorized, why: fault.why };
  }

  /** Takes a message from what its client may send; a promise where it must wait. A last will has no connection that could be read more slowly. */
  #pace(
    principal: Principal,
    { topic, payload }: Published,
    session: MqttSession | undefined,
  ): Denial | Promise<Denial | undefined> | undefined {
    const { quotas } = this.#parts.access;
    if (topic.startsWith(FILES)) return quotas.upload(principal, payload.length);
    if (session === undefined) return quotas.spend(principal, payload.length, topic);
    return quotas.pace(principal, payload.length, topic);
  }

  /** Gives a message to one of the gateway's topics its way. */
  #place(id: string, message: Published, session: MqttSession | undefined): PublishVerdict {
    const { topic } = message;
    if (!isGatewayTopic(topic)) return undefined;
    if (isCallTopic(topic)) return session === undefined ? NOT_AUTHORIZED : this.#parts.calls.take(message, session);
    message.retain = false;
    if (topic.startsWith(FILES)) return this.#takeFile(id, message);
    if (!topic.startsWith(FRAMES) && !isBridgeState(topic)) message.topic = `${topic}/${encodeLevel(id)}`;
    return undefined;
  }

  /** Who sends; of a last will whose client may not be here any more, with what its account may do now. */
  #senderOf({ clientId, account, address }: Published, session: MqttSession | undefined): Principal {
    const { access } = this.#parts;
    if (session === undefined) return access.former({ id: clientId, protocol: 'mqtt', account, peer: address });
    const { owner } = session;
    return owner.isRevoked ? access.former(owner) : owner;
  }

  /** A payload may be one of OOCSI's calls. */
  #callFault(principal: Principal, { topic, payload }: Published): TopicFault | undefined {
    if (principal.rights.callsFreely || !mayBeCall(payload)) return undefined;
    if (isDollarTopic(topic) && !topic.startsWith(DIRECT)) return undefined;
    const to = topic.startsWith(DIRECT) ? decodeLevel(topic.slice(DIRECT.length)) : topic;
    return mayCarry(this.#parts.access, principal, to, payload.toString(), 'topic') ? undefined : NO_CALL;
  }

  /** An empty message to be retained takes away what is retained. */
  #clearFault(principal: Principal, { topic, retain, payload }: Published): TopicFault | undefined {
    const { access, engine, hub } = this.#parts;
    if (!retain || payload.length > 0 || access.mayClear(principal)) return undefined;
    const retained = engine.retained.own(topic) ?? hub.retainedOwner(topic);
    return retained === undefined || retained.account === principal.account ? undefined : NO_CLEAR;
  }

  /** QoS 1 and 2 are acknowledged when the file is on disk; who cannot be told otherwise is disconnected. */
  async #takeFile(id: string, message: Published): Promise<PublishRefusal | undefined> {
    try {
      await this.#parts.takeFile?.(readFile(message, id));
    } catch (error) {
      const code = error instanceof GatewayError ? error.code : 'INTERNAL';
      const why = `The file that the MQTT client ${id} published was not taken. ${(error as Error).message}`;
      this.#parts.incidents.report({ door: 'mqtt', who: id, code, message: why });
      if (message.qos === 0) return undefined;
      const told = error instanceof GatewayError ? error.message : 'the file could not be kept';
      return { reason: REASON.implementationSpecific, why: told, isFatal: true };
    }
    return undefined;
  }

  /** Asked for each filter of a client. */
  subscribeRefusal(session: MqttSession, filter: string): SubscribeRefusal | undefined {
    const fault = this.#subscribeFault(session, filter);
    if (fault === undefined) return undefined;
    const { client } = session;
    // A session that comes back keeps what it has: a rule that changes again then holds at once.
    if (fault.isByRule && !client.isConnected && client.hasFilter(filter)) return undefined;
    report(this.#parts, session.id, fault.code, `may not subscribe to ${filter}: ${fault.why}`);
    return { reason: subscribeReason(fault), why: fault.why };
  }

  /** Asked before each delivery to a client that is online. */
  mayReceive({ owner }: MqttSession, topic: string): boolean {
    return this.#mayReceive(owner, topic);
  }

  /** Accounts or roles have changed. */
  forgetAway(): void {
    this.#away.clear();
  }

  /** Asked before a message is queued for a client that is away, whose session belongs to `account`. */
  mayReceiveLater(id: string, account: string | undefined, topic: string): boolean {
    const { access } = this.#parts;
    let principal = this.#away.get(id);
    if (principal === undefined || principal.account !== account) {
      // Sessions that have ended are among them.
      if (this.#away.size >= this.#maxAway) this.#away.clear();
      principal = isBridgeId(id) ? access.bridge({ id, account }) : access.former({ id, protocol: 'mqtt', account });
      this.#away.set(id, principal);
    }
    return this.#mayReceive(principal, topic);
  }

  #mayReceive(principal: Principal, topic: string): boolean {
    const { access } = this.#parts;
    if (!isDollarTopic(topic)) return access.mayHear(principal, topic);
    // A client has filters for its own inbox and frames alone.
    if (topic.startsWith(DIRECT) || topic.startsWith(FRAMES) || topic.startsWith(CALL)) return true;
    if (topic.startsWith(PRESENCE)) return access.maySee(principal, decodeLevel(topic.slice(PRESENCE.length)));
    // What the broker core tells there is who comes and goes, and who subscribes to what.
    const isOfCore = topic.startsWith(SYSTEM) && !isBridgeState(topic);
    return (!isOfCore || principal.rights.isFree('presence')) && access.mayHear(principal, topic);
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
        return recipientFault(topic) ?? this.#fileFault(principal, filesRecipient(topic));
      }
      if (isBridgeState(topic)) return access.maySend(principal, topic, 'topic') ? undefined : NO_CHANNEL;
      if (topic.startsWith(DIRECT) && topic.length > DIRECT.length && countLevels(topic) === 2) {
        const recipient = decodeLevel(topic.slice(DIRECT.length));
        return recipientFault(topic) ?? (access.maySend(principal, recipient, 'topic') ? undefined : NO_CHANNEL);
      }
      if (topic.startsWith(ANSWER) && countLevels(topic) === 2) return undefined;
      if (topic.startsWith(CALL)) return this.#callTopicFault(principal, topic);
      return notAllowed('this topic is one of the gateway’s own; write to a client at $direct/<its id>');
    }
    return access.maySend(principal, topic, 'topic') ? undefined : NO_CHANNEL;
  }

  #callTopicFault(principal: Principal, topic: string): TopicFault | undefined {
    const { access } = this.#parts;
    const [to] = callTopicParts(topic) ?? [];
    if (to === undefined) return badName('a function is called at $call/<client or channel>/<function>');
    const fault = channelFault(to);
    if (fault !== undefined) return badName(fault);
    if (!access.maySend(principal, to, 'topic')) return NO_CHANNEL;
    return access.mayCall(principal, to, 'topic') ? undefined : NO_CALL;
  }

  /** The gateway publishes an answer in the name of whoever called, who must be one that may publish there, or read it alone. */
  #responseFault(principal: Principal, message: Published, session: MqttSession | undefined): TopicFault | undefined {
    const { topic, properties } = message;
    if (!isCallTopic(topic)) return undefined;
    if (session?.client.version !== 5) return notAllowed('functions are called with MQTT 5');
    const response = topic.startsWith(CALL) ? properties?.responseTopic : undefined;
    if (response === undefined || response.startsWith(`${DIRECT}${encodeLevel(principal.id)}/`)) return undefined;
    const fault = isCallTopic(response)
      ? notAllowed('a call has another response topic')
      : this.publishFault(principal, response);
    return fault && { ...fault, why: `its response topic: ${fault.why}` };
  }

  #fileFault(principal: Principal, recipient: string): TopicFault | undefined {
    const { access, filesOf } = this.#parts;
    if (!access.maySend(principal, recipient, 'topic')) return NO_CHANNEL;
    return access.mayUpload(principal, filesOf(principal.id)) ? undefined : NO_UPLOAD;
  }

  #subscribeFault({ owner, client }: MqttSession, filter: string): TopicFault | undefined {
    const { frames, access } = this.#parts;
    const { id } = owner;
    const isFrames = frames !== undefined && filter.startsWith(FRAMES) && filter === framesTopic(id, 'down');
    if (filter.includes('\0')) return NUL;
    if (!isFrames && this.#isGuest(id)) return GUEST;
    const fault = isFrames ? undefined : this.#filterFault(owner, filter);
    if (fault !== undefined) return fault;
    if (!client.hasFilter(filter) && client.filterCount >= MAX_FILTERS) {
      return { code: 'PEER_TOO_MANY', why: `a client may subscribe to ${MAX_FILTERS} topic filters` };
    }
    const tooMany = owner.meter === undefined || client.hasFilter(filter) ? undefined : access.quotas.subscribe(owner);
    return tooMany && { code: 'PEER_TOO_MANY', why: tooMany.why };
  }

  #filterFault(owner: Principal, asked: string): TopicFault | undefined {
    const { access } = this.#parts;
    const shared = sharedFilter(asked);
    if (shared === undefined && (asked === '$share' || asked.startsWith('$share/'))) return NO_SHARE;
    const filter = shared?.filter ?? asked;
    if (isGatewayTopic(filter) && !filter.startsWith(SYSTEM)) {
      const own = `${DIRECT}${encodeLevel(owner.id)}`;
      if (filter === own || filter.startsWith(`${own}/`)) return undefined;
      if (filter.startsWith(`${CALL}${encodeLevel(owner.id)}/`)) return undefined;
      if (filter.startsWith(PRESENCE)) return this.#maySeeAny(owner, filter) ? undefined : NO_PRESENCE;
      return notAllowed(`of the gateway’s own topics, it may read ${own}/#, ${PRESENCE}# and ${SYSTEM}#`);
    }
    return access.maySubscribe(owner, filter) ? undefined : NO_READING;
  }

  /** Whether it may know of anybody that a filter below `$presence/` is about. */
  #maySeeAny(owner: Principal, filter: string): boolean {
    if (isPattern(filter)) return owner.rights.mayAny('presence');
    return this.#parts.access.maySee(owner, decodeLevel(filter.slice(PRESENCE.length)));
  }

  /** Whether anybody can be one: a client with the id of a device that is online by another connection. */
  get #mayBeGuest(): boolean {
    return this.#parts.frames?.anyAway === true;
  }

  #isGuest(id: string): boolean {
    const { frames, engine } = this.#parts;
    return this.#mayBeGuest && frames?.isGuest(engine.session(id)) === true;
  }
}
