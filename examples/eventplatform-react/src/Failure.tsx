export function Failure({ text, again }: { text: string; again: () => void }) {
  return (
    <p role="alert">
      {text}{' '}
      <button type="button" className="quiet" onClick={again}>
        Try again
      </button>
    </p>
  );
}
