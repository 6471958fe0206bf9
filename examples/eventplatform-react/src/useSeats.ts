import { useCallback, useEffect, useMemo, useState } from 'react';
import { listCategories } from './api';
import type { Messages, TicketCategory } from './types';
import { useLoaded } from './useLoaded';
import { useMessage } from './useRealtime';
import type { Realtime } from './useRealtime';

type Update = Messages['availability-update'];
export type Seats = TicketCategory & { free: number; locked: number };

/** The ticket categories of an event: as asked for once, then as each message says. A new connection asks again, for it may have missed some. */
export function useSeats(socket: Realtime | null, event: number) {
  const { data, error, reload } = useLoaded(() => listCategories(event), `${event} ${socket?.id ?? ''}`);
  const [updates, setUpdates] = useState<Record<number, Update>>({});
  useEffect(() => {
    setUpdates({});
    socket?.emit('join-event-room', { eventId: event });
  }, [socket, event]);
  useMessage(
    socket,
    'availability-update',
    useCallback((update: Update) => update.eventId === event && setUpdates((all) => ({ ...all, [update.categoryId]: update })), [event]),
  );
  const seats = useMemo(
    () =>
      data?.map((category): Seats => {
        const update = updates[category.id];
        return { ...category, free: update?.availableTickets ?? category.availableSeats, locked: update?.lockedTickets ?? 0 };
      }) ?? null,
    [data, updates],
  );
  return { seats, error, reload };
}
