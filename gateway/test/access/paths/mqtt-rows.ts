import type { Row } from './row.ts';
import { SECRET } from './stage.ts';

export const MQTT_ROWS: readonly Row[] = [
  {
    name: 'MQTT: a topic',
    goes: ['protocol mqtt', 'source protocols/mqtt/ingress.ts'],
    hear: (stage, who) => stage.mqttEar(who, SECRET),
  },
];
