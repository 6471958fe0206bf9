"""What every module of handlers exports, as declarations: the same for all contracts, over the types that a contract's own text defines."""

__all__ = ["API", "NAMES"]

# Every name that the text below declares or uses, so that no schema takes it.
_NAMES = (
    "Answers Body Channels ClientMessages Clock Control Fault HttpHandler HttpResponseResolver Instant Listeners Messages Mock Operation OperationId "
    "Operations Options Resolver Scenario Service Snapshot Switch WebSocketHandler Words createHandlers createHandlersOf"
)
NAMES = frozenset(_NAMES.split())

API = """\
/** An instant: a date, milliseconds since 1970, or text as in ISO 8601. */
export type Instant = Date | number | string;

export interface Options {
  /** Where a service is called, such as `{ api: 'https://api.example.com' }`, or `'/'` for the page's own origin. Default: localhost on its port. */
  baseUrls?: Partial<Record<Service, string>>;
  /** What random values come from; the same seed, the same ids. */
  seed?: string | number;
  /** Milliseconds that every answer takes, or the least and the most. */
  latency?: number | [number, number];
  /** Situations to begin with, and to begin with again after `reset`. */
  scenario?: Scenario | Scenario[];
  /** When it is at the start. Default: now. */
  now?: Instant;
  /** Whether a path that no operation has is answered 404, or left to others. Default: to others only at the page's own origin. */
  unknown?: 'answer' | 'pass';
  /** What the backend's settings switch on or off. */
  switches?: Partial<Record<Switch, boolean>>;
}

/** State at one moment, to look at. `restore` takes the object itself, not a copy. */
export interface Snapshot {
  readonly now: string;
  /** Rows as they are stored, by collection. */
  readonly rows: { readonly [collection: string]: ReadonlyArray<Record<string, any>> };
}

export interface Clock {
  readonly now: Date;
  /** Time stands still, at an instant or where it is. */
  freeze(at?: Instant): void;
  /** Time goes on from here, faster or slower than real time. */
  run(rate?: number): void;
  /** Moves time on by milliseconds, or by text such as `'5m'`. What falls due happens. */
  advance(duration: string | number): void;
  /** Runs as at the start. */
  reset(): void;
}

type Words = string | readonly string[];

/** What goes wrong on purpose: how, for what (one word, several, or with `*`), how often and for how long. */
export interface Fault {
  kind: 'latency' | 'status' | 'rate' | 'reset' | 'truncate' | 'break' | 'drop' | 'delay' | 'duplicate' | 'reorder' | 'kick';
  match?: { operation?: Words; method?: Words; path?: Words; service?: Words; message?: Words; channel?: Words; [fact: string]: unknown };
  /** From 0 to 1. Default: 1. */
  probability?: number;
  /** How often it strikes at most. */
  times?: number;
  /** How long it lasts: seconds, or text such as `'5m'`. */
  ttl?: string | number;
  /** What its kind needs: `status`, `ms`, `min` and `max`, `code`, ... */
  [setting: string]: unknown;
}

/** One operation; only those that you import end up in your bundle. */
export interface Operation<N extends OperationId = OperationId> {
  readonly id: N;
}

export type OperationId = keyof Operations;

/** The bodies that an operation is documented to answer with. */
export type Answers<N extends OperationId> = Operations[N]['responses'][keyof Operations[N]['responses']];

/** Answers in place of an operation: a resolver of MSW with the operation's types. */
export type Resolver<N extends OperationId> = HttpResponseResolver<
  { [name in keyof Operations[N]['parameters']['path']]: string },
  Body<Operations[N]['body']>,
  Body<Answers<N>>
>;

/** A body as MSW takes it. */
export type Body<T> = unknown extends T ? any : T extends Record<string, any> | string | number | boolean | null | undefined ? T : never;

/** Messages as functions that take their data, as socket.io-client wants them: `Socket<Listeners<Messages>, Listeners<ClientMessages>>`. */
export type Listeners<M> = { [name in keyof M]: (...data: undefined extends M[name] ? [data?: M[name]] : [data: M[name]]) => void };

export interface Control {
  /** The handlers alone. */
  readonly handlers: Array<HttpHandler | WebSocketHandler>;
  readonly clock: Clock;
  /** All as at the start: rows, clock, faults and overrides. Sockets are closed, as by a restart. */
  reset(): void;
  snapshot(): Snapshot;
  /** State as a snapshot has it. Sockets are closed. */
  restore(snapshot: Snapshot): void;
  /** Brings a situation about, on top of what is there. given: values for its names, such as `{ event: 5 }`. */
  scenario(name: Scenario, given?: Record<string, unknown>): void;
  /** Declares a fault, until it is over or `reset`; its id. */
  fault(fault: Fault): string;
  /** Sends a message to the sockets of a room, or to all; how many got it. */
  emit<N extends keyof Messages>(name: N, data: Messages[N], options?: { room?: string }): number;
  /** Answers one operation otherwise, until `reset`. Where the resolver returns nothing, the answer is as usual. */
  override<N extends OperationId>(operationId: N, resolver: Resolver<N>): void;
  /** The handler of one operation. */
  handler(operationId: OperationId): HttpHandler;
}

/** Handlers for `setupServer(...mock)` and `setupWorker(...mock)`, and what steers them. */
export type Mock = Array<HttpHandler | WebSocketHandler> & Control;

/** All operations and channels, over one state. */
export declare function createHandlers(options?: Options): Mock;

/** Some operations. */
export declare function createHandlersOf(operations: readonly Operation[], options?: Options): Mock;
"""
