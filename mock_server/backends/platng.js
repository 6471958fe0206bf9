/** PlatNG: signing in with Google. */
import { findAccount, session } from './runtime/accounts.js';
import { unbase64url } from './runtime/hashes.js';

/** Signs in the account that a Google ID token names, else the first account. The token's signature is Google's affair. */
function signInWithGoogle(call) {
  const { token } = call.body;
  const user = findAccount(call, emailOf(token)) ?? findAccount(call, token) ?? call.store.all('users')[0];
  return session(call, user);
}

function emailOf(token) {
  const parts = token.split('.');
  if (parts.length !== 3) return null;
  try {
    const { email } = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(unbase64url(parts[1])));
    return typeof email === 'string' ? email : null;
  } catch {
    return null;
  }
}

export const twins = { signInWithGoogle };
