import { z } from 'zod';
import type { ApiRoute } from './route.ts';
import { errorAnswer, type Lazy } from './schema.ts';

type Json = Record<string, unknown>;

const TAGS: readonly (readonly [name: string, description: string])[] = [
  ['overview', 'How the gateway is doing, and what happens.'],
  ['clients', 'Who is connected.'],
  ['channels', 'Where messages go.'],
  ['messages', 'What is said.'],
  ['objects', 'Files and images.'],
  ['boards', 'Boards of controls that people made.'],
  ['serial', 'Boards on serial ports.'],
  ['firmware', 'New firmware for boards in the network.'],
  ['session', 'Signing in with a browser.'],
  ['accounts', 'Who may join, and what each may do.'],
  ['pairing', 'Letting a device in by a code.'],
  ['backup', 'What is kept, to be restored later.'],
  ['oss-keys', 'Access keys of clients of object storage (OSS and S3).'],
  ['tls', 'Certificates.'],
  ['settings', 'How the gateway is configured, and what it counts.'],
];
const TAG_OF: Readonly<Record<string, string>> = {
  events: 'overview',
  cluster: 'overview',
  bridges: 'overview',
  automations: 'messages',
  behaviours: 'channels',
  diagnosis: 'overview',
  graph: 'clients',
  guides: 'overview',
  uploads: 'objects',
  'openapi.json': 'overview',
  roles: 'accounts',
  pairings: 'pairing',
  pair: 'pairing',
  backups: 'backup',
  config: 'settings',
  counters: 'settings',
  trace: 'messages',
  shapes: 'channels',
};
const NEEDS = {
  anybody: 'For anybody.',
  see: 'For whoever the gateway lets in, who is shown what it may know.',
  operate: 'For accounts that may operate the gateway.',
} as const;

/** The description of all routes as an OpenAPI 3.1 document, made of the same schemas that check what comes in. */
export function openApiOf(routes: readonly ApiRoute[], version: string): Json {
  const schemas: Json = {};
  const schemaOf = (schema: Lazy, io: 'input' | 'output'): Json => {
    const {
      $schema,
      $defs = {},
      ...own
    } = z.toJSONSchema(schema(), {
      io,
      // What the gateway answers may have more in a later version.
      override: ({ jsonSchema }) => {
        if (io === 'output' && jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
      },
    }) as Json & { $defs?: Json };
    Object.assign(schemas, inComponents($defs));
    const { id, ...rest } = own as Json & { id?: string };
    if (id === undefined) return inComponents(rest);
    schemas[id] = inComponents(rest);
    return { $ref: `#/components/schemas/${id}` };
  };
  const paths: Record<string, Json> = {};
  for (const route of routes) {
    const path = route.path.replace(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(route, schemaOf) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'CrossComm Gateway',
      version,
      description:
        'Times are milliseconds since 1970, sizes bytes. As long as there is no account, programs on the machine of the gateway may do everything.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    security: [{ token: [] }, { password: [] }, { cookie: [] }, {}],
    tags: TAGS.map(([name, description]) => ({ name, description })),
    paths,
    components: {
      schemas,
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'a token of an account' },
        password: { type: 'http', scheme: 'basic', description: 'an account and its password, or a token of it' },
        cookie: {
          type: 'apiKey',
          in: 'cookie',
          name: 'crosscomm_session',
          description: 'of a browser that has signed in',
        },
      },
    },
  };
}

function operationOf(route: ApiRoute, schemaOf: (schema: Lazy, io: 'input' | 'output') => Json): Json {
  const { method, path, summary, description, needs, params, query, body, answers, events, streams } = route;
  const [, , , section = '', ...rest] = path.split('/');
  const parameters = [
    ...Object.entries(params).map(([name, text]) => ({
      ...{ name, in: 'path', required: true, description: text, schema: { type: 'string' } },
    })),
    ...(query ? parametersOf(schemaOf(query, 'input')) : []),
  ];
  const responses = Object.entries(answers).map(([status, schema]) => {
    const type = streams ?? (events && 'text/event-stream');
    const content = type
      ? { [type]: { schema: { type: 'string' } } }
      : schema && { 'application/json': { schema: schemaOf(schema, 'output') } };
    return [status, { description: content ? 'Done.' : 'Done; without content.', ...(content && { content }) }];
  });
  const error = {
    description: 'Why not.',
    content: { 'application/json': { schema: schemaOf(errorAnswer, 'output') } },
  };
  return {
    operationId: [method.toLowerCase(), section, ...rest]
      .join('_')
      .replace(/[^a-z0-9]+/gi, '_')
      .replace(/_$/, ''),
    summary,
    description: [description, NEEDS[needs]].filter(Boolean).join(' '),
    tags: [TAG_OF[section] ?? section],
    ...(needs === 'anybody' && { security: [] }),
    ...(parameters.length > 0 && { parameters }),
    ...(route.readsBytes && { requestBody: { required: true, content: { 'application/octet-stream': {} } } }),
    ...(body && {
      requestBody: { required: true, content: { 'application/json': { schema: schemaOf(body, 'input') } } },
    }),
    responses: { ...Object.fromEntries(responses), default: error },
    ...(events && {
      'x-events': Object.fromEntries(
        Object.entries(events).map(([name, schema]) => [name, schemaOf(schema, 'output')]),
      ),
    }),
  };
}

/** Each key of a query as a parameter. */
function parametersOf({ properties = {}, required = [] }: Json & { properties?: Json; required?: string[] }): Json[] {
  return Object.entries(properties as Record<string, Json>).map(([name, { description, ...schema }]) => ({
    ...{ name, in: 'query', required: (required as string[]).includes(name) },
    ...(description !== undefined && { description }),
    schema,
  }));
}

/** The same, with references to where all schemas are. */
function inComponents<T extends object>(schema: T): T {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/$defs/', '"#/components/schemas/')) as T;
}
