import { useEffect, useState } from 'react';
import { io } from 'socket.io-client';
import type { Socket } from 'socket.io-client';
import { REALTIME } from './backend';
import type { ClientMessages, Listeners, Messages, Session } from './types';

export type Realtime = Socket<Listeners<Messages>, Listeners<ClientMessages>>;
const BEAT = 30_000; // milliseconds, as the guide asks for

/** The socket of whoever is signed in, null until it is connected and while it is not. */
export function useRealtime(session: Session | null): Realtime | null {
  const [socket, setSocket] = useState<Realtime | null>(null);
  useEffect(() => {
    if (!session) return;
    const opened: Realtime = io(REALTIME, { query: { userId: session.user.id, token: session.access_token }, transports: ['websocket', 'polling'] });
    const beat = setInterval(() => opened.connected && opened.emit('heartbeat'), BEAT);
    opened.on('connected', () => setSocket(opened));
    opened.on('disconnect', () => setSocket(null));
    return () => {
      clearInterval(beat);
      opened.close();
      setSocket(null);
    };
  }, [session]);
  return socket;
}

/** Calls a function for each message of a name, while the component is there. */
export function useMessage<N extends keyof Messages>(socket: Realtime | null, name: N, take: (data: Messages[N]) => void): void {
  useEffect(() => {
    if (!socket) return;
    // The union of all names defeats the types of socket.io-client; ours say the same of one name.
    const listener = take as never;
    socket.on(name, listener);
    return () => {
      socket.off(name, listener);
    };
  }, [socket, name, take]);
}
