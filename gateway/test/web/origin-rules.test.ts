import { describe, expect, it } from 'vitest';
import { effectOf, OriginRules, type OriginRulesOptions, type RequestEffect } from '../../src/web/origin-rules.ts';

const PI = { machineName: () => 'Pi.example.org' };

function ask(
  source: { host?: string; origin?: string; fetchSite?: string },
  effect: RequestEffect = 'act',
  options: Partial<OriginRulesOptions> = {},
): number {
  return new OriginRules({ ...PI, ...options }).refusal(source, effect)?.status ?? 200;
}

describe('the name that a request gives the gateway', () => {
  it.each([
    '127.0.0.1:9898',
    '192.168.1.10',
    '[::1]:9898',
    '[fe80::1]',
    'localhost:9898',
    'LOCALHOST.',
    'lamp.localhost',
    'pi',
    'PI.local:9898',
    'pi.example.org',
    undefined,
  ])('may be %s', (host) => {
    expect(ask(host === undefined ? {} : { host }, 'read')).toBe(200);
  });

  it.each([
    'evil.example:9898',
    'pi.evil.example',
    'other.local',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    '',
    'a b',
    'pi@evil.example',
    '[evil]',
    'pi:9898:1',
  ])('may not be %j, whatever it wants', (host) => {
    for (const effect of ['read', 'act', 'connect'] as const) expect(ask({ host }, effect)).toBe(421);
  });

  it('may be one that the configuration has, in any spelling', () => {
    expect(ask({ host: 'Pi.Fritz.Box:9898' }, 'read', { hosts: ['pi.fritz.box'] })).toBe(200);
    expect(ask({ host: 'things.example' }, 'read', { publicUrl: 'https://things.example/gateway' })).toBe(200);
    expect(ask({ host: 'named:9898' }, 'read', { listensOn: 'named' })).toBe(200);
    expect(ask({ host: 'sub.pi.fritz.box' }, 'read', { hosts: ['pi.fritz.box'] })).toBe(421);
  });

  it('is said in the refusal, with the key to change, and cannot break a line', () => {
    const rules = new OriginRules(PI);
    expect(rules.refusal({ host: 'evil.example:80' }, 'read')?.message).toMatch(/evil\.example.*http\.hosts/);
    expect(rules.refusal({ host: 'a\nb' }, 'read')?.message).not.toContain('\n');
  });
});

describe('the page that makes a request', () => {
  const host = '192.168.1.10:9898';

  it.each([
    ['a program, which names none', undefined],
    ['arduinoWebSockets', 'file://'],
    ['TinyWebsockets', 'https://github.com/gilmaimon/TinyWebsockets'],
    ['the gateway’s own', 'http://192.168.1.10:9898'],
    ['the gateway’s own, by a proxy that encrypts', 'https://192.168.1.10:9898'],
    ['one of the browser’s machine', 'http://localhost:5173'],
    ['one of the browser’s machine', 'http://127.0.0.1:5500'],
    ['one of the browser’s machine', 'http://[::1]:3000'],
  ])('may act: %s', (_who, origin) => {
    for (const effect of ['act', 'connect'] as const) {
      expect(ask({ host, ...(origin === undefined ? {} : { origin }) }, effect)).toBe(200);
    }
  });

  it.each([
    'https://evil.example',
    'http://evil.example:9898',
    'http://192.168.1.10',
    'http://192.168.1.10:8080',
    'http://192.168.1.11:9898',
    'http://localhost.evil.example',
    'http://127.0.0.1.evil.example',
    'null',
    '',
    'chrome-extension://abc',
    'http://',
    'file://evil',
  ])('may not act: %j', (origin) => {
    for (const effect of ['act', 'connect'] as const) expect(ask({ host, origin }, effect)).toBe(403);
    expect(ask({ host, origin }, 'read')).toBe(200);
  });

  it('may act where the configuration lists it', () => {
    const options = { origins: ['https://Example.org:443/', 'null', 'app://lamp'], publicUrl: 'http://pi.home:80/x' };
    for (const origin of ['https://example.org', 'null', 'app://lamp', 'http://pi.home']) {
      expect(ask({ host, origin }, 'connect', options)).toBe(200);
    }
    expect(ask({ host, origin: 'http://example.org' }, 'connect', options)).toBe(403);
  });

  describe('of the folder of pages, on a port of its own,', () => {
    const may = (origin: string, pagesPort: number | undefined, called = host): boolean => {
      const rules = new OriginRules({ ...PI, hosts: ['pi.fritz.box'], addresses: () => ['192.168.1.10', 'fe80::1'] });
      rules.pagesPort = pagesPort;
      return rules.refusal({ host: called, origin }, 'connect') === undefined;
    };

    it.each([
      ['where both are called by one name', 'http://192.168.1.10:9897', '192.168.1.10:9898'],
      ['where both are called by one name', 'http://10.0.0.1:9897', '10.0.0.1:9898'],
      ['by a name of the machine', 'http://pi.local:9897', '192.168.1.10:9898'],
      ['by a name that is listed', 'http://pi.fritz.box:9897', 'pi.local:9898'],
      ['by an address of the machine', 'http://192.168.1.10:9897', 'pi.local:9898'],
      ['by an address of the machine', 'http://[fe80::1]:9897', 'pi.local:9898'],
    ])('may act %s: %s on %s', (_how, origin, called) => {
      expect(may(origin, 9897, called)).toBe(true);
    });

    it('may act on the usual port too, which its origin does not name', () => {
      expect([may('http://pi.local', 80), may('https://pi.local', 443), may('http://pi.local', 443)]).toEqual([
        true,
        true,
        false,
      ]);
    });

    it.each([
      ['on another port', 'http://pi.local:9896', 9897],
      ['of another machine on that port', 'http://evil.example:9897', 9897],
      ['of another address on that port', 'http://192.168.1.66:9897', 9897],
      ['where there is none', 'http://pi.local:9897', undefined],
    ])('may not act %s', (_what, origin, pagesPort) => {
      expect(may(origin, pagesPort)).toBe(false);
    });
  });

  it('that a browser does not name is asked for by where it comes from', () => {
    const sites = { none: 200, 'same-origin': 200, 'same-site': 403, 'cross-site': 403 };
    for (const [fetchSite, status] of Object.entries(sites)) expect(ask({ host, fetchSite })).toBe(status);
    expect(ask({ host, origin: 'http://localhost:1', fetchSite: 'cross-site' })).toBe(200);
  });

  it('is said in the refusal, with the key to change', () => {
    const rules = new OriginRules(PI);
    expect(rules.refusal({ host, origin: 'http://a.example' }, 'act')?.message).toMatch(/a\.example.*http\.origins/);
    expect(rules.refusal({ host, fetchSite: 'cross-site' }, 'act')?.message).toContain('http.origins');
  });
});

it('a method acts, but for those that read, where their route does nothing', () => {
  expect(['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'DELETE', 'BREW'].map((method) => effectOf(method, false))).toEqual([
    'read',
    'read',
    'read',
    'act',
    'act',
    'act',
    'act',
  ]);
  expect(['GET', 'HEAD', 'OPTIONS'].map((method) => effectOf(method, true))).toEqual(['act', 'act', 'read']);
});
