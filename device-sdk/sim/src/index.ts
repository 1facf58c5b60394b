/**
 * Devices that are not there, for a gateway that cannot tell: they come by its own wires and speak the frames of
 * `@crosscomm/protocol`. `crosscomm sim` is a program of this package. See README.md.
 *
 * @module @crosscomm/sim
 */
export type { DeviceCounts, DeviceHandler, DevicePlan, SimDevice, Surroundings } from './device.ts';
export { parseDuration } from './duration.ts';
export { SimError, type SimErrorCode } from './error.ts';
export { type Faults, NO_FAULTS } from './faults.ts';
export type { Connection, ConnectionHandler, Transport } from './link.ts';
export { type PtyOptions, PtyTransport } from './links/pty.ts';
export { type Random, seededRandom } from './random.ts';
export { DEFAULT_READING, type Place, parseReading, type ReadingPlan } from './reading.ts';
export type { Shape, Values } from './shape.ts';
export { Simulation, type SimulationCounts, type SimulationOptions } from './simulation.ts';
export { type GatewayTransport, transportTo } from './transport.ts';
