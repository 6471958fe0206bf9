/** Types of understudy.js: steers a running Understudy mock from a test or a page. */

export type Row = Record<string, unknown>
export type Key = string | number
/** Seconds, or a text such as 500ms, 90s, 5m, 2h, 1d. */
export type Duration = number | string
/** RFC 3339, such as 2026-11-21T12:00:00Z. */
export type Instant = string | Date

export interface Violation {
  pointer: string
  rule: string
  message: string
  expected?: unknown
  got?: unknown
}

/** A mock that refused what it was asked for, or (status 0) that did not answer. */
export class UnderstudyError extends Error {
  constructor(status: number, message: string, violations?: Violation[])
  readonly status: number
  readonly violations: Violation[]
}

/** The seconds of a duration. Throws UnderstudyError. */
export function seconds(duration: Duration): number

export interface Options {
  /** The world's name; made when it is first used. Default: default. */
  world?: string
  /** What the control API asks for, if it does. */
  token?: string
  fetch?: typeof fetch
}

export interface ClockState {
  now: string
  frozen: boolean
  /** Virtual seconds in a real one. */
  rate: number
}

export interface Channel {
  transport: 'WebSocket' | 'Socket.IO'
  url: string
  path?: string
}

export interface Service {
  name: string
  url: string
  /** Where the paths of its document begin. */
  base: string
  purpose: string
  docs: string | null
  operations: number
  channels: Channel[]
}

export interface Account {
  login: string
  password: string
  role: string | null
  note: string | null
}

export interface Health {
  status: 'ready'
  version: string
  backend: string
  title: string
  services: Service[]
  accounts: Account[]
  secrets: Record<string, unknown>
  environment: string[]
  worlds: number
  world: string
  ui: string
}

/** Which lines of the log are meant. Texts may hold `*`. */
export interface Criteria {
  kind?: 'exchange' | 'frame'
  service?: string
  method?: string
  path?: string
  operation?: string
  status?: number
  user?: string
  stage?: string
  direction?: 'in' | 'out'
  channel?: string
  message?: string
  room?: string
  socket?: string
  violations?: boolean
  /** What a body holds at least. */
  body?: unknown
  /** What is mentioned anywhere. */
  text?: string
  /** A line's id; only later ones. */
  after?: number
}

export interface Line {
  id: number
  at: string
  world: string
  service: string
  kind: 'exchange' | 'frame'
  method?: string
  path?: string
  query?: string
  operation?: string
  status?: number
  user?: string
  direction?: 'in' | 'out'
  channel?: string
  message?: string
  room?: string
  data?: unknown
  request?: { headers: Record<string, string>; body?: unknown }
  response?: { headers: Record<string, string>; body?: unknown }
  violations?: Violation[]
  faults?: string[]
  [more: string]: unknown
}

type Texts = string | string[]

/** What a fault of requests hits. Without any it hits everything. */
export interface RequestMatch {
  service?: Texts
  user?: Texts
  operation?: Texts
  method?: Texts
  path?: Texts
  tag?: Texts
}

/** What a fault of frames hits. */
export interface FrameMatch {
  service?: Texts
  user?: Texts
  message?: Texts
  channel?: Texts
  direction?: 'in' | 'out'
  socket?: Texts
}

interface Common {
  id?: string
  probability?: number
  /** Seconds, or a duration such as 5m, on the world's clock. */
  ttl?: Duration
  times?: number
}

interface Waiting {
  ms?: number
  min?: number
  max?: number
  median?: number
  sigma?: number
}

interface OfRequests extends Common {
  match?: RequestMatch
}

interface OfFrames extends Common {
  match?: FrameMatch
}

export type NewFault =
  | ({ kind: 'latency' } & Waiting & OfRequests)
  | ({ kind: 'status'; status: number; detail?: string; retryAfter?: number } & OfRequests)
  | ({ kind: 'rate'; limit?: number; per?: string } & OfRequests)
  | ({ kind: 'reset'; at?: 'request' | 'response' } & OfRequests)
  | ({ kind: 'truncate'; bytes?: number; part?: number } & OfRequests)
  | ({ kind: 'break' } & OfRequests)
  | ({ kind: 'drop' } & OfFrames)
  | ({ kind: 'delay' } & Waiting & OfFrames)
  | ({ kind: 'duplicate'; copies?: number } & OfFrames)
  | ({ kind: 'reorder' } & OfFrames)
  | ({ kind: 'kick'; code?: number; reason?: string } & OfFrames)

export interface Fault {
  id: string
  kind: NewFault['kind']
  match: RequestMatch & FrameMatch
  probability: number
  /** How often it struck. */
  hits: number
  until?: string
  times?: number
  [setting: string]: unknown
}

export interface Scenario {
  name: string
  title: string
  about: string
  given: Record<string, unknown>
}

export interface Applied {
  name: string
  title: string
  rows: number
  faults: string[]
}

export interface Snapshot {
  name: string
  saved: string
  now: string
  rows: number
  timers: number
}

export interface SnapshotFile {
  understudy: 1
  saved?: string
  snapshots: Array<{ backend: string; name: string; now: number; rows: Record<string, Row[]>; [more: string]: unknown }>
}

export interface Socket {
  id: string
  channel: string
  account: unknown
  address: string
  opened: string
  rooms: string[]
}

export interface World {
  name: string
  now: string
  frozen: boolean
  rows: number
  sockets: number
  faults: number
  requests: number
  base: string
}

export interface Happening {
  type: string
  data: Record<string, unknown>
  id?: number
}

export interface Clock {
  state(): Promise<ClockState>
  now(): Promise<Date>
  freeze(at?: Instant): Promise<ClockState>
  run(rate?: number): Promise<ClockState>
  advance(duration: Duration): Promise<ClockState>
  reset(): Promise<ClockState>
}

export interface Collection<T = Row> {
  readonly name: string
  list(): Promise<T[]>
  get(key: Key): Promise<T>
  create(fields: Partial<T>): Promise<T>
  update(key: Key, fields: Partial<T>): Promise<T>
  replace(key: Key, fields: Partial<T>): Promise<T>
  delete(key: Key): Promise<T>
}

export interface Requests {
  all(): Promise<Line[]>
  find(criteria?: Criteria): Promise<Line[]>
  count(criteria?: Criteria): Promise<number>
  clear(): Promise<number>
  /** timeout: milliseconds. */
  waitFor(criteria?: Criteria, options?: { count?: number; timeout?: number }): Promise<Line[]>
}

export interface Faults {
  add(fault: NewFault): Promise<Fault>
  list(): Promise<Fault[]>
  get(fault: Fault | string): Promise<Fault>
  remove(fault: Fault | string): Promise<Fault>
  clear(): Promise<number>
  during<T>(fault: NewFault, act: (fault: Fault) => T | Promise<T>): Promise<T>
}

export interface Scenarios {
  list(): Promise<Scenario[]>
  apply(name: string, given?: Record<string, unknown>): Promise<Applied>
}

export interface Snapshots {
  list(): Promise<Snapshot[]>
  save(name: string): Promise<Snapshot>
  restore(name: string): Promise<Snapshot>
  delete(name: string): Promise<Snapshot>
  export(name: string): Promise<SnapshotFile>
  import(name: string, file: SnapshotFile): Promise<{ snapshot: Snapshot; unfit: string[] }>
}

export interface Sockets {
  list(): Promise<Socket[]>
  kick(socket: Socket | string, how?: { code?: number; reason?: string }): Promise<Socket>
}

export interface Worlds {
  list(): Promise<World[]>
  create(options?: { name?: string; snapshot?: string; now?: Instant }): Promise<Understudy>
  of(name: string): Understudy
  delete(name: string): Promise<World>
}

/** What `attach` needs of Playwright's BrowserContext. */
export interface Context {
  setExtraHTTPHeaders(headers: Record<string, string>): Promise<void>
  addCookies(cookies: Array<{ name: string; value: string; domain: string; path: string }>): Promise<void>
}

/** A world of the mock at a URL, that of any of its services. */
export class Understudy {
  constructor(url: string | URL, options?: Options)
  readonly url: string
  readonly name: string
  /** The address whose path carries the world, for clients that send neither header nor cookie. */
  readonly base: string
  /** What a client sends with each request to be in this world. */
  readonly headers: Record<string, string>
  /** As `headers`, for what sends cookies only. */
  readonly cookies: Record<string, string>
  readonly clock: Clock
  readonly requests: Requests
  readonly faults: Faults
  readonly scenarios: Scenarios
  readonly snapshots: Snapshots
  readonly sockets: Sockets
  readonly worlds: Worlds
  health(): Promise<Health>
  reset(options?: { now?: Instant }): Promise<{ world: string; now: string }>
  state(): Promise<Record<string, number>>
  state<T = Row>(collection: string): Collection<T>
  scenario(name: string, given?: Record<string, unknown>): Promise<Applied>
  emit(message: string, options?: { data?: unknown; row?: Key; room?: string; socket?: string }): Promise<{ sockets: number; data: unknown }>
  /** Tells a listener what happens from now on; resolves to a function that ends it. */
  events(listener: (event: Happening) => void, options?: { all?: boolean; onerror?: (error: unknown) => void }): Promise<() => void>
  /** A world of its own, as seeded: with a new name, or one by name that is begun again if it is there. */
  world(name?: string): Promise<Understudy>
  /** Forgets this world. */
  end(): Promise<World>
  /** Puts a Playwright BrowserContext into this world. */
  attach(context: Context, options?: { headers?: Record<string, string>; hosts?: string[] }): Promise<this>
  /** Puts a Cypress test into this world. */
  cypress(cy: unknown, options?: { hosts?: string[] }): this
}
