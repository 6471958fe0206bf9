import { useState } from 'react';
import { buy, getEvent, reason } from './api';
import { Failure } from './Failure';
import { LockPanel } from './LockPanel';
import { Orders } from './Orders';
import { SeatTable } from './SeatTable';
import { day } from './text';
import type { Session } from './types';
import { useLoaded } from './useLoaded';
import { useLock } from './useLock';
import { useOrders } from './useOrders';
import type { Realtime } from './useRealtime';
import { useSeats } from './useSeats';

interface Props {
  id: number;
  session: Session | null;
  socket: Realtime | null;
}

export function EventPage({ id, session, socket }: Props) {
  const { data: event, error, reload } = useLoaded(() => getEvent(id), id);
  if (error) return <Failure text={error} again={reload} />;
  if (!event) return <p role="status">Loading …</p>;
  return (
    <article>
      <h1>{event.eventName}</h1>
      <p>
        <time dateTime={event.eventDate}>{day(event.eventDate)}</time>
        {event.location && `, ${event.location}`}
      </p>
      {event.description && <p>{event.description}</p>}
      {session ? <Shop id={id} session={session} socket={socket} /> : <Seats id={id} />}
    </article>
  );
}

/** What somebody sees who is not signed in: no socket, so no news. */
function Seats({ id }: { id: number }) {
  const { seats, error, reload } = useSeats(null, id);
  return error ? <Failure text={error} again={reload} /> : <SeatTable seats={seats} />;
}

function Shop({ id, session, socket }: Props & { session: Session }) {
  const { seats, error, reload } = useSeats(socket, id);
  const { lock, waiting, refusal, take, free, forget } = useLock(socket, id);
  const orders = useOrders(socket, session);
  const [failure, setFailure] = useState<string | null>(null);

  async function pay() {
    if (!lock) return;
    setFailure(null);
    try {
      await buy(session.access_token, { eventId: id, categoryId: lock.category, quantity: lock.quantity, lockId: lock.id });
      forget();
      orders.reload();
    } catch (problem) {
      setFailure(reason(problem));
    }
  }

  return (
    <>
      {error && <Failure text={error} again={reload} />}
      <SeatTable seats={seats} take={socket && !lock && !waiting ? take : null} />
      {(refusal ?? failure) && <p role="alert">{refusal ?? failure}</p>}
      {lock && <LockPanel key={lock.id} lock={lock} name={seats?.find((item) => item.id === lock.category)?.categoryName ?? ''} pay={pay} free={free} over={forget} />}
      <Orders orders={orders.orders} error={orders.error} again={orders.reload} />
    </>
  );
}
