import { useState } from 'react';
import type { FormEvent } from 'react';
import { reason } from './api';
import type { Credentials } from './types';

/** The demo account is filled in. */
export function SignIn({ enter }: { enter: (credentials: Credentials) => Promise<void> }) {
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    setBusy(true);
    setError(null);
    try {
      await enter({ username: String(form.get('username')), password: String(form.get('password')) });
    } catch (failure) {
      setError(reason(failure));
      setBusy(false);
    }
  }

  return (
    <form className="card" onSubmit={submit} aria-labelledby="sign-in">
      <h2 id="sign-in">Sign in to buy</h2>
      <label>
        User name
        <input name="username" autoComplete="username" required defaultValue="user@example.com" />
      </label>
      <label>
        Password
        <input name="password" type="password" autoComplete="current-password" required defaultValue="password123" />
      </label>
      {error && <p role="alert">{error}</p>}
      <button disabled={busy}>Sign in</button>
    </form>
  );
}
