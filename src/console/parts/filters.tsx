import type { VNode } from "preact";

export interface FiltersProps<Choice extends string> {
  /** For screen readers. */
  readonly name: string;
  readonly choices: readonly Choice[];
  readonly chosen: Choice;
  readonly onChoose: (choice: Choice) => void;
}

/** One of a few, all of them in sight. */
export function Filters<Choice extends string>({ name, choices, chosen, onChoose }: FiltersProps<Choice>): VNode {
  return (
    <fieldset class="filters">
      <legend class="visually-hidden">{name}</legend>
      {choices.map((choice) => (
        <button key={choice} type="button" aria-pressed={choice === chosen} onClick={() => onChoose(choice)}>
          {choice}
        </button>
      ))}
    </fieldset>
  );
}
