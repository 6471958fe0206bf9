// Seat locks as an ordinary developer would write them with Node's socket.io, its defaults: what benchmarks/stock_socketio.py does, in JavaScript.
// node socketio.mjs PORT
import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import { Server } from 'socket.io'

const HOLD = 5 * 60 * 1000
const seats = new Map([['1:1', 75], ['1:2', 500]])
const locks = new Map()
const held = new Map()

const http = createServer()
const realtime = new Server(http).of('/realtime')

realtime.use((socket, next) => (/^\d+$/.test(socket.handshake.query.userId ?? '') ? next() : next(new Error('Unauthorized'))))

function announce(eventId, categoryId) {
  const totalTickets = seats.get(`${eventId}:${categoryId}`)
  const lockedTickets = held.get(categoryId) ?? 0
  const update = { eventId, categoryId, availableTickets: totalTickets - lockedTickets, lockedTickets, totalTickets }
  realtime.to(`event:${eventId}`).emit('availability-update', { ...update, timestamp: new Date().toISOString() })
}

function lock(socket, user, { eventId, categoryId, quantity }) {
  const refuse = (message) => socket.emit('lock-tickets-response', { success: false, message })
  const total = seats.get(`${eventId}:${categoryId}`)
  if (total === undefined || !Number.isInteger(quantity) || quantity < 1) return refuse('Ticket category not found')
  const free = total - (held.get(categoryId) ?? 0)
  if (locks.has(`${user}:${categoryId}`) || quantity > free) return refuse('Not enough tickets available')
  held.set(categoryId, total - free + quantity)
  const made = { lockId: randomUUID(), quantity, expiresAt: new Date(Date.now() + HOLD).toISOString() }
  locks.set(`${user}:${categoryId}`, made)
  socket.emit('lock-tickets-response', { success: true, lockId: made.lockId, expiresAt: made.expiresAt, availableTickets: free - quantity })
  announce(eventId, categoryId)
}

function unlock(socket, user, { eventId, categoryId }) {
  const lost = locks.get(`${user}:${categoryId}`)
  if (!lost) return socket.emit('unlock-tickets-response', { success: false, message: 'You have no lock in this category' })
  locks.delete(`${user}:${categoryId}`)
  held.set(categoryId, held.get(categoryId) - lost.quantity)
  socket.emit('unlock-tickets-response', { success: true })
  announce(eventId, categoryId)
}

realtime.on('connection', (socket) => {
  const user = Number(socket.handshake.query.userId)
  socket.emit('connected', { success: true, sessionId: socket.id, message: 'Connected to realtime service' })
  socket.on('join-event-room', ({ eventId }) => {
    socket.join(`event:${eventId}`)
    socket.emit('joined-event-room', { success: true, eventId, message: 'Joined event room' })
  })
  socket.on('lock-tickets', (data) => lock(socket, user, data))
  socket.on('unlock-tickets', (data) => unlock(socket, user, data))
})

http.listen(Number(process.argv[2]), '127.0.0.1')
