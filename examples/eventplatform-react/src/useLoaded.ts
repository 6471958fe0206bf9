import { useCallback, useEffect, useState } from 'react';
import { reason } from './api';

export interface Loaded<T> {
  data: T | null;
  error: string | null;
  reload: () => void;
}

/** What a call answers, asked again when `key` changes. An answer that comes too late is dropped. */
export function useLoaded<T>(load: () => Promise<T>, key: unknown): Loaded<T> {
  const [state, setState] = useState<{ data: T | null; error: string | null }>({ data: null, error: null });
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    let wanted = true;
    load().then(
      (data) => wanted && setState({ data, error: null }),
      (error: unknown) => wanted && setState({ data: null, error: reason(error) }),
    );
    return () => {
      wanted = false;
    };
    // eslint-disable-next-line react-hooks/exhaustive-deps -- load is a new function each time; key says when it is another
  }, [key, turn]);
  return { ...state, reload: useCallback(() => setTurn((now) => now + 1), []) };
}
