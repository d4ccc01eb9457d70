import { InvalidInputError } from "../../core/index.ts";

/** Statements that would end our transaction, or change the connection under it. */
const CONTROL = /^(begin|commit|end|rollback|savepoint|release|pragma|attach|detach|vacuum)\b/i;
/** Blanks and comments before a statement. */
const LEADING = /^(\s+|--[^\n]*(\n|$)|\/\*[\s\S]*?\*\/|;)+/;
/** What may hold a semicolon that ends nothing: texts, quoted names and comments (https://sqlite.org/lang_expr.html). */
const TOKEN = /'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]|--[^\n]*|\/\*[\s\S]*?\*\/|;|[^'"`[;/-]+|[\s\S]/g;

/** @throws InvalidInputError when the text would take hold of the transaction or the connection. */
export function refuseControl(text: string): void {
  if (CONTROL.test(text.replace(LEADING, ""))) {
    throw new InvalidInputError("sql", "a statement that does not control transactions or the connection", text);
  }
}

/** SQLite compiles the first statement of a text and passes over the rest in silence. @throws InvalidInputError when there is a rest. */
export function refuseSeveral(text: string): void {
  for (const { 0: token, index } of text.matchAll(TOKEN)) {
    if (token !== ";") continue;
    if (text.slice(index).replace(LEADING, "") !== "") throw new InvalidInputError("sql", "one statement", text);
    return;
  }
}
