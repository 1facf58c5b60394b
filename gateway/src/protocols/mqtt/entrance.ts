import type { Denial } from '../../access/denial.ts';
import type { Principal } from '../../access/principal.ts';
import type { ErrorCode } from '../../common/errors.ts';
import { makeUpId } from '../../common/made-up-ids.ts';
import { REASON, type ReasonCode } from '../../mqtt-engine/codec/reason-codes.ts';
import type { ConnectAnswer, ConnectRequest, EngineClient, RefusalCode } from '../../mqtt-engine/contract.ts';
import { type MqttParts, report } from './parts.ts';
import type { Permissions } from './permissions.ts';
import { MqttSession } from './session.ts';

/**
 * Where several clients have one id and take it from each other for ever, each connection waits so long for its turn: boards that
 * connect without a pause would keep the gateway busy with nothing else.
 */
const SHARED_ID_PAUSE_MS = 1000;

type Answer = (answer: ConnectAnswer<MqttSession>) => void;
type Refuse = (refused: RefusalCode, code: ErrorCode, why: string, reason?: ReasonCode) => void;

/** A client that was admitted, and how it is refused where it may not come in after all. */
interface Newcomer {
  client: EngineClient;
  principal: Principal;
  /** It gave no id, and has one of the gateway's. */
  isNameless: boolean;
  refuse: Refuse;
  answer: Answer;
}

/** `usesPassword`: the client has brought a name or password of a user. */
function refusalCodeOf({ reason, isProven }: Denial, usesPassword: boolean): RefusalCode {
  switch (reason) {
    case 'bad_name':
    case 'reserved':
    case 'taken':
      return 2;
    case 'too_many':
    case 'busy':
    case 'failed':
      return 3;
    case 'not_allowed':
      return 5;
    default:
      if (isProven) return 2;
      return usesPassword ? 4 : 5;
  }
}

/** What MQTT 5 calls a denial for which MQTT 3 has no code of its own. */
function reasonOf({ reason }: Denial): ReasonCode | undefined {
  if (reason === 'too_many') return REASON.quotaExceeded;
  return reason === 'busy' ? REASON.busy : undefined;
}

/** Who may come in by MQTT. */
export class Entrance {
  readonly #parts: MqttParts;
  readonly #permissions: Permissions;

  constructor(parts: MqttParts, permissions: Permissions) {
    this.#parts = parts;
    this.#permissions = permissions;
  }

  /** Answers to a CONNECT. */
  connect(client: EngineClient, request: ConnectRequest, answer: Answer): void {
    const isNameless = request.id === '';
    const refuse: Refuse = (refused, code, why, reason) => {
      report(this.#parts, isNameless ? client.peer : request.id, code, `was refused: ${why}`);
      answer(reason === undefined ? { refused } : { refused, reason });
    };
    if (isNameless && !client.isClean && client.version !== 5) {
      refuse(2, 'PEER_BAD_NAME', 'a persistent session needs a client id');
      return;
    }
    const id = isNameless ? this.#makeUpId() : request.id;
    const { username, willTopic } = request;
    const password = request.password?.toString();
    const usesPassword = username !== undefined || password !== undefined;
    const claim = {
      id,
      protocol: 'mqtt',
      peer: client.peer,
      account: username,
      secret: password,
      ...client.brought,
      isGone: () => client.isClosed,
    } as const;
    this.#parts.access.admit(claim, ({ principal, denial }) => {
      if (denial) refuse(refusalCodeOf(denial, usesPassword), denial.code, denial.why, reasonOf(denial));
      else this.#admit({ client, principal, isNameless, refuse, answer }, willTopic);
    });
  }

  /** Lets a client in once its connection may have what it asks for, and in its turn. */
  #admit(newcomer: Newcomer, willTopic: string | undefined): void {
    const { engine, clock, incidents } = this.#parts;
    const { client, principal, refuse } = newcomer;
    const { id } = principal;
    if (!client.isClean && !engine.mayKeepSession(id)) {
      const why = 'there are mqtt.maxSessions persistent sessions already; ask for a clean one';
      refuse(3, 'PEER_TOO_MANY', why, REASON.quotaExceeded);
      return;
    }
    const willFault = willTopic === undefined ? undefined : this.#permissions.publishFault(principal, willTopic);
    if (willFault !== undefined) {
      refuse(5, willFault.code, `its last will: ${willFault.why}`);
      return;
    }
    const enter = (): void => {
      if (!client.isClosed) this.#enter(newcomer);
    };
    if (engine.session(id) !== undefined && incidents.isShared(id)) clock.after(SHARED_ID_PAUSE_MS, enter);
    else enter();
  }

  /** Brings a client online, in place of another connection with its id (MQTT-3.1.4-2), unless another protocol has it. */
  #enter({ client, principal, isNameless, refuse, answer }: Newcomer): void {
    const { hub, access, calls, engine, frames } = this.#parts;
    const session = new MqttSession({ principal, isNameless, client, engine, calls });
    const replaced = engine.session(principal.id);
    // A device of frames may come by MQTT for once; it proves by its Hello that it is the one.
    const guestOf = client.isClean && frames !== undefined ? 'frames' : undefined;
    const denial = access.enter(principal, session, { guestOf });
    const isGuest =
      denial?.by !== undefined && denial.by === guestOf && hub.client(principal.id)?.account === principal.account;
    if (denial && !isGuest) {
      refuse(refusalCodeOf(denial, false), denial.code, `${denial.why}; give each its own`, reasonOf(denial));
      return;
    }
    if (isGuest) frames?.admit(session);
    // Two devices with one id: each takes the MQTT connection of the other.
    if (isGuest && replaced) hub.noteContest(session, 'replaced', replaced);
    answer({ session });
  }

  #makeUpId(): string {
    const { hub, engine, random } = this.#parts;
    return makeUpId('mqtt', { random, isTaken: (id) => hub.isTaken(id) || engine.hasSession(id) });
  }
}
