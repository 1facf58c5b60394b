import { expect, it } from 'vitest';
import { samplesFor } from '../../dashboard/src/pages/connect/samples.ts';

const PLACE = { host: '192.168.1.10', origin: 'http://192.168.1.10:9898', mqttPort: 1883, oocsiPort: 4444 };

it('bring no credential where the gateway asks for none', () => {
  const { mqtt, http, python } = samplesFor({ ...PLACE, account: undefined });
  expect([mqtt, http, python].join('\n')).not.toContain('TOKEN');
  expect(mqtt?.[0]).toBe("mosquitto_sub -h 192.168.1.10 -p 1883 -t '#' -v");
});

it('say who one is where the gateway knows clients by accounts, in each protocol as it takes it', () => {
  const { mqtt, http, python } = samplesFor({ ...PLACE, account: 'anna' });
  expect(mqtt?.[1]).toBe(`mosquitto_pub -h 192.168.1.10 -p 1883 -u anna -P TOKEN -t lamp -m '{"led": 1}'`);
  expect(http[1]).toBe('curl -u anna:TOKEN -N http://192.168.1.10:9898/subscribe/lamp');
  expect(python?.[1]).toContain('OOCSI("anna/first-####:TOKEN", "192.168.1.10")');
});

it('are left out for what the gateway does not listen for, and name a port that is not the usual one', () => {
  const { mqtt, python } = samplesFor({ ...PLACE, mqttPort: undefined, oocsiPort: 5555, account: undefined });
  expect(mqtt).toBeUndefined();
  expect(python?.[1]).toContain('OOCSI("first-####", "192.168.1.10", 5555)');
});
