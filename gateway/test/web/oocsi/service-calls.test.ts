import { MemorySession } from '@crosscomm/testing/test-hub';
import { afterEach, describe, expect, it } from 'vitest';
import { Message } from '../../../src/hub/message.ts';
import { addAccount, bearer } from '../accounts.ts';
import { buildWebHouse, joinResponder, type WebHouse } from '../support.ts';

let house: WebHouse;
afterEach(() => house.app.close());

describe('GET and POST /SERVICE/CALL', () => {
  it('makes an OOCSI call of the query, the body and the path', async () => {
    house = await buildWebHouse();
    const calls: Record<string, unknown>[] = [];
    joinResponder(house, 'maths', (data) => {
      calls.push(data);
      return { _MESSAGE_ID: data._MESSAGE_ID, sum: 3 };
    });
    const answer = await house.app.inject({ method: 'POST', url: '/maths/add?a=1', payload: { b: 2 } });
    expect([answer.statusCode, answer.json()]).toEqual([200, { sum: 3 }]);
    await house.app.inject('/maths/add/hello%20you/2');
    await house.app.inject('/maths/add/%7B%22a%22:1%7D');
    const id = expect.stringMatching(/^[0-9a-f-]{36}$/);
    const call = { _MESSAGE_HANDLE: 'add', _MESSAGE_ID: id, webcall: 'add' };
    expect(calls).toEqual([
      { ...call, a: '1', b: 2 },
      { ...call, data: 'hello you/2', webcall_data: 'hello you/2' },
      { ...call, a: 1, webcall_data: '{"a":1}' },
    ]);
  });

  it('answers with the field html, text, json or csv, in its content type', async () => {
    house = await buildWebHouse();
    joinResponder(house, 'page', ({ webcall }) => ({ [webcall as string]: `<b>${webcall}</b>`, other: 1 }));
    const types = { html: 'text/html', text: 'text/plain', json: 'application/json', csv: 'text/csv' };
    for (const [name, type] of Object.entries(types)) {
      const answer = await house.app.inject(`/page/${name}`);
      expect([answer.body, answer.headers['content-type']]).toEqual([`<b>${name}</b>`, `${type}; charset=utf-8`]);
      expect(answer.headers['content-security-policy']).toBe('sandbox allow-scripts allow-forms');
    }
  });

  it('passes a JSON value on as it is written', async () => {
    house = await buildWebHouse();
    joinResponder(house, 'data', () => '{"json": {"one": 1.0, "list": [1]}}');
    expect((await house.app.inject('/data/get')).body).toBe('{"one": 1.0, "list": [1]}');
  });

  it('reaches a service that listens to a channel, and the built-in ones', async () => {
    house = await buildWebHouse();
    expect((await house.app.inject('/echo/anything?text=hi')).body).toBe('hi');
    expect((await house.app.inject('/heyOOCSIClient/find?location=lab')).json()).toEqual({
      location: 'lab',
      clients: [],
    });
  });

  it('leaves no client behind', async () => {
    house = await buildWebHouse();
    let caller = '';
    house.hub.events.on('join', (id) => {
      caller = id;
    });
    await house.app.inject('/echo/anything');
    expect(caller).toMatch(/^http-[0-9a-f]{4}$/);
    expect(house.hub.clients()).toEqual([]);
  });

  it('is not found where nobody listens', async () => {
    house = await buildWebHouse();
    const answer = await house.app.inject('/nobody/call');
    expect([answer.statusCode, answer.json()]).toEqual([
      404,
      { error: { code: 'PEER_NOT_FOUND', message: 'Nobody listens to nobody; is the service connected?' } },
    ]);
    expect(house.hub.clients()).toEqual([]);
  });

  it('times out where the service says nothing, and waits past answers to other calls', async () => {
    house = await buildWebHouse();
    const called = new Promise<void>((resolve) => {
      joinResponder(house, 'mute', () => {
        resolve();
        return { _MESSAGE_ID: 'another', text: 'not yours' };
      });
    });
    const answering = house.app.inject('/mute/call');
    void answering.then(() => {});
    await called;
    house.clock.advance(1800);
    const answer = await answering;
    expect([answer.statusCode, answer.json().error]).toEqual([
      504,
      { code: 'PEER_TIMEOUT', message: 'Service mute did not answer call within 1800 ms.' },
    ]);
    expect(house.hub.clients().map(({ id }) => id)).toEqual(['mute']);
  });

  it('is answered by the client that it is for, and by nobody else', async () => {
    house = await buildWebHouse();
    joinResponder(house, 'bank', ({ _MESSAGE_ID }) => {
      const caller = house.hub.onlineIds().find((id) => id.startsWith('http-')) ?? '';
      const body = '{"text":"send the money to mallory"}';
      house.hub.send(new Message({ from: 'mallory', to: caller, kind: 'dict', body, timestampMs: 0 }));
      return { _MESSAGE_ID, text: 'nothing to pay' };
    });
    expect((await house.app.inject('/bank/bill')).body).toBe('nothing to pay');
  });

  it('bounds the calls that wait', async () => {
    house = await buildWebHouse({ maxCalls: 1 });
    const called = new Promise<void>((resolve) => joinResponder(house, 'mute', () => resolve()));
    const first = house.app.inject('/mute/call');
    void first.then(() => {});
    await called;
    const second = await house.app.inject('/mute/call');
    expect([second.statusCode, second.json().error.code]).toEqual([503, 'PEER_TOO_MANY']);
    house.clock.advance(1800);
    expect((await first).statusCode).toBe(504);
  });

  it('leaves places for others, whoever lets a share of all calls wait', async () => {
    house = await buildWebHouse({ maxCalls: 4 });
    const called = new Promise<void>((resolve) => joinResponder(house, 'mute', () => resolve()));
    const first = house.app.inject('/mute/call');
    void first.then(() => {});
    await called;
    expect((await house.app.inject('/mute/call')).statusCode).toBe(429);
    joinResponder(house, 'maths', ({ _MESSAGE_ID }) => ({ _MESSAGE_ID, sum: 3 }));
    const headers = bearer(await addAccount(house, 'anna'));
    expect((await house.app.inject({ url: '/maths/add', headers })).json()).toEqual({ sum: 3 });
    house.clock.advance(1800);
    expect((await first).statusCode).toBe(504);
    expect((await house.app.inject('/maths/add')).json()).toEqual({ sum: 3 });
  });

  it('tells when the service has no room', async () => {
    house = await buildWebHouse();
    const full = new MemorySession('full');
    full.answer = 'queue_full';
    house.hub.join(full);
    const answer = await house.app.inject('/full/call');
    expect([answer.statusCode, answer.json().error.code]).toEqual([503, 'PEER_TOO_SLOW']);
  });

  it('never takes the gateway own paths for services', async () => {
    house = await buildWebHouse();
    for (const name of ['subscribe', 'channels', 'status', 'mqtt', 'ws', 'objects', 'send']) {
      joinResponder(house, name, () => ({ text: 'me' }));
      const answer = await house.app.inject({ method: name === 'subscribe' ? 'POST' : 'GET', url: `/${name}/call` });
      const isOfOtherMethod = name === 'subscribe' || name === 'send';
      expect([answer.statusCode, answer.json().error.code]).toEqual([isOfOtherMethod ? 405 : 404, 'PEER_NOT_FOUND']);
    }
    const message = (await house.app.inject('/send/room?text=hi')).json().error.message;
    expect(message).toBe('Sending is a POST to /send/CHANNEL; a GET sends nothing.');
  });
});
