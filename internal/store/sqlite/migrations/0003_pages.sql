-- What the rows from id on are, in short: which belong to which address, and the sum of what they say. Runs of before have none,
-- and are read row by row where they are compared.
CREATE TABLE page (
  id INTEGER PRIMARY KEY, -- of the first row
  rows INTEGER NOT NULL,
  body BLOB NOT NULL
) STRICT;
