import { CROSSCOMM_ROWS } from './crosscomm-rows.ts';
import { FRAME_ROWS } from './frame-rows.ts';
import { HTTP_ROWS } from './http-rows.ts';
import { MQTT_ROWS } from './mqtt-rows.ts';
import { OOCSI_ROWS } from './oocsi-rows.ts';
import type { Row } from './row.ts';

/** Every path that is walked: a new one is one more row of the file of its protocol. */
export const ROWS: readonly Row[] = [...OOCSI_ROWS, ...MQTT_ROWS, ...CROSSCOMM_ROWS, ...FRAME_ROWS, ...HTTP_ROWS];
