import { useState } from 'react';
import { price } from './text';
import type { Seats } from './useSeats';

interface Props {
  seats: Seats[] | null;
  take?: ((category: number, quantity: number) => void) | null;
}

/** The ticket categories with what is free now. take: null while nothing can be locked. */
export function SeatTable({ seats, take }: Props) {
  if (!seats) return <p role="status">Loading …</p>;
  return (
    <ul className="seats" aria-label="Ticket categories">
      {seats.map((item) => (
        <Row key={item.id} item={item} take={take} />
      ))}
    </ul>
  );
}

function Row({ item, take }: { item: Seats } & Pick<Props, 'take'>) {
  const [quantity, setQuantity] = useState(2);
  return (
    <li className="card">
      <h2>{item.categoryName}</h2>
      <p>{price(item.price)}</p>
      <p aria-live="polite">
        <strong>{item.free}</strong> free{item.locked > 0 && `, ${item.locked} locked`}
      </p>
      {take !== undefined && (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            take?.(item.id, quantity);
          }}
        >
          <label>
            Tickets
            <input type="number" min={1} value={quantity} onChange={(event) => setQuantity(event.target.valueAsNumber)} required />
          </label>
          <button disabled={!take || item.free === 0} aria-label={`Lock ${item.categoryName}`}>
            Lock
          </button>
        </form>
      )}
    </li>
  );
}
