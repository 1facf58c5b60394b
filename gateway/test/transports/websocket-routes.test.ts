import { describe, expect, it } from 'vitest';
import { type TextRoute, WebSocketRoutes } from '../../src/transports/websocket-routes.ts';

const createSession: TextRoute['createSession'] = () => {
  throw new Error('Nobody connects here.');
};
const route = (listener: string, more: Partial<TextRoute> = {}): TextRoute => ({
  listener,
  maxMessageBytes: 100,
  createSession,
  ...more,
});

function routesOf(...routes: TextRoute[]): (url: string, offered?: string) => string | undefined {
  const all = new WebSocketRoutes();
  for (const each of routes) all.add(each);
  return (url, offered) => {
    const headers = offered === undefined ? {} : { 'sec-websocket-protocol': offered };
    return all.find({ url, headers })?.listener;
  };
}

describe('the routes of a WebSocket server', () => {
  it('go by the path, with or without a slash at the end and a query, and else to the one without paths', () => {
    const find = routesOf(route('rest'), route('ws', { paths: ['/ws'] }), route('deep', { paths: ['/a/b', '/c'] }));
    const urls = ['/', '/ws', '/ws/', '/ws?x=/y', '/ws/more', '/wsx', '/a/b', '/c/', '', '/a'];
    expect(urls.map((url) => find(url))).toEqual([
      'rest',
      'ws',
      'ws',
      'ws',
      'rest',
      'rest',
      'deep',
      'deep',
      'rest',
      'rest',
    ]);
  });

  it('go by a subprotocol that is offered before they go by the path', () => {
    const find = routesOf(route('ws', { paths: ['/ws'] }), route('sub', { paths: ['/sub'], subprotocols: ['x', 'y'] }));
    expect([find('/ws', 'y'), find('/ws', 'a, x'), find('/ws', 'a'), find('/nowhere', 'x')]).toEqual([
      'sub',
      'sub',
      'ws',
      'sub',
    ]);
  });

  it('lead nowhere where nobody has the path', () => {
    expect(routesOf(route('ws', { paths: ['/ws'] }))('/other')).toBeUndefined();
  });

  it.each([
    ['a path', route('one', { paths: ['/a'] }), route('other', { paths: ['/b', '/a'] })],
    ['a subprotocol', route('one', { paths: ['/a'], subprotocols: ['x'] }), route('other', { subprotocols: ['x'] })],
    ['what is left over', route('one'), route('other')],
  ])('do not let two protocols have %s', (_, one, other) => {
    expect(() => routesOf(one, other)).toThrow('The WebSocket routes of one and other are the same.');
  });

  it('let one protocol take over what begins with a binary message, on the route without paths alone', () => {
    const routes = new WebSocketRoutes();
    const create = (): never => {
      throw new Error('Nobody connects here.');
    };
    routes.takeBinary(create);
    expect(routes.binaryOf(route('rest'))).toBe(create);
    expect(routes.binaryOf(route('ws', { paths: ['/ws'] }))).toBeUndefined();
    expect(() => routes.takeBinary(create)).toThrow('Two protocols');
  });
});
