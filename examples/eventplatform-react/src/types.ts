/** The shapes of the backend, as its documents have them. */
export type {
  Credentials, Event, Messages, ClientMessages, Listeners, Order, OrderWithLock, Session, TicketCategory, User,
} from '../../../fixtures/exported/eventplatform/handlers.js';
