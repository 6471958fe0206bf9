/**
 * Steers a running Understudy mock from a test or a page: `const mock = new Understudy('http://localhost:3000')`.
 * An ES module without dependencies, for Node 18+ and browsers. Served by the mock at /__admin/client.js; types at /__admin/client.d.ts.
 */

const ROOT = '/__admin'
const DEFAULT = 'default'
const HEADER = 'X-Understudy-World'
const COOKIE = 'understudy_world'
const LOOPBACK = ['localhost', '127.0.0.1']
const PAUSE = 20 // milliseconds between two looks at the log
const UNITS = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86400 }

/** A mock that refused what it was asked for, or (status 0) that did not answer. */
export class UnderstudyError extends Error {
  constructor(status, message, violations = []) {
    super(message)
    this.name = 'UnderstudyError'
    this.status = status
    this.violations = violations
  }
}

/** The seconds of a number of them, or of a text such as 500ms, 90s, 5m, 2h or 1d. */
export function seconds(duration) {
  const [, number, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)?$/.exec(String(duration)) ?? []
  if (number === undefined) throw new UnderstudyError(0, `'${duration}' is no duration. Valid: seconds such as 90, or 500ms, 90s, 5m, 2h, 1d.`)
  return Number(number) * UNITS[unit ?? 's']
}

const part = (name) => encodeURIComponent(String(name))
const instant = (at) => (at instanceof Date ? at.toISOString() : at)
const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds))
const given = (values) => Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined))

/** A world of the mock at a URL, that of any of its services. */
export class Understudy {
  #send
  #token

  constructor(url, { world = DEFAULT, token, fetch = globalThis.fetch } = {}) {
    this.url = String(url).split(ROOT)[0].replace(/\/+$/, '')
    this.name = world
    this.#token = token
    this.fetch = (...call) => fetch(...call)
    this.#send = (method, path, body, query) => this.#exchange(method, path, body, query)
    this.clock = new Clock(this.#send)
    this.requests = new Requests(this.#send)
    this.faults = new Faults(this.#send)
    this.scenarios = new Scenarios(this.#send)
    this.snapshots = new Snapshots(this.#send)
    this.sockets = new Sockets(this.#send)
    this.worlds = new Worlds(this.#send, (name) => new Understudy(this.url, { world: name, token, fetch }))
  }

  /** The address whose path carries the world, for clients that send neither header nor cookie. */
  get base() {
    return this.name === DEFAULT ? this.url : `${this.url}/__world/${this.name}`
  }

  /** What a client sends with each request to be in this world. */
  get headers() {
    return this.name === DEFAULT ? {} : { [HEADER]: this.name }
  }

  /** As `headers`, for what sends cookies only, such as a browser's WebSocket. */
  get cookies() {
    return this.name === DEFAULT ? {} : { [COOKIE]: this.name }
  }

  async #open(method, path, { body, query, signal } = {}) {
    const asked = Object.keys(query ?? {}).length ? `?${new URLSearchParams(query)}` : ''
    const headers = { ...this.headers, ...(this.#token ? { Authorization: `Bearer ${this.#token}` } : {}) }
    if (body !== undefined) headers['Content-Type'] = 'application/json'
    try {
      return await this.fetch(`${this.url}${ROOT}${path}${asked}`, { method, headers, signal, body: body === undefined ? undefined : JSON.stringify(body) })
    } catch (error) {
      if (error.name === 'AbortError') throw error
      throw new UnderstudyError(0, `No mock answers at ${this.url}: ${error.cause?.code ?? error.message}. Start one: understudy mock`)
    }
  }

  async #exchange(method, path, body, query) {
    const answer = await this.#open(method, path, { body, query })
    return (await accepted(this.url, answer)).json()
  }

  /** What a client needs in development: services, accounts, secrets, lines of a `.env`. */
  health() {
    return this.#send('GET', '/health')
  }

  /** The world as seeded, without faults and log; its sockets are closed. */
  reset({ now } = {}) {
    return this.#send('POST', '/reset', given({ now: instant(now) }))
  }

  /** The rows of a collection; without one, how many each has. */
  state(collection) {
    return collection === undefined ? this.#send('GET', '/state') : new Collection(this.#send, collection)
  }

  /** Brings a prepared situation about, on top of what is there. */
  scenario(name, values = {}) {
    return this.scenarios.apply(name, values)
  }

  /** Pushes a declared message to a room, a socket or everyone. */
  emit(message, options = {}) {
    return this.#send('POST', '/emit', { message, ...given(options) })
  }

  /** Tells a listener what happens from now on, `listener({ type, data, id })`; resolves to a function that ends it. */
  async events(listener, { all = false, onerror = () => {} } = {}) {
    const ending = new AbortController()
    const answer = await this.#open('GET', '/events', { query: all ? { all: 'true' } : {}, signal: ending.signal })
    const stream = (await accepted(this.url, answer)).body
    let greeted
    const hello = new Promise((done) => (greeted = done))
    read(stream, (event) => (event.type === 'hello' ? greeted() : listener(event)))
      .catch((error) => ending.signal.aborted || onerror(error))
      .finally(greeted)
    await hello
    return () => ending.abort()
  }

  /** A world of its own, as seeded: with a new name, or one by name that is begun again if it is there. */
  async world(name) {
    try {
      return await this.worlds.create({ name })
    } catch (error) {
      const there = error.status === 409 && (await this.worlds.list()).some((world) => world.name === name)
      if (!there) throw error
    }
    const found = this.worlds.of(name)
    await found.reset()
    return found
  }

  /** Forgets this world; its sockets are closed. The default one can only be reset. */
  end() {
    return this.worlds.delete(this.name)
  }

  /**
   * Puts a Playwright BrowserContext into this world: the header for its requests, the cookie for its WebSocket handshakes.
   * Returns this. headers: others that the context shall send, for Playwright keeps one set; hosts: where else services are.
   */
  async attach(context, { headers = {}, hosts = [] } = {}) {
    await context.setExtraHTTPHeaders({ ...headers, ...this.headers })
    const cookies = Object.entries(this.cookies)
    const domains = this.#hosts(hosts)
    await context.addCookies(cookies.flatMap(([name, value]) => domains.map((domain) => ({ name, value, domain, path: '/' }))))
    return this
  }

  /**
   * Puts a Cypress test into this world, called in a test or in beforeEach: `world.cypress(cy)`.
   * The cookie goes with WebSocket handshakes, the header with all requests to the mock's hosts.
   */
  cypress(cy, { hosts = [] } = {}) {
    const own = this.#hosts(hosts)
    const headers = this.headers
    for (const [name, value] of Object.entries(this.cookies)) own.forEach((domain) => cy.setCookie(name, value, { domain, path: '/' }))
    cy.intercept({ url: /.*/, middleware: true }, (request) => {
      if (own.includes(new URL(request.url).hostname)) Object.assign(request.headers, headers)
    })
    return this
  }

  #hosts(others) {
    const { hostname } = new URL(this.url)
    return [...new Set([...(LOOPBACK.includes(hostname) ? LOOPBACK : [hostname]), ...others])]
  }
}

async function accepted(url, answer) {
  const isJson = (answer.headers.get('content-type') ?? '').startsWith('application/json')
  const isStream = (answer.headers.get('content-type') ?? '').startsWith('text/event-stream')
  if (answer.ok && (isJson || isStream)) return answer
  const said = isJson ? await answer.json().catch(() => ({})) : {}
  if (typeof said.error === 'string' && Array.isArray(said.violations)) throw new UnderstudyError(answer.status, said.error, said.violations)
  const what = `what is there has no control API (status ${answer.status})`
  throw new UnderstudyError(0, `No mock answers at ${url}: ${what}. Start one: understudy mock`)
}

/** Reads server-sent events to the end of a stream. */
async function read(stream, tell) {
  const reader = stream.getReader()
  const decoder = new TextDecoder()
  for (let text = ''; ; ) {
    const { value, done } = await reader.read()
    if (done) return
    const blocks = (text + decoder.decode(value, { stream: true })).split('\n\n')
    text = blocks.pop()
    blocks.map(parsed).filter(Boolean).forEach(tell)
  }
}

/** One event; undefined for a comment that only shows that the connection is alive. */
function parsed(block) {
  const fields = Object.fromEntries(block.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]))
  if (fields.event === undefined) return undefined
  return { type: fields.event, data: JSON.parse(fields.data), id: fields.id === undefined ? undefined : Number(fields.id) }
}

class Part {
  constructor(send) {
    Object.defineProperty(this, 'send', { value: send })
  }
}

/** The clock of a world. What falls due by a move happens before the call resolves. */
class Clock extends Part {
  state() {
    return this.send('GET', '/clock')
  }

  async now() {
    return new Date((await this.state()).now)
  }

  /** Stands still: here, or at an instant. */
  freeze(at) {
    return this.send('PUT', '/clock', given({ frozen: true, now: instant(at) }))
  }

  /** Runs on from here; rate: virtual seconds in a real one. */
  run(rate = 1) {
    return this.send('PUT', '/clock', { frozen: false, rate })
  }

  /** Jumps ahead by seconds, or by a text such as 5m. */
  async advance(duration) {
    return this.send('POST', '/clock/advance', { seconds: seconds(duration) })
  }

  reset() {
    return this.send('POST', '/clock/reset')
  }
}

/** The rows of a collection. */
class Collection extends Part {
  constructor(send, name) {
    super(send)
    this.name = name
    this.path = `/state/${part(name)}`
  }

  list() {
    return this.send('GET', this.path)
  }

  get(key) {
    return this.send('GET', `${this.path}/${part(key)}`)
  }

  create(fields) {
    return this.send('POST', this.path, fields)
  }

  update(key, fields) {
    return this.send('PATCH', `${this.path}/${part(key)}`, fields)
  }

  /** Gives a row other fields; those that are not named are lost. */
  replace(key, fields) {
    return this.send('PUT', `${this.path}/${part(key)}`, fields)
  }

  delete(key) {
    return this.send('DELETE', `${this.path}/${part(key)}`)
  }
}

/** The log of a world: requests with their answers, and frames of sockets. */
class Requests extends Part {
  all() {
    return this.find()
  }

  async find(criteria = {}) {
    return (await this.send('POST', '/requests/find', criteria)).requests
  }

  async count(criteria = {}) {
    return (await this.send('POST', '/requests/count', criteria)).count
  }

  async clear() {
    return (await this.send('DELETE', '/requests')).count
  }

  /** The lines that fit, as soon as there are `count`; rejects after `timeout` milliseconds. */
  async waitFor(criteria = {}, { count = 1, timeout = 5000 } = {}) {
    const end = Date.now() + timeout
    while ((await this.count(criteria)) < count) {
      if (Date.now() >= end) throw new UnderstudyError(0, await this.#lacking(criteria, count, timeout))
      await pause(PAUSE)
    }
    return this.find(criteria)
  }

  async #lacking(criteria, count, timeout) {
    const lines = (await this.all()).map((line) => (line.kind === 'exchange' ? `${line.method} ${line.path} ${line.status}` : `${line.direction} ${line.message}`))
    const last = lines.slice(-5).join('; ') || 'nothing'
    return `${await this.count(criteria)} of ${count} lines that fit ${JSON.stringify(criteria)} after ${timeout} ms. The log of ${lines.length} lines ends with: ${last}.`
  }
}

/** The faults of a world. */
class Faults extends Part {
  /** Declares one: `add({ kind: 'status', status: 503, match: { operation: 'listEvents' } })`. */
  add(fault) {
    return this.send('POST', '/faults', fault)
  }

  list() {
    return this.send('GET', '/faults')
  }

  get(fault) {
    return this.send('GET', `/faults/${part(fault.id ?? fault)}`)
  }

  remove(fault) {
    return this.send('DELETE', `/faults/${part(fault.id ?? fault)}`)
  }

  async clear() {
    return (await this.send('DELETE', '/faults')).count
  }

  /** Has a fault strike while something is done, and takes it away afterwards. */
  async during(fault, act) {
    const declared = await this.add(fault)
    try {
      return await act(declared)
    } finally {
      await this.remove(declared).catch(() => {}) // it may be over by itself, or by a reset
    }
  }
}

/** Prepared situations. */
class Scenarios extends Part {
  list() {
    return this.send('GET', '/scenarios')
  }

  apply(name, values = {}) {
    return this.send('POST', `/scenarios/${part(name)}`, { given: values })
  }
}

/** State kept under names; all worlds of a backend share them. */
class Snapshots extends Part {
  list() {
    return this.send('GET', '/snapshots')
  }

  save(name) {
    return this.send('POST', `/snapshots/${part(name)}`)
  }

  restore(name) {
    return this.send('POST', `/snapshots/${part(name)}/restore`)
  }

  delete(name) {
    return this.send('DELETE', `/snapshots/${part(name)}`)
  }

  /** One as the JSON of a file, without what is secret. */
  export(name) {
    return this.send('GET', `/snapshots/${part(name)}`)
  }

  import(name, file) {
    return this.send('PUT', `/snapshots/${part(name)}`, file)
  }
}

/** The open sockets of a world. */
class Sockets extends Part {
  list() {
    return this.send('GET', '/sockets')
  }

  kick(socket, how = {}) {
    return this.send('POST', `/sockets/${part(socket.id ?? socket)}/kick`, how)
  }
}

/** The worlds of a mock. */
class Worlds extends Part {
  constructor(send, of) {
    super(send)
    this.of = of
  }

  list() {
    return this.send('GET', '/worlds')
  }

  /** A new world, as seeded or from a snapshot; resolves to its client. */
  async create({ name, snapshot, now } = {}) {
    return this.of((await this.send('POST', '/worlds', given({ name, snapshot, now: instant(now) }))).name)
  }

  delete(name) {
    return this.send('DELETE', `/worlds/${part(name)}`)
  }
}
