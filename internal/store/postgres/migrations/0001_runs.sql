CREATE TABLE run (
  key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  id text NOT NULL UNIQUE,
  started bigint NOT NULL,               -- microseconds since 1970
  epoch bigint NOT NULL DEFAULT 1,       -- raised by whoever takes the run over
  gone boolean NOT NULL DEFAULT false,   -- being deleted
  count bigint NOT NULL DEFAULT 0,
  head text NOT NULL,                    -- the run as JSON, without what follows
  progress bytea
);
CREATE TABLE kind (
  run bigint NOT NULL,
  id integer NOT NULL,
  name text NOT NULL,
  version integer NOT NULL,
  facts bytea,
  trace bytea,
  PRIMARY KEY (run, id)
);
-- id is run.key << 40 | Seq: the rows of a run stand together, are appended at their end and deleted as a range.
CREATE TABLE observation (
  id bigint PRIMARY KEY,
  at bigint NOT NULL,
  took bigint NOT NULL,
  port integer NOT NULL,
  kind integer NOT NULL,
  state smallint NOT NULL,
  addr bytea NOT NULL, -- 4 or 16 bytes
  body bytea NOT NULL,
  trace bytea
);
-- Bodies and transcripts are packed already.
ALTER TABLE observation ALTER COLUMN body SET STORAGE EXTERNAL, ALTER COLUMN trace SET STORAGE EXTERNAL;
