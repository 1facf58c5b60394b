/**
 * The gateway as a part of another program. The command is `crosscomm`.
 *
 * @module @crosscomm/gateway
 */

export { createGateway, type DoorAddress, type Doors, type Gateway, type GatewayOptions } from './app/gateway.ts';
export { type RunningGateway, startGateway } from './app/start-gateway.ts';
export { GatewayError } from './common/errors.ts';
export type { Config } from './config/schema.ts';
export { type Log, silentLog } from './observability/log.ts';
