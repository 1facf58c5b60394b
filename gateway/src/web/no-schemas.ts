import type { FastifyServerOptions } from 'fastify';

const build = () => (): never => {
  throw new Error('routes have no schemas of Fastify: apiRoute validates what it takes');
};

/** Of a server whose routes have no schemas of Fastify: what compiles them takes a twentieth of a gateway's start to load. */
export const NO_SCHEMAS: NonNullable<FastifyServerOptions['schemaController']> = {
  compilersFactory: { buildValidator: build, buildSerializer: build },
};
