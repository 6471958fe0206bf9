// Scalar's mock server as its manual starts it, without a log: node scalar.mjs PORT DOCUMENT
import { readFileSync } from 'node:fs'
import { serve } from '@hono/node-server'
import { createMockServer } from '@scalar/mock-server'

const [port, path] = process.argv.slice(2)
const app = await createMockServer({ document: JSON.parse(readFileSync(path, 'utf8')) })
serve({ fetch: app.fetch, port: Number(port), hostname: '127.0.0.1' })
