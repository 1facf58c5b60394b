import { describe, expect, it } from 'vitest';
import { isAuto, optionsFor } from '../src/found-gateway.ts';

const gateway = (name: string, host: string, tls: 'no' | 'accepted' | 'required' = 'no') => ({
  ...{ name, host, port: 9898, hostName: `${name}.local`, version: '1.2.3', tls },
});

describe('ip: auto', () => {
  it('is asked for with and without credentials, and not where there is a url', () => {
    expect(
      [{ ip: 'auto' }, { ip: 'ben:secret@auto' }, { ip: 'automat' }, { ip: 'auto', url: 'ws://x' }].map(isAuto),
    ).toEqual([...[true, true, false, false]]);
  });

  it('takes the one gateway there is, with TLS where it has to be, and keeps credentials', () => {
    expect(optionsFor({ ip: 'ben:secret@auto' }, [gateway('pi', '10.0.0.7')])).toMatchObject({
      ...{ ip: 'ben:secret@10.0.0.7', port: 9898, secure: false },
    });
    expect(optionsFor({ ip: 'auto' }, [gateway('pi', '10.0.0.7', 'required')])).toMatchObject({ secure: true });
  });

  it('takes one of this machine where none is announced', () => {
    expect(optionsFor({ ip: 'auto' }, [])).toMatchObject({ ip: '127.0.0.1', port: 9898 });
  });

  it('asks which, where there are several', () => {
    expect(() => optionsFor({ ip: 'auto' }, [gateway('pi', '10.0.0.7'), gateway('lab', '10.0.0.8')])).toThrow(
      'There are 2 gateways: say by `ip` which. pi (10.0.0.7:9898), lab (10.0.0.8:9898)',
    );
  });
});
