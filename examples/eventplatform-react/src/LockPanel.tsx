import { useEffect, useState } from 'react';
import { useSecondsUntil } from './useLock';
import type { Lock } from './useLock';

interface Props {
  lock: Lock;
  name: string;
  pay: () => Promise<void>;
  free: () => void;
  over: () => void;
}

export function LockPanel({ lock, name, pay, free, over }: Props) {
  const seconds = useSecondsUntil(lock.expires);
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    if (seconds === 0) over();
  }, [seconds, over]);
  return (
    <section className="card lock" aria-labelledby="lock">
      <h2 id="lock">
        {lock.quantity} × {name} are yours
      </h2>
      <p>
        for another{' '}
        <span role="timer">
          {Math.floor(seconds / 60)}:{String(seconds % 60).padStart(2, '0')}
        </span>
      </p>
      <p className="row">
        <button
          type="button"
          disabled={busy}
          onClick={() => {
            setBusy(true);
            void pay().finally(() => setBusy(false));
          }}
        >
          Buy
        </button>
        <button type="button" className="quiet" onClick={free}>
          Give back
        </button>
      </p>
    </section>
  );
}
