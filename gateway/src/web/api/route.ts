import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { Lazy } from './schema.ts';
import type { Viewer } from './viewer.ts';

/**
 * Who may use a route: `anybody`, also without a credential where one is asked for, so that the route itself looks who asks; whoever the
 * gateway lets in may `see`, each what it may know; `operate`: whoever may operate the gateway.
 */
export type Needs = 'anybody' | 'see' | 'operate';

type Params<Path extends string> = Path extends `${string}:${infer Name}/${infer Rest}`
  ? Name | Params<`/${Rest}`>
  : Path extends `${string}:${infer Name}`
    ? Name
    : never;

/** What a request asks for, checked. */
export interface Ask<Name extends string = string, Query = unknown, Body = unknown> {
  /** What is in the address, decoded. */
  readonly params: { readonly [name in Name]: string };
  readonly query: Query;
  readonly body: Body;
  /** Who asks; nobody where the route is for anybody. */
  readonly viewer: Viewer;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/** What is known of a route before it is asked. */
interface RouteFacts {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** What it does: a sentence. */
  readonly summary: string;
  /** More about it, for whoever writes a program. */
  readonly description?: string;
  readonly needs: Needs;
  /** What is answered to whoever may not use it: a sentence. */
  readonly notAllowed?: string;
  /** What a part of the body is called in what is said of a mistake in it; by default its path. */
  readonly partName?: (path: readonly PropertyKey[], params: Readonly<Record<string, string>>) => string;
  /** Its handler reads the body itself: the members of a JSON object, the fields of a form, or a text. */
  readonly readsMembers?: true;
  /** Its body is a file, of any content type, and its handler reads it as it comes. */
  readonly readsBytes?: true;
  /** Its handler reads the query itself. */
  readonly readsQuery?: true;
  /** What it does to the gateway, for the log, which names whoever did it. `subject`: what the log calls the name in the address or body. */
  readonly logs?: { readonly what: string; readonly subject: string };
  /** The longest body, in bytes; by default what the gateway reads. */
  readonly maxBodyBytes?: number;
  /** The answer is a stream of server-sent events, which the handler writes itself; its schemas are those of the events, by name. */
  readonly events?: Readonly<Record<string, Lazy>>;
  /** The answer is a file of this content type, which the handler sends itself. */
  readonly streams?: string;
}

interface RouteSpec<Path extends string, Q extends z.ZodType, B extends z.ZodType, A extends z.ZodType>
  extends RouteFacts {
  readonly path: Path;
  /** What the parts of the address are. */
  readonly params?: { readonly [name in Params<Path>]: string };
  readonly query?: Lazy<Q>;
  readonly body?: Lazy<B>;
  /** By HTTP status; an answer has the first of them. `undefined`: without content. */
  readonly answers: Readonly<Record<number, Lazy<A> | undefined>>;
}

/** A route of the API: validation, access, the description in OpenAPI, and the check of its answers in tests are made of it. */
export interface ApiRoute extends RouteFacts {
  readonly path: string;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Lazy | undefined;
  readonly body: Lazy | undefined;
  readonly answers: Readonly<Record<number, Lazy | undefined>>;
  readonly handler: (ask: Ask) => unknown;
}

/** Defines a route of the API. `handler` returns the answer, or throws a RequestError. */
export function apiRoute<
  const Path extends string,
  A extends z.ZodType,
  Q extends z.ZodType = z.ZodType<unknown>,
  B extends z.ZodType = z.ZodType<unknown>,
>(
  spec: RouteSpec<Path, Q, B, A>,
  handler: (
    ask: Ask<Params<Path>, z.output<Q>, z.output<B>>,
  ) => z.input<A> | undefined | Promise<z.input<A> | undefined>,
): ApiRoute {
  const { params = {}, query, body, ...facts } = spec;
  return { ...facts, params, query, body, handler: handler as ApiRoute['handler'] };
}
