/** The conversation itself, pure: what the guest said and where the order stood → where it stands now, and what to say. */
export interface Order {
  readonly step: "new" | "dish" | "time" | "confirm" | "done";
  readonly dish?: string;
  readonly time?: string;
  readonly orders: number;
}

export interface Answer {
  readonly order: Order;
  readonly say: string;
  readonly choices: readonly string[];
}

export const NEW_ORDER: Order = { step: "new", orders: 0 };

const DISHES = ["Coffee and croissant", "Full breakfast", "Tea and toast"];
const TIMES = ["7:00", "8:00", "9:00"];

export function answer(order: Order, text: string): Answer {
  const said = text.trim().toLowerCase();
  if (/^(cancel|start over)/.test(said)) return begin(order, "As you wish, we begin again.");
  switch (order.step) {
    case "new":
      return begin(order, "Good evening, and welcome. I am the concierge.");
    case "dish":
      return choose(order, pick(DISHES, said));
    case "time":
      return setTime(order, pick(TIMES, said));
    case "confirm":
      return confirm(order, said);
    case "done":
      return begin(order, "Another one, with pleasure.");
  }
}

/** What to say to a guest who has gone quiet in the middle of an order. */
export function remind(order: Order): string | undefined {
  return order.step === "confirm" ? `Your ${summary(order)} still waits for your yes.` : undefined;
}

function begin({ orders }: Order, words: string): Answer {
  return { order: { step: "dish", orders }, say: `${words} What may I bring you in the morning?`, choices: DISHES };
}

function choose({ orders }: Order, dish: string | undefined): Answer {
  if (!dish) return { order: { step: "dish", orders }, say: "The kitchen offers these three.", choices: DISHES };
  return { order: { step: "time", dish, orders }, say: `${dish}, a good choice. At what time?`, choices: TIMES };
}

function setTime(order: Order, time: string | undefined): Answer {
  if (!time) return { order, say: "We serve at these times.", choices: TIMES };
  const timed: Order = { ...order, step: "confirm", time };
  return {
    order: timed,
    say: `${summary(timed)}. Shall I order it?`,
    choices: ["Yes, please", "Start over", "Cancel"],
  };
}

function confirm(order: Order, said: string): Answer {
  if (!/^(yes|ok|sure|please)/.test(said))
    return { order, say: `${summary(order)}: shall I order it?`, choices: ["Yes, please", "Start over"] };
  const orders = order.orders + 1;
  return {
    order: { ...order, step: "done", orders },
    say: `Ordered. ${summary(order)}. Sleep well.`,
    choices: ["Order something else"],
  };
}

const summary = ({ dish, time }: Order): string => `${dish} at ${time}`;

function pick(offers: readonly string[], said: string): string | undefined {
  return offers.find(
    (offer, index) => said === String(index + 1) || offer.toLowerCase().includes(said.replace(/^at /, "")),
  );
}
