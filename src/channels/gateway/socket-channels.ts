/** The channels of one socket by topic. Most sockets join one, and there may be many thousands of sockets: the map is made for the second. */
export class SocketChannels<Member extends { readonly topic: string }> {
  #only: Member | undefined;
  #many: Map<string, Member> | undefined;

  get size(): number {
    return this.#many?.size ?? (this.#only ? 1 : 0);
  }

  get(topic: string): Member | undefined {
    if (this.#many) return this.#many.get(topic);
    return this.#only?.topic === topic ? this.#only : undefined;
  }

  /** In place of the topic's earlier one, if there is one. */
  set(member: Member): void {
    if (!this.#many && (!this.#only || this.#only.topic === member.topic)) {
      this.#only = member;
      return;
    }
    this.#many ??= new Map(this.#only ? [[this.#only.topic, this.#only]] : []);
    this.#only = undefined;
    this.#many.set(member.topic, member);
  }

  /** Takes just this one out; passes over one that another has replaced. */
  delete(member: Member): void {
    if (this.#only === member) this.#only = undefined;
    if (this.#many?.get(member.topic) === member) this.#many.delete(member.topic);
  }

  /** A copy: members may leave while it is gone through. */
  all(): readonly Member[] {
    if (this.#many) return [...this.#many.values()];
    return this.#only ? [this.#only] : [];
  }
}
