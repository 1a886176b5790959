-- What people decide, and what is derived, as documents. rev is drawn anew at each write and never used again, so that whoever read a
-- document that was deleted since cannot write over one that was made in its place.
CREATE TABLE desk (
  kind text COLLATE "C" NOT NULL,
  id bytea NOT NULL, -- any bytes, in their order
  rev bigint NOT NULL,
  body bytea NOT NULL,
  sum integer NOT NULL,
  PRIMARY KEY (kind, id)
);
CREATE SEQUENCE desk_rev OWNED BY desk.rev;
