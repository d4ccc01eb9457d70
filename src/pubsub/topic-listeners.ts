/** Who listens to which topic, within one member. */
export type MessageListener = (message: string) => void;

export class TopicListeners {
  readonly #topics = new Map<string, Set<MessageListener>>();

  has(topic: string): boolean {
    return this.#topics.has(topic);
  }

  /** True when it is the topic's first. */
  add(topic: string, listener: MessageListener): boolean {
    const known = this.#topics.get(topic);
    if (known) known.add(listener);
    else this.#topics.set(topic, new Set([listener]));
    return known === undefined;
  }

  /** True when it was the topic's last. Safe twice. */
  delete(topic: string, listener: MessageListener): boolean {
    const known = this.#topics.get(topic);
    if (!known?.delete(listener) || known.size > 0) return false;
    return this.#topics.delete(topic);
  }

  dispatch(topic: string, message: string): void {
    for (const listener of [...(this.#topics.get(topic) ?? [])]) listener(message);
  }

  clear(): void {
    this.#topics.clear();
  }
}
