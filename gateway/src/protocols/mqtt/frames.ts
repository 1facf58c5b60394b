import type { Admission } from '../../access/admission.ts';
import type { Hub } from '../../hub/hub.ts';
import type { BinarySession } from '../../transports/wire.ts';
import type { FrameWire } from '../frames/wire.ts';
import type { MqttSession } from './session.ts';
import { encodeLevel, FRAMES } from './topics.ts';

/** A link of frames as MQTT sees it. */
export interface MqttFrameLink extends BinarySession {
  /** Whether a device has said Hello here, and was welcome. */
  readonly isOwned: boolean;
}

/**
 * Device frames over MQTT: `$frames/<id>/up` and `/down`, with one link for each connection. An MQTT client whose device says
 * Hello hands its place in the hub over to that device. A connection whose id a device of frames has elsewhere is a guest: it
 * may say frames, and nothing else, until its own Hello is welcome, or the id is free.
 */
export class MqttFrames {
  readonly #hub: Hub;
  readonly #admission: Admission;
  readonly #connect: (wire: FrameWire) => MqttFrameLink;
  readonly #links = new Map<MqttSession, MqttFrameLink>();
  /** Connections that are not in the hub, and how each ends to be told that its admission was taken back. */
  readonly #away = new Map<MqttSession, () => void>();

  constructor(hub: Hub, admission: Admission, connect: (wire: FrameWire) => MqttFrameLink) {
    this.#hub = hub;
    this.#admission = admission;
    this.#connect = connect;
  }

  /** Notes a connection whose id a device of frames has. */
  admit(session: MqttSession): void {
    if (this.#away.has(session)) return;
    const stop = this.#admission.watch(session.owner, () => session.close('revoked'));
    this.#away.set(session, stop);
  }

  /** The connection is gone. */
  leave(session: MqttSession): void {
    this.#return(session);
    const link = this.#links.get(session);
    this.#links.delete(session);
    link?.disconnected();
  }

  /** Whether there is anybody to ask about. */
  get anyAway(): boolean {
    return this.#away.size > 0;
  }

  /** True where the client may say frames only. */
  isGuest(session: MqttSession | undefined): boolean {
    if (session === undefined || !this.#away.has(session)) return false;
    if (this.#links.get(session)?.isOwned) return false;
    const { principal } = session;
    if (principal === undefined || this.#admission.enter(principal, session, { guestOf: 'frames' })) return true;
    this.#return(session);
    return false;
  }

  #return(session: MqttSession): void {
    this.#away.get(session)?.();
    this.#away.delete(session);
  }

  /** True if the hub does not know this connection itself: it knows its device, or neither. */
  isAway(session: MqttSession): boolean {
    return this.#away.has(session);
  }

  /** Takes in one frame that a client published. */
  receive(frame: Uint8Array, session: MqttSession): void {
    let link = this.#links.get(session);
    if (link === undefined) {
      link = this.#connect(this.#wireOf(session));
      this.#links.set(session, link);
    }
    link.receive(frame);
  }

  #wireOf(session: MqttSession): FrameWire {
    const topic = framesTopic(session.id, 'down');
    return {
      peer: session.peer,
      deviceId: session.id,
      carrier: session.owner,
      write: ({ buffer, byteOffset, byteLength }) => session.write(topic, Buffer.from(buffer, byteOffset, byteLength)),
      // The MQTT connection goes on, and its device may say Hello again.
      end: () => this.#links.delete(session),
      yieldId: () => {
        if (this.#hub.session(session.id) === session) this.#hub.leave(session, 'left');
        if (!session.isOver) this.admit(session);
      },
    };
  }
}

/** The topic on which a device sends frames, or gets them. */
export function framesTopic(id: string, way: 'up' | 'down'): string {
  return `${FRAMES}${encodeLevel(id)}/${way}`;
}
