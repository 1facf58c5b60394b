/**
 * The gateway as a part of another program. The command is `crosscomm`.
 *
 * @module @crosscomm/gateway
 */

export type { Config } from './app/config.ts';
export { createGateway, type Gateway, type GatewayOptions } from './app/gateway.ts';
export type { ListenerAddress, Listeners } from './app/listeners.ts';
export { type RunningGateway, startGateway } from './app/start-gateway.ts';
export type { Clock } from './common/clock.ts';
export { GatewayError } from './common/errors.ts';
export { type ErrorContext, type Log, silentLog } from './common/log.ts';
export type { Origin, Origins } from './config/origins.ts';
export type { OssVariables, S3Variables } from './config/secrets.ts';
export type { Address } from './transports/listen.ts';
export type { SerialPortState } from './transports/serial/listener.ts';
export type { PortLinkState } from './transports/serial/port-link.ts';
