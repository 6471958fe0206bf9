/** A long list of which only the rows in sight are elements. */

import { el } from "./dom.js";

const AROUND = 8; // rows beyond those in sight

export class Window {
  /** place: what scrolls; height: of a row, in pixels; make: an item's element; key: what tells items apart. */
  constructor(place, height, make, key) {
    Object.assign(this, { place, height, make, key, count: 0, item: () => null, made: new Map(), asked: false });
    this.seen = el("div", { class: "seen", role: "none" });
    this.tall = el("div", { class: "tall", role: "none" }, this.seen);
    place.replaceChildren(this.tall);
    place.addEventListener("scroll", () => this.ask(), { passive: true });
    new ResizeObserver(() => this.ask()).observe(place);
  }

  /** Shows `count` items; item: the one at an index; added: how many came before those that were there, which stay where they are in sight. */
  show(count, item, added = 0) {
    Object.assign(this, { count, item });
    this.tall.style.height = `${count * this.height}px`;
    if (added && this.place.scrollTop > this.height / 2) this.place.scrollTop += added * this.height;
    this.draw();
  }

  /** Draws before the next frame. */
  ask() {
    if (this.asked) return;
    this.asked = true;
    requestAnimationFrame(() => this.draw());
  }

  /** Makes the elements again, of all items or of one. */
  forget(key) {
    if (key === undefined) this.made.clear();
    else this.made.delete(key);
    this.ask();
  }

  draw() {
    this.asked = false;
    const first = Math.max(0, Math.floor(this.place.scrollTop / this.height) - AROUND);
    const last = Math.min(this.count, first + Math.ceil(this.place.clientHeight / this.height) + 2 * AROUND);
    const kept = new Map();
    for (let index = first; index < last; index++) this.take(kept, index);
    this.made = kept;
    this.seen.style.transform = `translateY(${first * this.height}px)`;
    this.seen.replaceChildren(...kept.values());
  }

  take(kept, index) {
    const item = this.item(index);
    const key = this.key(item);
    const element = this.made.get(key) ?? this.make(item);
    element.setAttribute("aria-posinset", index + 1);
    element.setAttribute("aria-setsize", this.count);
    kept.set(key, element);
  }

  /** Scrolls until an index is in sight. */
  reveal(index) {
    const top = index * this.height;
    const { scrollTop, clientHeight } = this.place;
    if (top < scrollTop) this.place.scrollTop = top;
    else if (top + this.height > scrollTop + clientHeight) this.place.scrollTop = top + this.height - clientHeight;
    this.draw();
  }
}
