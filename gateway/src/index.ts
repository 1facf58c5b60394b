/** @crosscomm/gateway: the gateway as a part of another program. The command is `crosscomm`. */
export type { Config } from './config/schema.ts';
export { GatewayError } from './errors.ts';
export { createGateway, type DoorAddress, type Doors, type Gateway, type GatewayOptions } from './gateway.ts';
export { type RunningGateway, startGateway } from './start-gateway.ts';
export { type Log, silentLog } from './telemetry/log.ts';
