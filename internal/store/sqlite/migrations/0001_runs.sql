CREATE TABLE run (
  key INTEGER PRIMARY KEY AUTOINCREMENT, -- never used again, so that rows of a deleted run cannot become another's
  id TEXT NOT NULL UNIQUE,
  started INTEGER NOT NULL,              -- microseconds since 1970
  epoch INTEGER NOT NULL DEFAULT 1,      -- raised by whoever takes the run over
  gone INTEGER NOT NULL DEFAULT 0,       -- being deleted
  count INTEGER NOT NULL DEFAULT 0,
  head TEXT NOT NULL,                    -- the run as JSON, without what follows
  progress BLOB
) STRICT;
CREATE TABLE kind (
  run INTEGER NOT NULL,
  id INTEGER NOT NULL,
  name TEXT NOT NULL,
  version INTEGER NOT NULL,
  facts BLOB,
  trace BLOB,
  PRIMARY KEY (run, id)
) STRICT, WITHOUT ROWID;
-- id is run.key << 40 | Seq: the rows of a run stand together, are appended at their end and deleted as a range,
-- without an index that every insert would pay for.
CREATE TABLE observation (
  id INTEGER PRIMARY KEY,
  addr BLOB NOT NULL, -- 4 or 16 bytes
  port INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  state INTEGER NOT NULL,
  at INTEGER NOT NULL,
  took INTEGER NOT NULL,
  body BLOB NOT NULL,
  trace BLOB
) STRICT;
