import { listEvents } from './api';
import { Failure } from './Failure';
import { day } from './text';
import { useLoaded } from './useLoaded';

export function EventList() {
  const { data, error, reload } = useLoaded(listEvents, 'events');
  return (
    <section aria-labelledby="events">
      <h1 id="events">Events</h1>
      {error && <Failure text={error} again={reload} />}
      {!data && !error && <p role="status">Loading …</p>}
      {data?.length === 0 && <p>There are no events.</p>}
      <ul className="events">
        {data?.map((event) => (
          <li key={event.idEvent} className="card">
            <h2>
              <a href={`#/events/${event.idEvent}`}>{event.eventName}</a>
            </h2>
            <p>
              <time dateTime={event.eventDate}>{day(event.eventDate)}</time>
              {event.location && `, ${event.location}`}
            </p>
            <p className="quiet">{event.eventCategory}</p>
          </li>
        ))}
      </ul>
    </section>
  );
}
