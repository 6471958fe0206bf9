import { useCallback, useState } from 'react';
import { signIn } from './api';
import type { Credentials, Session } from './types';

const KEY = 'session';

function kept(): Session | null {
  try {
    return JSON.parse(sessionStorage.getItem(KEY) ?? 'null') as Session | null;
  } catch {
    return null;
  }
}

/** Who is signed in, in this tab. */
export function useSession() {
  const [session, setSession] = useState(kept);
  const enter = useCallback(async (credentials: Credentials) => {
    const fresh = await signIn(credentials);
    sessionStorage.setItem(KEY, JSON.stringify(fresh));
    setSession(fresh);
  }, []);
  const leave = useCallback(() => {
    sessionStorage.removeItem(KEY);
    setSession(null);
  }, []);
  return { session, enter, leave };
}
