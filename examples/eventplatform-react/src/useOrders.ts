import { useCallback } from 'react';
import { listOrders } from './api';
import type { Session } from './types';
import { useLoaded } from './useLoaded';
import { useMessage } from './useRealtime';
import type { Realtime } from './useRealtime';

/** The orders of whoever is signed in, asked for again when one is said to be done or off. */
export function useOrders(socket: Realtime | null, session: Session) {
  const { data, error, reload } = useLoaded(() => listOrders(session.access_token), session);
  const again = useCallback(() => reload(), [reload]);
  useMessage(socket, 'order-completed', again);
  useMessage(socket, 'order-cancelled', again);
  return { orders: data, error, reload };
}
