-- What people decide, and what is derived, as documents. A write is a new row: rev is never used again, so that whoever read a
-- document that was deleted since cannot write over one that was made in its place.
CREATE TABLE desk (
  rev INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL,
  id BLOB NOT NULL, -- any bytes, in their order
  body BLOB NOT NULL,
  sum INTEGER NOT NULL,
  UNIQUE (kind, id)
) STRICT;
