const DAY = new Intl.DateTimeFormat('en', { dateStyle: 'long', timeStyle: 'short' });
const PRICE = new Intl.NumberFormat('en', { style: 'currency', currency: 'USD' });

export const day = (instant: string): string => DAY.format(new Date(instant));
export const price = (amount: number): string => PRICE.format(amount);
