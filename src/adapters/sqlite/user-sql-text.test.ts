import { describe, expect, test } from "bun:test";
import { refuseControl, refuseSeveral } from "./user-sql-text.ts";

describe("the users' SQL", () => {
  test.each([
    "insert into t values ('a;b')",
    'select "a;b", `c;d`, [e;f] from t;',
    "select 1 -- done; really\n",
    "select 1; /* ; */ -- ;\n ; ",
    "select 'it''s; fine' / 2 - 1",
  ])("is one statement: %p", (text) => {
    refuseSeveral(text);
  });

  test.each(["select 1; select 2", "select ';'; drop table t", "insert into t values (1);;x"])(
    "is refused when it is several: %p",
    (text) => {
      expect(() => refuseSeveral(text)).toThrow("one statement");
    },
  );

  test.each(["COMMIT", " /* a */ -- b\n; end", "pragma query_only = 1", "rollback to x", "Savepoint s"])(
    "must not control: %p",
    (text) => {
      expect(() => refuseControl(text)).toThrow("does not control transactions");
    },
  );

  test.each(["insert or rollback into t values (1)", "select 'commit'", "update commits set x = 1"])(
    "may say: %p",
    (text) => {
      refuseControl(text);
    },
  );
});
