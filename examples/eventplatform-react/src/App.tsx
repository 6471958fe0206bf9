import { useEffect, useState } from 'react';
import { EventList } from './EventList';
import { EventPage } from './EventPage';
import { SignIn } from './SignIn';
import { useRealtime } from './useRealtime';
import { useSession } from './useSession';

/** The event that the address names: `#/events/1`. */
function useEventId(): number | null {
  const read = () => Number(/^#\/events\/(\d+)$/.exec(location.hash)?.[1]) || null;
  const [id, setId] = useState(read);
  useEffect(() => {
    const follow = () => setId(read());
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, []);
  return id;
}

export function App() {
  const { session, enter, leave } = useSession();
  const socket = useRealtime(session);
  const event = useEventId();
  return (
    <>
      <header className="bar">
        <a className="home" href="#/">
          Tickets
        </a>
        {session && (
          <p>
            <span className={socket ? 'live on' : 'live'} role="status">
              {socket ? 'live' : 'connecting'}
            </span>
            <span className="who">{session.user.username}</span>
            <button type="button" className="quiet" onClick={leave}>
              Sign out
            </button>
          </p>
        )}
      </header>
      <main>
        {!session && <SignIn enter={enter} />}
        {event === null ? <EventList /> : <EventPage key={event} id={event} session={session} socket={socket} />}
      </main>
    </>
  );
}
