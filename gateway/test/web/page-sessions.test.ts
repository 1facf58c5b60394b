import { EventEmitter } from 'node:events';
import { buildHouse, type TestHouse } from '@crosscomm/testing/test-hub';
import { beforeEach, expect, it } from 'vitest';
import type { Principal } from '../../src/access/principal.ts';
import { PageSessions, SESSION_MS } from '../../src/web/page-sessions.ts';
import { addAccount } from './accounts.ts';

let house: TestHouse;
let sessions: PageSessions;
let secret: string;
let principal: Principal;

beforeEach(async () => {
  house = buildHouse();
  secret = await addAccount(house, 'anna');
  principal = await proven();
  sessions = new PageSessions(house);
});

/** Somebody who signs in as anna. */
function proven(): Promise<Principal> {
  return new Promise<Principal>((resolve, reject) => {
    const claim = { protocol: 'http', peer: '10.0.0.7:1', secret, isGone: () => false } as const;
    house.access.admit(claim, ({ principal: admitted, denial }) =>
      admitted ? resolve(admitted) : reject(new Error(denial.why)),
    );
  });
}

it('a page is signed out twelve hours after it was used last', () => {
  const cookie = sessions.open(principal);
  for (let times = 0; times < 3; times++) {
    house.clock.advance(SESSION_MS - 1);
    expect(sessions.find(cookie)).toBe(principal);
  }
  house.clock.advance(SESSION_MS);
  expect(sessions.find(cookie)).toBeUndefined();
  expect(sessions.find('')).toBeUndefined();
});

it('a page is not signed out while it has a WebSocket or an answer open, and twelve hours after the last one', () => {
  const cookie = sessions.open(principal);
  const [socket, stream] = [new EventEmitter(), new EventEmitter()];
  for (const connection of [socket, stream]) expect(sessions.find(cookie, connection)).toBe(principal);
  house.clock.advance(3 * SESSION_MS);
  socket.emit('close');
  house.clock.advance(SESSION_MS);
  expect(sessions.find(cookie)).toBe(principal);
  house.clock.advance(SESSION_MS);
  stream.emit('close');
  house.clock.advance(SESSION_MS - 1);
  expect(sessions.find(cookie)).toBe(principal);
  house.clock.advance(SESSION_MS);
  expect(sessions.find(cookie)).toBeUndefined();
});

it('of the 20 places of an account, one that has nothing open makes room first', async () => {
  const open = sessions.open(principal);
  sessions.find(open, new EventEmitter());
  const idle = sessions.open(await proven());
  for (let times = 0; times < 19; times++) sessions.open(await proven());
  expect([sessions.find(open), sessions.find(idle)]).toEqual([principal, undefined]);
});

it('one that makes room though it has something open is signed out, so that nothing stays open that nobody could end', async () => {
  const ended: number[] = [];
  for (let number = 0; number < 21; number++) {
    const own = await proven();
    sessions.find(sessions.open(own), new EventEmitter());
    own.onRevoked(() => ended.push(number));
  }
  expect(ended).toEqual([0]);
});

it('signing out is for good, whatever is still open then', () => {
  const cookie = sessions.open(principal);
  const socket = new EventEmitter();
  sessions.find(cookie, socket);
  sessions.close(cookie);
  socket.emit('close');
  expect(sessions.find(cookie)).toBeUndefined();
});
