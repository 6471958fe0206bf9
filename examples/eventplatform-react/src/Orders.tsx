import { Failure } from './Failure';
import { price } from './text';
import type { Order } from './types';

interface Props {
  orders: Order[] | null;
  error: string | null;
  again: () => void;
}

export function Orders({ orders, error, again }: Props) {
  return (
    <section aria-labelledby="orders">
      <h2 id="orders">Your orders</h2>
      {error && <Failure text={error} again={again} />}
      <ul className="orders" aria-live="polite">
        {orders?.toReversed().map((order) => (
          <li key={order.id} data-order={order.id}>
            {order.quantity} × {order.categoryName}, {order.eventName}, {price(order.totalPrice)}: <strong className={order.status}>{order.status}</strong>
          </li>
        ))}
      </ul>
      {orders?.length === 0 && <p>None yet.</p>}
    </section>
  );
}
