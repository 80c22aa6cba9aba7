/** What was done, to be taken back and done again: two bounded stacks. Pure. */
export const UNDO_MAX = 50; // the oldest is forgotten

export interface Deed<T> {
  /** Takes it back. */
  op: T;
  /** How it is told: "Lesson “…” deleted". */
  text: string;
}

export class UndoStack<T> {
  private readonly past: Deed<T>[] = [];
  private readonly future: Deed<T>[] = [];

  /** Something new was done: what was taken back before can no longer be done again. */
  did(deed: Deed<T>): void {
    this.past.push(deed);
    if (this.past.length > UNDO_MAX) this.past.shift();
    this.future.length = 0;
  }

  /** `apply` gives what takes the taking back, back; null when it no longer can be, and then it is forgotten. */
  undo(apply: (op: T) => T | null): Deed<T> | null {
    return UndoStack.turn(this.past, this.future, apply);
  }

  redo(apply: (op: T) => T | null): Deed<T> | null {
    return UndoStack.turn(this.future, this.past, apply);
  }

  get top(): Deed<T> | null {
    return this.past[this.past.length - 1] ?? null;
  }

  clear(): void {
    this.past.length = 0;
    this.future.length = 0;
  }

  private static turn<T>(from: Deed<T>[], to: Deed<T>[], apply: (op: T) => T | null): Deed<T> | null {
    const deed = from.pop();
    if (!deed) return null;
    const inverse = apply(deed.op);
    if (inverse === null) return null;
    to.push({ op: inverse, text: deed.text });
    return deed;
  }
}
