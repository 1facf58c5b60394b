import type { AdmissionRequest } from '../../access/admission.ts';
import type { Denial } from '../../access/denial.ts';
import type { Principal } from '../../access/principal.ts';
import { makeUpId } from '../../common/made-up-ids.ts';
import type { SignedIn } from '../../common/signed-in.ts';
import type { Protocol } from '../../hub/session.ts';
import { REASON, type ReasonCode } from '../../mqtt-engine/codec/reason-codes.ts';
import type { ConnectAnswer, ConnectRequest, EngineClient, RefusalCode } from '../../mqtt-engine/contract.ts';
import { ownNames } from './own-names.ts';
import { type MqttParts, report } from './parts.ts';
import type { Permissions } from './permissions.ts';
import { MqttSession } from './session.ts';

/**
 * Where several clients have one id and take it from each other for ever, each connection waits so long for its turn: boards that
 * connect without a pause would keep the gateway busy with nothing else.
 */
const SHARED_ID_PAUSE_MS = 1000;

type Answer = (answer: ConnectAnswer<MqttSession>) => void;

/** A client that wants to come in, as it asks to be admitted. */
class Newcomer implements AdmissionRequest {
  readonly id: string;
  readonly protocol: Protocol;
  readonly peer: string;
  readonly account: string | undefined;
  readonly secret: string | undefined;
  readonly page: string | undefined;
  readonly certificate: string | undefined;
  readonly signedIn: SignedIn | undefined;
  readonly carrier: Principal | undefined;
  readonly client: EngineClient;
  /** It gave no id, and has one of the gateway's. */
  readonly isNameless: boolean;
  readonly willTopic: string | undefined;
  readonly answer: Answer;

  constructor(
    client: EngineClient,
    { id, username, password, willTopic }: ConnectRequest,
    ownId: string,
    answer: Answer,
    bridge?: Principal,
  ) {
    const { page, certificate, signedIn } = client.brought;
    this.id = ownId;
    this.peer = client.peer;
    this.account = username;
    this.secret = password?.toString();
    this.page = page;
    this.certificate = certificate;
    this.signedIn = signedIn;
    this.carrier = bridge;
    this.protocol = bridge?.protocol ?? 'mqtt';
    this.client = client;
    this.isNameless = id === '';
    this.willTopic = willTopic;
    this.answer = answer;
  }

  isGone(): boolean {
    return this.client.isClosed;
  }

  /** Whether it has brought a name or password of a user. */
  get usesPassword(): boolean {
    return this.account !== undefined || this.secret !== undefined;
  }
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

type Fault = Pick<Denial, 'code' | 'why'>;

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
    const id = isNameless ? this.#makeUpId() : request.id;
    const { bridge } = client.brought;
    const principal = bridge && this.#parts.access.bridge({ id, account: bridge.account });
    const newcomer = new Newcomer(client, request, id, answer, principal);
    if (isNameless && !client.isClean && client.version !== 5) {
      this.#refuse(newcomer, 2, { code: 'PEER_BAD_NAME', why: 'a persistent session needs a client id' });
      return;
    }
    if (principal !== undefined && !this.#parts.access.isProven(principal)) {
      const why = `its account ${principal.account} is not there, or has expired: add it, or name another in the configuration`;
      this.#refuse(newcomer, 5, { code: 'PEER_NOT_ALLOWED', why });
      return;
    }
    this.#parts.access.admit(newcomer, ({ principal, denial }) => {
      if (denial) this.#refuse(newcomer, refusalCodeOf(denial, newcomer.usesPassword), denial, reasonOf(denial));
      else this.#admit(newcomer, principal);
    });
  }

  #refuse({ isNameless, client, id, answer }: Newcomer, refused: RefusalCode, fault: Fault, reason?: ReasonCode): void {
    report(this.#parts, isNameless ? client.peer : id, fault.code, `was refused: ${fault.why}`);
    answer({ refused, reason, why: fault.why });
  }

  /** Lets a client in once its connection may have what it asks for, and in its turn. */
  #admit(newcomer: Newcomer, principal: Principal): void {
    const { engine, clock, incidents } = this.#parts;
    const { client, willTopic } = newcomer;
    const { id } = principal;
    if (!client.isClean && !engine.mayKeepSession(id)) {
      const why = 'there are mqtt.maxSessions persistent sessions already; ask for a clean one';
      this.#refuse(newcomer, 3, { code: 'PEER_TOO_MANY', why }, REASON.quotaExceeded);
      return;
    }
    const will = willTopic && (ownNames(principal.names)?.outward(willTopic) ?? willTopic);
    const willFault = will === undefined ? undefined : this.#permissions.publishFault(principal, will);
    if (willFault !== undefined) {
      this.#refuse(newcomer, 5, { code: willFault.code, why: `its last will: ${willFault.why}` });
      return;
    }
    if (engine.session(id) !== undefined && incidents.isShared(id)) {
      clock.after(SHARED_ID_PAUSE_MS, () => this.#enter(newcomer, principal));
    } else this.#enter(newcomer, principal);
  }

  /** Brings a client online, in place of another connection with its id (MQTT-3.1.4-2), unless another protocol has it. */
  #enter(newcomer: Newcomer, principal: Principal): void {
    const { client, isNameless } = newcomer;
    if (client.isClosed) return;
    const { hub, access, calls, engine, frames } = this.#parts;
    const session = new MqttSession({ principal, isNameless, client, engine, calls });
    const replaced = engine.session(principal.id);
    // A device of frames may come by MQTT for once; it proves by its Hello that it is the one.
    const guestOf = client.isClean && frames !== undefined ? 'frames' : undefined;
    const denial = access.enter(principal, session, { guestOf, takeover: newcomer.carrier && true });
    const isGuest =
      denial?.by !== undefined && denial.by === guestOf && hub.client(principal.id)?.account === principal.account;
    if (denial && !isGuest) {
      // A quota has nothing to do with the id.
      const why = denial.reason === 'taken' ? `${denial.why}; give each its own` : denial.why;
      const fault = { code: denial.code, why };
      this.#refuse(newcomer, refusalCodeOf(denial, false), fault, reasonOf(denial));
      return;
    }
    if (isGuest) frames?.admit(session);
    // Two devices with one id: each takes the MQTT connection of the other.
    if (isGuest && replaced) hub.noteContest(session, 'replaced', replaced);
    newcomer.answer({ session });
  }

  #makeUpId(): string {
    const { hub, engine, random } = this.#parts;
    return makeUpId('mqtt', { random, isTaken: (id) => hub.isTaken(id) || engine.hasSession(id) });
  }
}
