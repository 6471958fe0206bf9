/** Watch Party: the second factor of a login. */
import { session } from './runtime/accounts.js';
import { accepts } from './runtime/codes.js';
import { Problem } from './runtime/problem.js';

/** Signs in whom a ticket was given to, if the code is that of their authenticator app now, one step before or one after. */
function verifySecondFactor(call) {
  const user = call.store.get('users', call.scope.spent.user_id);
  if (!user?.totp_secret || !accepts(user.totp_secret, call.body.code, call.now)) {
    throw new Problem(401, null, 'The code is not valid.', { field: 'code', rule: 'code' });
  }
  return session(call, user);
}

export const twins = { verifySecondFactor };
