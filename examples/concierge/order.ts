/** The conversation itself, pure: where the order stood, and what the guest said → where it stands now, and what to answer. */
export interface Order {
  readonly step: "new" | "dish" | "time" | "confirm" | "done";
  readonly dish?: string;
  readonly time?: string;
  readonly orders: number;
}

export interface Answer {
  readonly order: Order;
  readonly words: string;
  readonly choices: readonly string[];
}

export const NEW_ORDER: Order = { step: "new", orders: 0 };

const DISHES = ["Coffee and croissant", "Full breakfast", "Tea and toast"];
const TIMES = ["7:00", "8:00", "9:00"];

export function answer(order: Order, text: string): Answer {
  const said = text.trim().toLowerCase();
  const { step, orders } = order;
  if (said === "cancel") return { order: { step: "new", orders }, words: "Cancelled.", choices: ["Order something"] };
  if (said === "start over") return ask({ step: "dish", orders }, "We begin again.");
  if (step === "new") return ask({ step: "dish", orders }, "Good evening, and welcome.");
  if (step === "done") return ask({ step: "dish", orders }, "Another one, with pleasure.");
  if (step === "dish") {
    const dish = pick(DISHES, said);
    return dish ? ask({ step: "time", dish, orders }, `${dish}, a good choice.`) : ask(order, "We have these three.");
  }
  if (step === "time") {
    const time = pick(TIMES, said);
    return time
      ? ask({ ...order, step: "confirm", time }, "Very well.")
      : ask(order, "We serve at seven, eight and nine.");
  }
  if (!/^(yes|ok|sure|please)/.test(said)) return ask(order, "I did not quite get that.");
  const words = `Ordered: ${order.dish} at ${order.time}. Sleep well.`;
  return { order: { ...order, step: "done", orders: orders + 1 }, words, choices: ["Order something else"] };
}

/** What to say to a guest who has gone quiet in the middle of an order; undefined when nothing is open. */
export function remind(order: Order): Answer | undefined {
  return order.step === "new" || order.step === "done" ? undefined : ask(order, "Are you still there?");
}

function ask(order: Order, lead: string): Answer {
  if (order.step === "dish") return { order, words: `${lead} What may I bring you in the morning?`, choices: DISHES };
  if (order.step === "time") return { order, words: `${lead} At what time?`, choices: TIMES };
  const words = `${lead} ${order.dish} at ${order.time}: shall I order it?`;
  return { order, words, choices: ["Yes, please", "Start over", "Cancel"] };
}

function pick(offers: readonly string[], said: string): string | undefined {
  return offers.find((offer, index) => said === String(index + 1) || offer.toLowerCase().includes(said));
}
