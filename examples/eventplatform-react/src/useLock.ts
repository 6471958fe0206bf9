import { useCallback, useEffect, useState } from 'react';
import type { Messages } from './types';
import { useMessage } from './useRealtime';
import type { Realtime } from './useRealtime';

export interface Lock {
  id: string;
  category: number;
  quantity: number;
  expires: number; // milliseconds since 1970
}

type Wanted = Pick<Lock, 'category' | 'quantity'>;

/** The lock that this page holds in an event. It ends with the socket, with its time, or when it is used. */
export function useLock(socket: Realtime | null, event: number) {
  const [wanted, setWanted] = useState<Wanted | null>(null);
  const [lock, setLock] = useState<Lock | null>(null);
  const [refusal, setRefusal] = useState<string | null>(null);
  const forget = useCallback(() => setLock(null), []);

  const take = (category: number, quantity: number) => {
    setRefusal(null);
    setWanted({ category, quantity });
    socket?.emit('lock-tickets', { eventId: event, categoryId: category, quantity });
  };
  const free = () => lock && socket?.emit('unlock-tickets', { eventId: event, categoryId: lock.category });

  useMessage(
    socket,
    'lock-tickets-response',
    useCallback(
      (answer: Messages['lock-tickets-response']) => {
        if (!answer.success) setRefusal(answer.message);
        else if (wanted) setLock({ ...wanted, id: answer.lockId, expires: Date.parse(answer.expiresAt) });
        setWanted(null);
      },
      [wanted],
    ),
  );
  useMessage(
    socket,
    'unlock-tickets-response',
    useCallback((answer: Messages['unlock-tickets-response']) => (answer.success ? setLock(null) : setRefusal(answer.message)), []),
  );
  useMessage(
    socket,
    'error',
    useCallback((answer: Messages['error']) => setRefusal(answer.message), []),
  );
  useEffect(() => {
    setWanted(null);
    setLock(null);
  }, [socket, event]);
  return { lock, waiting: wanted !== null, refusal, take, free, forget };
}

/** Seconds until an instant, 0 when it has passed. */
export function useSecondsUntil(instant: number): number {
  const left = () => Math.max(0, Math.ceil((instant - Date.now()) / 1000));
  const [seconds, setSeconds] = useState(left);
  useEffect(() => {
    setSeconds(left());
    const timer = setInterval(() => setSeconds(left()), 250);
    return () => clearInterval(timer);
    // eslint-disable-next-line react-hooks/exhaustive-deps -- left depends on the instant alone
  }, [instant]);
  return seconds;
}
