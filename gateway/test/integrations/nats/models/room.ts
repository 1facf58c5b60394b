import type { FakeClock } from '@crosscomm/testing/fake-clock';
import { buildHouse } from '@crosscomm/testing/test-hub';
import { GroupCommit } from '../../../../src/common/group-commit.ts';
import { silentLog } from '../../../../src/common/log.ts';
import { Fleeting } from '../../../../src/integrations/nats/fleeting.ts';
import { Kept } from '../../../../src/integrations/nats/kept/kept.ts';
import { openKept } from '../../../../src/integrations/nats/kept/stored.ts';
import { RemoteInterest } from '../../../../src/integrations/nats/remote-interest.ts';
import type { MemoryDisk } from './disk.ts';
import { keptText, Sessions, Visit } from './sessions.ts';
import { Line, type Stream } from './stream.ts';

/** The client that moves from room to room. */
export const ROVER = 'rover';
const ROOM_BYTES = 1024 ** 2;
/** More than one run has. */
const RUN_MESSAGES = 100_000;

export interface RoomParts {
  name: string;
  /** What tells this run of the gateway from others. */
  run: number;
  disk: MemoryDisk;
  stream: Stream;
  clock: FakeClock;
}

/** One run of a gateway, as far as messages that must arrive go: the hub, the outbox and the rules are the real ones. */
export class Room {
  readonly name: string;
  readonly line: Line;
  readonly sessions: Sessions;
  readonly #kept: Kept;
  readonly #fleeting: Fleeting;
  readonly #hub: ReturnType<typeof buildHouse>['hub'];
  readonly #writes: GroupCommit;
  readonly #kill: () => void;
  #rover: Visit | undefined;

  private constructor(
    { name, run, disk, stream, clock }: RoomParts,
    db: ReturnType<MemoryDisk['open']>,
    writes: GroupCommit,
    stored: Awaited<ReturnType<typeof openKept>>,
  ) {
    this.name = name;
    this.#writes = writes;
    this.#kill = () => db.kill();
    const { hub, metrics } = buildHouse({ clock });
    this.#hub = hub;
    this.line = new Line(stream, () => clock.now());
    const shared = { prefix: 'cc', gateway: name, epoch: String(run), isShared: () => true, misread: () => {} };
    const arrived: ConstructorParameters<typeof Kept>[0]['arrived'] = ({ message }) => message;
    this.#kept = new Kept({
      ...{ ...shared, bus: this.line, hub, clock, log: silentLog, metrics, stored, arrived },
      ...{ engine: this.line.engine, streamLimits: { maxBytes: ROOM_BYTES } },
      ...{ ingress: () => this.#fleeting, report: () => {}, isPresent: () => true },
    });
    const counter = { value: 0 };
    this.#fleeting = new Fleeting({
      ...{ ...shared, bus: this.line, hub, kept: this.#kept, arrived, remote: new RemoteInterest() },
      ...{ counts: { sent: counter, received: counter, dropped: counter }, soon: (run) => run() },
    });
    this.sessions = new Sessions(disk, writes, hub, run * RUN_MESSAGES);
    this.sessions.open('ears');
    hub.attach(this.sessions);
    hub.attach(this.#fleeting);
    this.#kept.start();
  }

  static async open(parts: RoomParts): Promise<Room> {
    const db = parts.disk.open();
    const writes = new GroupCommit(db);
    const { run, clock } = parts;
    const stored = await openKept(db, { writes, clock, run: String(run), maxBytes: ROOM_BYTES, damaged: () => {} });
    return new Room(parts, db, writes, stored);
  }

  get isIdle(): boolean {
    return this.line.isIdle && this.#kept.state.waiting === 0;
  }

  /** Sends a message; `safe` is called once its sender may be told that it is safe. */
  say(to: string, text: string, safe: () => void): void {
    this.#hub.send(keptText(`mouth-${this.name}`, to, text));
    void this.#writes.committed().then(safe);
  }

  /** The rover is here. */
  come(): void {
    this.sessions.open(ROVER);
    this.#rover ??= new Visit(ROVER, this.sessions);
    if (this.#hub.session(ROVER) === undefined) this.#hub.join(this.#rover);
  }

  /** It is not, as it has left, or has come to another gateway. */
  go(hasLeft: boolean): void {
    if (this.#rover === undefined) return;
    if (hasLeft) this.#hub.leave(this.#rover, 'closed');
    else this.#hub.giveUp(ROVER);
    this.#rover = undefined;
  }

  get isHere(): boolean {
    return this.#rover !== undefined;
  }

  heal(): void {
    if (this.line.isUp) return;
    this.line.isUp = true;
    this.#kept.linkUp(this.line.connection);
  }

  cut(): void {
    this.line.drop();
    this.#kept.linkDown();
  }

  kill(): void {
    this.#kill();
    this.cut();
    this.#kept.stop();
  }
}
