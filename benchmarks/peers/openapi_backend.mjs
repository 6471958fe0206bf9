// The gateway as somebody would write it with openapi-backend: it routes and validates, own handlers answer with what the document has as examples.
// node openapi_backend.mjs PORT DOCUMENT
import { createServer } from 'node:http'
import { readFileSync } from 'node:fs'
import { OpenAPIBackend } from 'openapi-backend'

const [port, path] = process.argv.slice(2)
const api = new OpenAPIBackend({ definition: JSON.parse(readFileSync(path, 'utf8')), apiRoot: '/', quick: true, ajvOpts: { strict: false } })
const refusal = (status, error) => ({ status, mock: { statusCode: status, message: status === 400 ? 'Validation failed' : 'Unauthorized', error } })
const answers = new Map()

// Examples do not change, so each operation's answer is looked up once.
function answer(context) {
  const { operationId } = context.operation
  if (!answers.has(operationId)) answers.set(operationId, api.mockResponseForOperation(operationId))
  return answers.get(operationId)
}

api.registerSecurityHandler('bearer', (context) => /^Bearer \S+$/.test(context.request.headers.authorization ?? ''))
api.register({
  notImplemented: answer,
  notFound: () => ({ status: 404, mock: { statusCode: 404, message: 'Not Found', error: 'No such path' } }),
  unauthorizedHandler: () => refusal(401, 'Invalid Token!'),
  validationFail: (context) => refusal(400, context.validation.errors[0].message),
})
await api.init()

async function body(request) {
  const parts = []
  for await (const part of request) parts.push(part)
  return parts.length ? JSON.parse(Buffer.concat(parts)) : undefined
}

createServer(async (request, response) => {
  const url = new URL(request.url, 'http://localhost')
  const call = { method: request.method, path: url.pathname, query: url.search, headers: request.headers }
  if (request.method !== 'GET') call.body = await body(request)
  const { status, mock } = await api.handleRequest(call)
  const text = JSON.stringify(mock)
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) })
  response.end(text)
}).listen(Number(port), '127.0.0.1')
